"""Numbers stay exact from the paper to the register."""

from decimal import Decimal, localcontext

import pytest
from diwan_core.dictionary import DICTIONARY, NotADecimal, decimal_text, normalise
from hypothesis import given
from hypothesis import strategies as st

GOODS_MASS = ("goods", "1", "mass_kg")


def accepted(text: str) -> bool:
    return DICTIONARY.type("case").check({"goods": {"1": {"mass_kg": text}}}, creating=False) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("5", "5"),
        ("+5.00", "5"),
        (" 007.50 ", "7.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1E-9", "0.000000001"),
        ("0.45359237", "0.45359237"),
        ("1e12", "1000000000000"),
        ("-0", "0"),
        (0, "0"),
        (10**12, "1000000000000"),
        (Decimal("1E+2"), "100"),
        (Decimal("8.3799469484296"), "8.379946948"),
    ],
)
def test_a_number_gets_its_one_form(value: str | int | Decimal, expected: str) -> None:
    assert decimal_text(value) == expected
    assert accepted(expected)


@pytest.mark.parametrize(
    "value",
    [
        "", "abc", "1,5", "1_000", "٣", "NaN", "inf", "-1", "1e13", "1000000000001", "0x10", "1 000", "--1", "9" * 400,
        "1e-10", "0.0000000004", Decimal("NaN"), Decimal("Infinity"), 10**13, 10**300,
    ],
)  # fmt: skip
def test_what_is_no_number_or_out_of_range_is_refused(value: str | int | Decimal) -> None:
    with pytest.raises(NotADecimal):
        decimal_text(value)


@pytest.mark.parametrize("value", [1.5, True, None, b"1"])
def test_a_float_is_refused_because_it_has_already_lost_something(value: object) -> None:
    with pytest.raises(NotADecimal, match="not exact"):
        decimal_text(value)  # type: ignore[arg-type]


def test_rounding_can_be_forbidden() -> None:
    assert decimal_text("0.1234567891") == "0.123456789"
    with pytest.raises(NotADecimal, match="nine digits"):
        decimal_text("0.1234567891", exact=True)


@given(st.decimals(min_value=0, max_value=10**12, places=9, allow_nan=False))
def test_every_number_in_range_is_kept_exactly_and_accepted_by_the_validator(number: Decimal) -> None:
    text = decimal_text(number, exact=True)
    assert Decimal(text) == number
    assert accepted(text)
    assert decimal_text(text) == text


def test_the_callers_decimal_precision_does_not_matter() -> None:
    with localcontext() as context:
        context.prec = 3
        assert decimal_text("123456.789012345") == "123456.789012345"
        assert normalise("123456.789", "LBR") == ("55999.0575151", "KGM")
