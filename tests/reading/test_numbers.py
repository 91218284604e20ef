"""Numbers are read exactly, in every script and with every mark, and never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from diwan_core.reading import Ambiguous, NumberStyle, Refused, Value, read_integer, read_number
from hypothesis import given
from hypothesis import strategies as st

DIGITS = {"arabic": "٠١٢٣٤٥٦٧٨٩", "persian": "۰۱۲۳۴۵۶۷۸۹", "devanagari": "०१२३४५६७८९", "wide": "０１２３４５６７８９"}
SPACES = " \u00a0\u2007\u2009\u202f\u2002"
NUMBERS = st.decimals(min_value=0, max_value=10**11, places=3)


def meant(text: str, style: NumberStyle = "") -> str | None:
    found = read_number(text, style)
    return str(found.value) if isinstance(found, Value) else None


def grouped(number: Decimal, mark: str, decimal: str) -> str:
    return f"{number:,f}".replace(",", "\0").replace(".", decimal).replace("\0", mark)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,50", "1234.5"),
        ("12 500", "12500"),
        ("7,25", "7.25"),
        ("٤٨٬٠٠٠", "48000"),
        ("١٢٫٥", "12.5"),
        ("۱۲۵۰", "1250"),
        ("1’234.50", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567,8", "1234567.8"),
        ("‎12.5‏", "12.5"),  # noqa: PLE2502  the control characters are what is tested
        ("１２．５", "12.5"),
        ("−0", "0"),
        (",5", "0.5"),
    ],
)
def test_a_number_with_one_meaning_is_read(text: str, value: str) -> None:
    assert meant(text) == value


@pytest.mark.parametrize("text", ["48,000", "٤٨,٠٠٠", "48.000", "1,234", "999,999"])
def test_one_mark_before_three_digits_is_a_question_with_both_answers(text: str) -> None:
    found = read_number(text)
    assert isinstance(found, Ambiguous)
    assert [meaning.style for meaning in found.meanings] == [".", ","]
    for meaning in found.meanings:
        style: NumberStyle = "." if meaning.style == "." else ","
        assert meant(text, style) == meaning.value


@pytest.mark.parametrize(("text", "value"), [("1,00,000", "100000"), ("12,34,567.5", "1234567.5")])
def test_groups_of_two_are_a_question_until_the_column_is_said_to_be_written_so(text: str, value: str) -> None:
    found = read_number(text)
    assert isinstance(found, Ambiguous) and found.meanings[0].value == value
    assert meant(text, "indian") == value
    assert isinstance(read_number(text, ","), Refused)


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("12.5", ","), ("1250.75", ","), ("12,5", "."), ("1,23,45", ""), ("12 34", ""), ("1.23.456", ""),
        ("1,234.5", ","),
        ("1 234'567", ""), ("1,234.567,8", ""), ("", ""), ("kg", ""), ("12 kg", ""), ("½", ""), ("(5)", ""), ("-5", ""),
        ("1e3", ""), ("9" * 100, ""), ("NaN", ""), ("1234567890123", ""),
    ],
)  # fmt: skip
def test_a_mark_that_does_not_group_threes_is_refused_and_never_deleted(text: str, style: NumberStyle) -> None:
    assert isinstance(read_number(text, style), Refused)


@given(NUMBERS, st.sampled_from(".,"), st.sampled_from([*SPACES, "'", "’", "٬"]))
def test_marks_that_only_group_leave_the_value_as_it_is(number: Decimal, decimal: str, mark: str) -> None:
    large = number + 1000  # where a mark stands, the other sign begins the decimals
    assert Decimal(meant(grouped(large, mark, decimal)) or "-1") == large


@given(NUMBERS, st.sampled_from([(".", ","), (",", ".")]))
def test_a_number_written_as_its_column_is_said_to_be_written_has_its_value(
    number: Decimal, style: tuple[NumberStyle, str]
) -> None:
    decimal, mark = style
    assert Decimal(meant(grouped(number, mark, decimal), decimal) or "-1") == number


@given(NUMBERS, st.sampled_from(list(DIGITS)))
def test_the_digits_of_every_script_are_the_same_number(number: Decimal, script: str) -> None:
    text = f"{number:f}"
    written = text.translate(str.maketrans("0123456789", DIGITS[script]))
    assert read_number(written) == read_number(text) or isinstance(read_number(text), Ambiguous)


@given(st.text(max_size=40), st.sampled_from(["", ".", ",", "indian"]))
def test_reading_any_text_as_a_number_never_fails(text: str, style: NumberStyle) -> None:
    found = read_number(text, style)
    if isinstance(found, Value):
        assert read_number(str(found.value)) == found


def test_a_number_that_a_spreadsheet_has_shortened_is_refused() -> None:
    found = read_number("1.23E+11", exponent=True)
    assert isinstance(found, Refused) and found.code == "shortened"
    assert read_number("1e-9", exponent=True) == Value("0.000000001")
    assert read_number("1.23E+02", exponent=True) == Value("123")


def test_a_percentage_may_carry_its_sign_only_where_one_is_asked_for() -> None:
    assert read_number("85 %", percent=True) == read_number("٨٥٪", percent=True) == Value("85")
    assert isinstance(read_number("85%"), Refused)


@pytest.mark.parametrize(("text", "value"), [("48,000", 48000), ("48.000", 48000), ("48.0", 48), ("٤٨", 48)])
def test_a_whole_number_may_have_its_thousands_set_apart(text: str, value: int) -> None:
    assert read_integer(text) == Value(value)


@pytest.mark.parametrize("text", ["48,00", "48.5", "1e3", ""])
def test_what_is_not_whole_is_refused_as_a_whole_number(text: str) -> None:
    assert isinstance(read_integer(text), Refused)
