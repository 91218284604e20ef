"""What people type is understood in the forms they type it in, and never changed where it is not understood."""

from datetime import timedelta, timezone

import pytest
from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.web.forms.values import read, typed
from hypothesis import given
from hypothesis import strategies as st

CASE = DICTIONARY.type("case")
COUNTRY = CASE.fields["country"]


def read_decimal(text: str) -> str:
    """A text typed as a quantity."""
    return str(read(Field("quantity", "decimal", "Quantity"), text) or "")


@pytest.mark.parametrize(
    ("as_typed", "meant"),
    [
        ("12,5", "12.5"),
        ("1 234,50", "1234.5"),
        ("1\u202f234.5", "1234.5"),
        ("١٢٫٥", "12.5"),
        ("۱۲", "12"),
        ("007", "7"),
        ("0.500", "0.5"),
        ("+3", "3"),
        ("0", "0"),
        ("-0", "0"),
        ("1e3", "1e3"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1,234.50", "1234.5"),
        ("1.234,5", "1234.5"),
        ("12،5", "12.5"),
        ("1,2345", "1.2345"),
        ("0,125", "0.125"),
        ("12.125", "12.125"),
        ("٤٨٫٠٠٠", "48"),
        ("48,000", "48,000"),
        ("٤٨،٠٠٠", "٤٨،٠٠٠"),
        ("48.000", "48.000"),
        ("1,23,456", "1,23,456"),
        ("1,234,56", "1,234,56"),
        ("a lot", "a lot"),
    ],
)
def test_a_quantity_may_be_typed_the_way_it_is_written_on_paper(as_typed: str, meant: str) -> None:
    assert read_decimal(as_typed) == meant


@given(st.text(max_size=60))
def test_reading_a_number_never_fails_and_is_stable(text: str) -> None:
    once = read_decimal(text)
    assert read_decimal(once) == once


@pytest.mark.parametrize("as_typed", ["JO", "jo", "Jordan", "jordan", "Jordan (JO)"])
def test_a_country_may_be_given_by_code_or_name(as_typed: str) -> None:
    assert read(COUNTRY, as_typed) == "JO"


def test_namibia_is_na_and_nothing_is_nothing() -> None:
    assert read(COUNTRY, "NA") == "NA"
    assert read(COUNTRY, "   ") is None


def test_an_unknown_country_stays_as_typed_for_the_validator_to_name() -> None:
    assert read(COUNTRY, "Atlantis") == "Atlantis"


def test_a_local_time_becomes_utc_and_comes_back() -> None:
    field, here = Field("at", "datetime", "At"), timezone(timedelta(hours=3))
    assert read(field, "2026-11-22T14:05", here=here) == "2026-11-22T11:05:00Z"
    assert typed(field, "2026-11-22T11:05:00Z", here=here) == "2026-11-22T14:05"


def every_field() -> list[Field]:
    found = []
    for record_type in DICTIONARY.types.values():
        found += [
            *record_type.fields.values(),
            *(f for part in record_type.parts.values() for f in part.fields.values()),
        ]
    return found


@given(st.sampled_from(every_field()), st.text(max_size=80))
def test_reading_any_field_from_any_text_never_fails(field: Field, text: str) -> None:
    value = read(field, text)
    assert value is None or isinstance(value, str | bool | int)
    typed(field, value)


@pytest.mark.parametrize(
    ("as_typed", "meant"),
    [
        ("31.953949, 35.910635", "31.953949,35.910635"),
        ("31.95394912345°، 35.91063512345°", "31.9539491,35.9106351"),
        ("-3.5,-120", "-3.5,-120"),
        ("٣١.٩٥,٣٥.٩٣", "31.95,35.93"),
        ("123,456", "123,456"),
        ("near the gate", "near the gate"),
    ],
)
def test_a_position_may_be_pasted_as_a_telephone_gives_it(as_typed: str, meant: str) -> None:
    assert read(CASE.fields["position"], as_typed) == meant


@pytest.mark.parametrize(
    ("field", "as_typed", "meant"),
    [
        (CASE.fields["office"], "joaqj", "JOAQJ"),
        (CASE.fields["locode"], "jo aqj", "JOAQJ"),
        (CASE.parts["goods"].fields["hs_code"], "2402.20", "240220"),
        (CASE.fields["office"], "joaqj!", "joaqj!"),
    ],
)
def test_a_code_with_a_form_of_its_own_may_be_typed_as_it_is_printed(field: Field, as_typed: str, meant: str) -> None:
    assert read(field, as_typed) == meant


@pytest.mark.parametrize(
    ("as_typed", "meant"), [("48,000", 48000), ("1.234.567", 1234567), ("48,00", "48,00"), ("0", 0)]
)
def test_what_cannot_have_decimals_may_have_its_thousands_set_apart(as_typed: str, meant: object) -> None:
    assert read(Field("pieces", "integer", "Pieces"), as_typed) == meant
