"""What goods come to by the national table of doses and equivalents: about so many, by the entry that fits best."""

from decimal import Decimal
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, Amounts, amounts_of, as_of
from diwan_core.dictionary.national_equivalents import NationalEquivalent, estimates
from hypothesis import given
from hypothesis import strategies as st


def entry(**said: str) -> NationalEquivalent:
    usual = {
        "product_group": "drugs", "counted": "E27", "typical": "100", "lowest": "50", "highest": "200",
        "size_unit": "MGM", "valid_from": "2026-01-01", "source": "Decree 4",
    }  # fmt: skip
    return NationalEquivalent(**{**dict.fromkeys(NationalEquivalent._fields, ""), **usual, **said})


HEROIN: dict[str, Any] = {"product_group": "drugs", "sub_group": "heroin", "quantity": "2.5", "unit": "KGM"}
PILLS: dict[str, Any] = {"product_group": "drugs", "sub_group": "captagon", "quantity": "1000", "unit": "U2"}
TABLET = {"sub_group": "captagon", "counted": "U2", "typical": "170", "lowest": "150", "highest": "180"}
Told = list[tuple[str, str, str, str]]


def told(line: dict[str, Any], *table: NationalEquivalent, day: str = "2026-05-01") -> Told:
    found = estimates(line, amounts_of(line) or Amounts(), table, day)
    return [(one.typical, one.lowest, one.highest, one.unit) for one in found]


def test_a_weight_is_so_many_doses_and_the_largest_dose_gives_the_fewest() -> None:
    assert told(HEROIN, entry()) == [("25000", "12500", "50000", "E27")]
    assert told({**HEROIN, "quantity": "1", "unit": "MGM"}, entry()) == [("0.01", "0", "0.02", "E27")]
    assert told({**HEROIN, "quantity": "0"}, entry()) == []


def test_a_dose_may_be_a_volume_or_a_number_of_tablets() -> None:
    ghb = {"product_group": "drugs", "sub_group": "ghb", "quantity": "1", "unit": "LTR"}
    assert told(ghb, entry(), entry(size_unit="MLT", typical="5", lowest="4", highest="10")) == [
        ("200", "100", "250", "E27")
    ]
    one_or_two = entry(size_unit="U2", typical="1", lowest="1", highest="2")
    assert told(PILLS, one_or_two) == [("1000", "500", "1000", "E27")]
    assert told({**PILLS, "unit": "H87"}, one_or_two) == [], "nobody says that the pieces are tablets"
    assert told({**PILLS, "unit": "H87", "drug_form": "tablet"}, one_or_two) == [("1000", "500", "1000", "E27")]


def test_tablets_weigh_what_the_country_says_unless_they_were_weighed() -> None:
    assert told(PILLS, entry(**TABLET)) == [("0.17", "0.15", "0.18", "KGM")]
    assert told({**PILLS, "mass_kg": "0.169"}, entry(**TABLET)) == []
    assert told({**PILLS, "unit": "AV"}, entry(**TABLET)) == [], "capsules are no tablets"


def test_rolling_tobacco_is_so_many_cigarettes_unless_they_were_counted() -> None:
    rolled = entry(product_group="tobacco", counted="STK", size_unit="GRM", typical="0.8", lowest="0.75", highest="1")
    tobacco = {"product_group": "tobacco", "sub_group": "rolling", "quantity": "3", "unit": "KGM"}
    assert told(tobacco, rolled) == [("3750", "3000", "4000", "STK")]
    assert told({**tobacco, "pieces": "3100"}, rolled) == []


def test_what_is_counted_in_doses_already_is_not_reckoned_again() -> None:
    assert told({**HEROIN, "quantity": "7", "unit": "E27", "mass_kg": "1"}, entry()) == []


def test_the_entry_that_fits_best_counts_and_of_these_the_one_that_began_last() -> None:
    group, finer = entry(typical="200"), entry(sub_group="heroin")
    form = entry(drug_form="powder", typical="50")
    powder = {**HEROIN, "drug_form": "powder"}
    assert [one[0] for one in told(powder, group, finer, form)] == ["25000"]
    assert [one[0] for one in told(powder, group, form)] == ["50000"]
    assert [one[0] for one in told(HEROIN, group, form)] == ["12500"]
    spring, autumn = entry(typical="125", valid_from="2026-04-01"), entry(typical="80", valid_from="2026-10-01")
    assert [one[0] for one in told(HEROIN, group, autumn, spring)] == ["20000"]
    assert [one[0] for one in told(HEROIN, group, autumn, spring, day="")] == ["31250"]
    assert told(HEROIN, group, day="2025-12-31") == [], "before the table began there is none"
    ended = entry(typical="125", valid_from="2026-04-01", valid_until="2026-04-30")
    assert [one[0] for one in told(HEROIN, group, ended)] == ["12500"]


def test_a_new_edition_changes_nothing_for_what_happened_before_it() -> None:
    first, second = entry(record="a"), entry(record="b", typical="60", valid_from="2026-06-01")
    assert told(HEROIN, first) == told(HEROIN, first, second)
    assert told(HEROIN, first, day="2026-06-01") != told(HEROIN, first, second, day="2026-06-01")


@pytest.mark.parametrize(
    "wrong",
    [
        {"typical": "0", "lowest": "0"}, {"lowest": "300"}, {"highest": "1"}, {"typical": ""}, {"lowest": "NaN"},
        {"size_unit": "MTR"}, {"size_unit": ""}, {"counted": "", "size_unit": "LTR"},
    ],
)  # fmt: skip
def test_an_entry_that_makes_no_sense_says_nothing(wrong: dict[str, str]) -> None:
    """It may be of a newer node, or of two editions that were merged."""
    assert told(HEROIN, entry(**wrong)) == []


@pytest.mark.parametrize("strange", [{"a": 1}, ["x"], 7, None])
def test_what_a_newer_node_writes_is_no_error(strange: object) -> None:
    names = ("product_group", "sub_group", "drug_form", "unit", "second_unit", "per_package_unit")
    line = {**dict.fromkeys(names, strange), "product_group": "drugs"}
    assert [one.unit for one in estimates(line, Amounts(kilograms="1"), [entry()], "2026-05-01")] == ["E27"]
    assert estimates(line, Amounts(kilograms="1"), [entry(sub_group="heroin", drug_form="powder")], "") == []


AMOUNT = st.decimals(min_value="0.000000001", max_value=10**12, places=9)
SIZE = st.decimals(min_value="0.000000001", max_value=10**6, places=9)


@given(AMOUNT, st.lists(SIZE, min_size=3, max_size=3))
def test_the_typical_number_lies_between_the_fewest_and_the_most(kilograms: Decimal, sizes: list[Decimal]) -> None:
    lowest, typical, highest = (f"{size:f}" for size in sorted(sizes))
    table = [entry(typical=typical, lowest=lowest, highest=highest)]
    for one in estimates({"product_group": "drugs"}, Amounts(kilograms=f"{kilograms:f}"), table, ""):
        assert Decimal(one.lowest) <= Decimal(one.typical) <= Decimal(one.highest)


def test_an_entry_names_goods_sizes_day_and_source_and_is_the_centres() -> None:
    declared = DICTIONARY.type("equivalent")
    whole = {name: value for name, value in entry()._asdict().items() if value}
    assert declared.check(whole, creating=True) == []
    for name in ("product_group", "counted", "typical", "lowest", "highest", "size_unit", "valid_from", "source"):
        lacking = {key: value for key, value in whole.items() if key != name}
        assert name in [problem.path for problem in declared.check(lacking, creating=True)], name
    assert "central" in declared.authority and not {"post", "gateway"} & declared.authority
    assert declared.fields["source"].leaves == "never"
    assert "equivalent" not in as_of(DICTIONARY, 3).types
