"""The value that the national price table suggests for goods: by the price that fits best, with its day."""

from decimal import Decimal
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, Amounts, amounts_of, as_of
from diwan_core.dictionary.prices import Price, suggest
from hypothesis import given
from hypothesis import strategies as st


def price(**said: str) -> Price:
    usual = {"product_group": "tobacco", "per": "STK", "price": "0.1", "currency": "JOD", "valid_from": "2026-01-01"}
    return Price(**{**dict.fromkeys(Price._fields, ""), **usual, **said})


CIGARETTES: dict[str, Any] = {
    "product_group": "tobacco", "sub_group": "cigarettes", "hs_code": "240220", "quantity": "50", "unit": "CT",
    "per_package": "200", "per_package_unit": "STK",
}  # fmt: skip


def value(line: dict[str, Any], *prices: Price, day: str = "2026-05-01") -> list[tuple[str, str]]:
    found = suggest(line, amounts_of(line) or Amounts(), prices, day)
    return [(one.value, one.price.valid_from) for one in found]


def test_goods_are_worth_what_they_come_to_in_the_unit_of_the_price() -> None:
    assert value(CIGARETTES, price()) == [("1000", "2026-01-01")]
    assert value(CIGARETTES, price(per="MIL", price="99.5")) == [("995", "2026-01-01")]
    assert value(CIGARETTES, price(per="CT", price="21.25")) == [("1062.5", "2026-01-01")], "of packages as counted"
    assert value({**CIGARETTES, "per_package": None}, price()) == [], "nobody says how many there are"
    assert value(CIGARETTES, price(per="KGM")) == [], "and nobody weighed them"


def test_the_price_that_fits_best_counts_and_of_these_the_one_that_began_last() -> None:
    group, finer = price(price="1"), price(price="2", sub_group="cigarettes")
    heading, six = price(price="3", hs_code="2402"), price(price="4", hs_code="240220")
    assert value(CIGARETTES, group, six, finer, heading) == [("40000", "2026-01-01")]
    assert value(CIGARETTES, group, finer, heading) == [("30000", "2026-01-01")]
    assert value(CIGARETTES, group, finer) == [("20000", "2026-01-01")]
    spring, autumn = price(price="5", valid_from="2026-04-01"), price(price="6", valid_from="2026-10-01")
    assert value(CIGARETTES, group, autumn, spring) == [("50000", "2026-04-01")]
    assert value(CIGARETTES, group, autumn, spring, day="") == [("60000", "2026-10-01")]
    assert value(CIGARETTES, group, day="2025-12-31") == []
    ended = price(price="7", valid_from="2026-04-01", valid_until="2026-04-30")
    assert value(CIGARETTES, group, ended) == [("10000", "2026-01-01")]
    assert value({**CIGARETTES, "sub_group": "cigars", "hs_code": "240210"}, finer, six) == []


def test_each_kind_of_value_is_suggested_by_itself() -> None:
    both = value(CIGARETTES, price(value_kind="retail"), price(value_kind="duty", price="0.05"))
    assert sorted(both) == [("1000", "2026-01-01"), ("500", "2026-01-01")]


@given(st.decimals(min_value=0, max_value=10**6, places=3), st.decimals(min_value=0, max_value=10**4, places=4))
def test_a_value_is_rounded_once_to_a_hundredth(quantity: Decimal, of_one: Decimal) -> None:
    line = {"product_group": "tobacco", "quantity": str(quantity.normalize()), "unit": "KGM", "mass_kg": str(quantity)}
    found = suggest(line, Amounts(kilograms=str(quantity)), [price(per="KGM", price=str(of_one))], "")
    assert abs(Decimal(found[0].value) - quantity * of_one) <= Decimal("0.005")


@pytest.mark.parametrize("strange", [{"a": 1}, ["x"], 7, None])
def test_what_a_newer_node_writes_is_no_error(strange: object) -> None:
    line = dict.fromkeys(("product_group", "sub_group", "hs_code", "quantity", "unit"), strange)
    assert suggest(line, Amounts(), [price(), price(hs_code="24")], "2026-01-01") == []


def test_a_price_names_goods_unit_currency_and_day_and_is_the_centres() -> None:
    declared = DICTIONARY.type("price")
    whole = {"product_group": "drugs", "sub_group": "heroin", "per": "GRM", "price": "20", "currency": "USD",
             "valid_from": "2026-01-01"}  # fmt: skip
    assert declared.check(whole, creating=True) == []
    for name in ("product_group", "per", "price", "currency", "valid_from"):
        lacking = {key: value for key, value in whole.items() if key != name}
        assert name in [problem.path for problem in declared.check(lacking, creating=True)], name
    assert "central" in declared.authority and not {"post", "gateway"} & declared.authority
    assert "price" not in as_of(DICTIONARY, 3).types
