"""Positions, codes, identifiers and texts are read the same way wherever they come from."""

from __future__ import annotations

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.reading import (
    Ambiguous,
    Refused,
    Value,
    one_line,
    read_code,
    read_field,
    read_identifier,
    read_patterned,
    read_position,
    several_lines,
)
from hypothesis import given
from hypothesis import strategies as st

GOODS = DICTIONARY.type("case").parts["goods"].fields


@pytest.mark.parametrize(
    "text",
    [
        "31.9538889, 35.9327778", "31.9538889° 35.9327778°", '31°57\'14"N 35°55\'58"E', "31°57′14″N, 35°55′58″E",
        '35°55\'58"E 31°57\'14"N', "31 57 14 N 35 55 58 E", "N 31.9538889 E 35.9327778", "٣١.٩٥٣٨٨٨٩،٣٥.٩٣٢٧٧٧٨",
        "شمال 31.9538889 شرق 35.9327778", "31.9538889° с.ш., 35.9327778° в.д.", "geo:31.9538889,35.9327778",
        "lat: 31.9538889 lon: 35.9327778", "31,9538889 35,9327778", "31.95388890001,35.93277780001",
    ],
)  # fmt: skip
def test_a_position_is_read_as_telephones_and_maps_give_it(text: str) -> None:
    assert read_position(text) == Value("31.9538889,35.9327778")


@pytest.mark.parametrize(
    "text", ["91,0", "0,181", "near", "31.95", "31.95-35.93", "40°N 79°O", "31.95N 35.93N", "", "1,2,3"]
)
def test_what_is_no_position_is_refused(text: str) -> None:
    assert isinstance(read_position(text), Refused)


def test_south_and_west_are_below_zero() -> None:
    assert read_position("3.5S 120.25W") == Value("-3.5,-120.25")


@given(st.text(max_size=60))
def test_reading_any_text_as_a_position_never_fails(text: str) -> None:
    found = read_position(text)
    if isinstance(found, Value):
        assert read_position(str(found.value)) == found


@pytest.mark.parametrize(
    "text", ["DZ", "dz", "DZA", "Algeria", "Algérie", "ALGERIE", "الجزائر", "Алжир", "Algeria (DZ)"]
)
def test_a_country_is_known_by_its_codes_and_its_name_in_any_language(text: str) -> None:
    assert read_code("country", text) == Value("DZ")


def test_a_code_that_people_use_as_a_word_for_another_is_a_question_in_a_file() -> None:
    found = read_code("unit", "KG")
    assert isinstance(found, Ambiguous) and {meaning.value for meaning in found.meanings} == {"KG", "KGM"}
    assert read_code("unit", "KG", sure=True) == Value("KG")
    assert read_code("unit", "kg") == read_code("unit", "KG", language="en") == Value("KGM")
    assert read_code("country", "NA") == Value("NA")


def test_the_lost_zero_of_an_hs_heading_is_named() -> None:
    found = read_patterned(GOODS["hs_code"], "10121")
    assert isinstance(found, Refused) and "010121" in found.reason
    assert read_patterned(GOODS["hs_code"], "2402.20") == Value("240220")
    assert read_patterned(GOODS["hs_code"], "٢٤٠٢٢٠") == Value("240220")


def test_a_number_shortened_by_a_spreadsheet_is_no_identifier() -> None:
    assert isinstance(read_identifier("1.23E+11"), Refused)
    assert read_identifier("12‐34568") == Value("12‐34568")
    assert read_identifier("\u202a12-34567\u202c") == Value("12-34567")


def test_a_line_break_becomes_a_space_in_one_line_and_stays_in_several() -> None:
    assert one_line("Gate 1\r\nHall B\tleft") == "Gate 1 Hall B left"
    assert several_lines("first\r\nsecond") == "first\nsecond"


@given(st.sampled_from([f for t in DICTIONARY.types.values() for _, f in t.every_field()]), st.text(max_size=60))
def test_reading_any_field_from_any_text_never_fails(field: object, text: str) -> None:
    from diwan_core.dictionary import Field

    assert isinstance(field, Field)
    read_field(field, text)
