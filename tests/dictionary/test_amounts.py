"""What goods lines come to, row by row."""

from decimal import Decimal

import pytest
from diwan_core.dictionary import DICTIONARY, Amounts, amounts_of, normalise
from diwan_core.dictionary.amounts import FIELDS, is_liquid, without_worked_out, worked_out
from diwan_core.dictionary.equivalents import equivalent_of
from diwan_core.dictionary.units import PACKAGES, PURE_ALCOHOL, UNITS
from hypothesis import example, given
from hypothesis import strategies as st

from tests.dictionary.quantities import ROWS


def tola(code: str) -> tuple[Decimal, str] | None:
    return (Decimal("11.6638038"), "GRM") if code == "tola" else None


@pytest.mark.parametrize(("line", "expected"), ROWS)
def test_every_row_of_the_table_comes_to_its_amounts(line: dict[str, object], expected: dict[str, str]) -> None:
    assert DICTIONARY.type("case").check({"goods": {"1": line}}, creating=False) == []
    found = amounts_of(line, tola)
    held = {} if found is None else {name: value for name, value in found._asdict().items() if value is not None}
    assert held == expected


STRANGE = st.sampled_from(
    [
        None, 7, True, {"a": 1}, ["x"], "", "٣", "12", "0.5", "1e3", "-1", "1000000000000", "ZZ", "LPA", "CT", "BO",
        "KGM", "MTQ", "U2", "cash", "tola", "derived", "liquid", "22",
    ]
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), STRANGE))
@example({"unit": "MTQ", "quantity": "1", "sub_group": {"a": 1}, "mass_kg": "1"})
@example({"unit": ["x"], "per_package_unit": {"a": 1}, "drug_form": ["x"], "pieces": "5", "sub_group": "mdma"})
def test_whatever_a_newer_node_writes_is_no_error(line: dict[str, object]) -> None:
    for amount in (amounts_of(line, tola) or Amounts())[:4]:
        assert amount is None or isinstance(amount, str)
    without_worked_out({"goods": {"1": line}})
    equivalent_of({**line, "product_group": "drugs"}, amounts_of(line, tola) or Amounts())


@given(st.dictionaries(st.sampled_from(FIELDS), STRANGE))
def test_the_quick_way_and_the_whole_way_agree(line: dict[str, object]) -> None:
    assert amounts_of(line, tola) == amounts_of({**line, "value_kind": line.get("value_kind")}, tola)


@given(
    st.dictionaries(st.sampled_from(["sub_group", "value", "currency", "packages", "drug_form", "hs_code"]), STRANGE),
    STRANGE,
    st.sampled_from([*sorted(UNITS), *sorted(PACKAGES), "ZZ"]),
    st.one_of(st.just({}), st.builds(lambda mass: {"mass_kg": mass}, STRANGE)),
)
def test_they_agree_on_what_an_import_brings(
    line: dict[str, object], quantity: object, unit: str, mass: dict[str, object]
) -> None:
    whole = {**line, "quantity": quantity, "unit": unit, **mass}
    assert amounts_of(whole, tola) == amounts_of({**whole, "value_kind": None}, tola)


@given(st.decimals(min_value=0, max_value=10**6, places=9), st.sampled_from(sorted(UNITS)))
def test_an_amount_is_the_exact_product_rounded_once(quantity: Decimal, unit: str) -> None:
    text = f"{quantity:f}".rstrip("0").rstrip(".") or "0"
    found = normalise(text, unit)
    if found is not None:
        assert abs(Decimal(found[0]) - Decimal(text) * UNITS[unit][1]) <= Decimal("5e-10")


def test_what_an_import_of_an_earlier_release_wrote_is_told_from_what_somebody_weighed() -> None:
    line = {"quantity": "500", "unit": "GRM", "mass_kg": "0.5"}
    assert worked_out(line) == "mass_kg"
    assert worked_out({**line, "mass_kg": "0.51"}) == worked_out({**line, "mass_basis": "net"}) == ""
    assert worked_out({"quantity": "160", "unit": "MTQ", "litres": "160000"}) == "litres"
    assert without_worked_out({"goods": {"1": line}, "date": "2026-01-01"}) == {
        "goods": {"1": {"quantity": "500", "unit": "GRM"}},
        "date": "2026-01-01",
    }


@pytest.mark.parametrize(
    ("line", "liquid"),
    [
        ({"product_group": "alcohol"}, True),
        ({"sub_group": "fuel"}, True),
        ({"hs_code": "271012"}, True),
        ({"drug_form": "liquid"}, True),
        ({"sub_group": "timber"}, False),
        ({}, False),
    ],
)
def test_what_is_liquid_is_told_by_codes(line: dict[str, str], liquid: bool) -> None:
    assert is_liquid(line) is liquid


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("1", "LBR", ("0.45359237", "KGM")),
        ("100", "LBR", ("45.359237", "KGM")),
        ("250", "GRM", ("0.25", "KGM")),
        ("1.5", "TNE", ("1500", "KGM")),
        ("1", "ONZ", ("0.028349523", "KGM")),
        ("12", "PR", ("24", "C62")),
        ("10", "MIL", ("10000", "C62")),
        ("3", "DZN", ("36", "C62")),
        ("7", "H87", ("7", "C62")),
        ("2", "HLT", ("200", "LTR")),
        ("1", "GLL", ("3.785411784", "LTR")),
        ("1.2", "MTQ", ("1.2", "MTQ")),
        ("5", "DMQ", ("0.005", "MTQ")),
    ],
)
def test_a_quantity_comes_to_one_measure(quantity: str, unit: str, expected: tuple[str, str]) -> None:
    assert normalise(quantity, unit) == expected


@pytest.mark.parametrize(
    ("quantity", "unit"), [("3", "CT"), ("3", "??"), ("1000000000000", "TNE"), ("0.000000001", "MC"), ("x", "KGM")]
)
def test_what_has_no_fixed_factor_or_does_not_fit_stays_unknown(quantity: str, unit: str) -> None:
    assert normalise(quantity, unit) is None


def test_every_unit_with_a_factor_is_a_unit_of_recommendation_20() -> None:
    units = DICTIONARY.codes("unit")
    assert [unit for unit in (*UNITS, *PURE_ALCOHOL, *PACKAGES) if not units.has(unit)] == []
