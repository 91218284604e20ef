"""Cells of a workbook: a number is the number the file holds, whatever its format shows, and a date needs no format."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from diwan_core.intake.faults import Unfit
from diwan_core.intake.sources.cells import BadCell, Cell, DateCell, NumberCell, shortest, text_for
from hypothesis import given
from hypothesis import strategies as st


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_shortest_decimal_gives_the_same_binary_number_back_in_plain_notation(number: float) -> None:
    for written in (repr(number), f"{number:.17g}", f"{number:.17e}"):
        text = shortest(written)
        assert text is not None and "e" not in text.lower() and float(text) == number
        assert text == shortest(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1.1000000000000001", "1.1"),
        ("36.299999999999997", "36.3"),
        ("12.5", "12.5"),
        ("5", "5"),
        ("007", "7"),
        ("000", "0"),
        ("-0", "0"),
        ("1E5", "100000"),
        ("1.5E-3", "0.0015"),
        ("9.9999999999999995E-7", "0.000001"),
        ("1.2345678901234568E+18", "1234567890123456800"),
        ("3.3333333333333335", "3.3333333333333335"),
    ],
)
def test_a_number_comes_as_it_was_typed_not_as_its_binary_fraction(written: str, value: str) -> None:
    assert shortest(written) == value


@pytest.mark.parametrize("written", ["", "NaN", "inf", "1e999", "1_000", " 1", "١٢", "12,5", "0x10", "1e", "--1"])
def test_what_is_no_number_is_not_made_one(written: str) -> None:
    assert shortest(written) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**6), max_value=10**6))
def test_percent_is_the_value_times_a_hundred_exactly(share: Decimal) -> None:
    value = shortest(str(share))
    assert value is not None
    assert Decimal(NumberCell(value, True).number) == Decimal(value) * 100


def test_a_field_of_numbers_takes_the_value_and_a_field_of_text_what_the_sheet_shows() -> None:
    assert text_for(NumberCell("12.5"), "decimal") == "12.5"
    assert text_for(NumberCell("0.85", True), "decimal") == "85"
    assert text_for(NumberCell("0.85", True), "text") == "85%"
    assert text_for(NumberCell("10121", False, "010121"), "code") == "010121"
    assert text_for(NumberCell("10121", False, "010121"), "integer") == "10121"
    assert text_for(NumberCell("0.30000000000000004"), "decimal") == "0.3"
    with pytest.raises(Unfit, match="zero"):
        text_for(NumberCell("0.000000000001"), "decimal")


def test_dates_give_the_part_a_field_holds_and_are_no_numbers() -> None:
    both = DateCell("2026-03-15T14:30:00", "datetime")
    assert [text_for(both, kind) for kind in ("date", "time", "datetime", "text")] == [
        "2026-03-15",
        "14:30:00",
        "2026-03-15T14:30:00",
        "2026-03-15T14:30:00",
    ]
    assert text_for(DateCell("2026-03-15", "date"), "date") == "2026-03-15"
    with pytest.raises(Unfit, match="a date"):
        text_for(DateCell("1900-02-14", "date"), "decimal")


@pytest.mark.parametrize("kind", ["text", "decimal", "date", "code"])
def test_a_cell_without_a_usable_value_is_refused_with_what_to_do(kind: str) -> None:
    with pytest.raises(Unfit, match="save it"):
        text_for(BadCell("formula", ""), kind)
    with pytest.raises(Unfit, match="#REF!"):
        text_for(BadCell("error", "#REF!"), kind)


def test_cells_come_back_from_their_json_as_they_were() -> None:
    cells: list[Cell] = ["a", True, NumberCell("1"), NumberCell("2", True, "02"), DateCell("06:00:00", "time")]
    cells.append(BadCell("error", "#REF!"))
    assert msgspec.json.decode(msgspec.json.encode(cells), type=list[Cell]) == cells


def test_keys_made_of_numbers_stay_those_that_releases_before_made() -> None:
    assert NumberCell("0.30000000000000004").digest_text == "0.3"
    assert NumberCell("123456789.12345678").digest_text == "123456789.123457"
    assert NumberCell("1234567890123456800").digest_text == "1234567890123456800"
    assert NumberCell("10121", False, "010121").digest_text == "10121"
