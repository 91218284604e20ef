"""Numbers, units, dates and keys: exact, and never a zero for what is not known."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from diwan_core.dictionary import DICTIONARY, normalise
from diwan_core.intake.faults import Unfit
from diwan_core.intake.mapping.date_patterns import WrongFormat, reading, zone_of
from diwan_core.intake.mapping.quantities import UnknownConversion, conversion, factor, number
from diwan_core.intake.mapping.record_keys import Occurrences, occurrence_key
from hypothesis import given
from hypothesis import strategies as st


@given(st.decimals(min_value=0, max_value=10**12, places=9))
def test_a_decimal_of_nine_places_up_to_1e12_is_kept_exactly(value: Decimal) -> None:
    text = number(str(value))
    assert Decimal(text) == value
    assert "e" not in text.lower() and not (("." in text) and text.endswith("0"))
    assert number(text) == text


@given(st.integers(0, 10**12), st.integers(0, 9), st.sampled_from(["{}", "00{}", "{}.", "{}e0", "+{}"]))
def test_the_same_number_written_otherwise_is_the_same_text(whole: int, zeros: int, shape: str) -> None:
    text = shape.format(whole)
    if zeros and shape == "{}":
        text += "." + "0" * zeros
    assert number(text) == str(whole)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("0.0", "0"),
        ("-0", "0"),
        ("1e-9", "0.000000001"),
        ("1E12", "1000000000000"),
        ("007.50", "7.5"),
        (".5", "0.5"),
        ("0.10", "0.1"),
        ("0.3000000000000", "0.3"),
    ],
)
def test_a_number_becomes_plain_notation(text: str, expected: str) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "NaN", "Infinity", "1_000", "٣", "1.2.3", "-1", "1e-10", "1.0000000001", "1e13"]
)
def test_what_is_no_number_here_is_refused_never_zero(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any ValueError is meant
        number(text)


def test_a_number_of_a_million_digits_is_refused_at_once() -> None:
    with pytest.raises(ValueError):  # noqa: PT011  any ValueError is meant
        number("9" * 1_000_000)


def test_a_pound_is_exactly_0_45359237_kilograms() -> None:
    assert conversion("LBR", "KGM")("1") == "0.45359237"
    assert conversion("LBR", "KGM")("1000000000") == "453592370"


@given(st.decimals(min_value=Decimal("0.00001"), max_value=10**9, places=9))
def test_pounds_become_kilograms_by_the_exact_factor_rounded_half_even_once(pounds: Decimal) -> None:
    exact = int(pounds * 10**9) * 45359237  # units of 1e-17 kg
    nearest, rest = divmod(exact, 10**8)
    if rest * 2 > 10**8 or (rest * 2 == 10**8 and nearest % 2):
        nearest += 1
    assert Decimal(conversion("LBR", "KGM")(str(pounds))) == Decimal(nearest).scaleb(-9)


def test_a_weight_published_in_pounds_from_grams_comes_back_as_grams() -> None:
    assert conversion("LBR", "KGM")("0.000440924524") == "0.0002"
    assert conversion("GRM", "KGM")("14776") == "14.776"


def test_a_number_that_is_not_zero_never_becomes_zero() -> None:
    with pytest.raises(ValueError, match=r"not zero|so small"):
        conversion("GRM", "TNE")("0.0001")
    assert conversion("LBR", "KGM")("0.0") == "0"


def test_conversions_and_the_dictionarys_normalised_quantities_agree() -> None:
    compared = 0
    for unit in DICTIONARY.codes("unit"):
        found = normalise("1000000", unit)
        if found is None:
            continue
        with contextlib.suppress(UnknownConversion):
            assert conversion(unit, found[1])("1000000") == found[0], unit
            compared += 1
    assert compared >= 20


def test_units_of_different_dimensions_are_not_converted() -> None:
    with pytest.raises(UnknownConversion, match="from LBR to LTR"):
        factor("LBR", "LTR")


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "expected"),
    [
        ("date", "ISO", "2018-01-03T00:00:00.000", "2018-01-03"),
        ("date", "ISO", "2018-01-03", "2018-01-03"),
        ("time", "ISO", "2018-01-03T14:05:59Z", "14:05"),
        ("time", "ISO", "14:05", "14:05"),
        ("datetime", "ISO", "2018-01-03T14:05:59Z", "2018-01-03T14:05:59Z"),
        ("datetime", "ISO", "2018-01-03T14:05:59+03:00", "2018-01-03T11:05:59Z"),
        ("date", "DD/MM/YYYY", "03/01/2018", "2018-01-03"),
        ("date", "D.M.YYYY", "3.1.2018", "2018-01-03"),
        ("date", "YYYYMMDD", "20180103", "2018-01-03"),
        ("date", "ISO", "20180103", "2018-01-03"),
        ("date", "ISO", "٢٠١٨-٠١-٠٣", "2018-01-03"),
        ("date", "DD/MM/YYYY", "3/1/2018", "2018-01-03"),
        ("date", "MON YYYY", "jan 2018", "2018-01-01"),
        ("time", "DD/MM/YYYY hh:mm:ss", "03/01/2018 14:05:59", "14:05"),
    ],
)
def test_dates_and_times_are_read_as_the_mapping_says(kind: str, pattern: str, text: str, expected: str) -> None:
    assert reading(kind, pattern)(text) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "pattern", "text"),
    [
        ("date", "ISO", "2018-02-30"),
        ("date", "ISO", "2018-W01-1"),
        ("date", "ISO", "2018-01-03x"),
        ("date", "ISO", "03/01/2018"),
        ("time", "ISO", "25:00"),
        ("time", "ISO", "1405"),
        ("datetime", "ISO", "2018-01-03T14:05:59"),
        ("date", "DD/MM/YYYY", "31/02/2018"),
        ("date", "DD/MM/YYYY", "01/31/2018"),
    ],
)
def test_what_is_no_such_date_is_refused_with_words(kind: str, pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        reading(kind, pattern)(text)  # type: ignore[arg-type]


def test_a_fiscal_year_is_named_by_the_year_in_which_it_ends() -> None:
    read = reading("date", "YYYY-MON", year_starts="OCT")
    assert [read("2019-OCT"), read("2019-DEC"), read("2019-JAN"), read("2019-SEP")] == [
        "2018-10-01",
        "2018-12-01",
        "2019-01-01",
        "2019-09-01",
    ]


def test_a_local_time_becomes_utc_by_the_mappings_zone() -> None:
    read = reading("datetime", "DD/MM/YYYY hh:mm", zone=zone_of("-05:00"))
    assert read("31/12/2018 22:00") == "2019-01-01T03:00:00Z"


@pytest.mark.parametrize("pattern", ["YYYY", "DD/MM", "YYYY-MM-DD MM", "hh:mm"])
def test_a_format_that_cannot_make_a_date_is_refused(pattern: str) -> None:
    with pytest.raises(WrongFormat):
        reading("date", pattern)


@given(st.lists(st.sampled_from(["a", "b", "c", "d"]) | st.text(max_size=3), max_size=60))
def test_occurrences_count_each_thing_apart(things: list[str]) -> None:
    counted, seen = Occurrences(), list[str]()
    for thing in things:
        seen.append(thing)
        assert counted.count(thing) == seen.count(thing)


@given(st.lists(st.sampled_from(["x", "y"]), min_size=1, max_size=30))
def test_look_alike_rows_have_different_keys_and_the_same_ones_again_next_time(rows: list[str]) -> None:
    def keys() -> list[str]:
        counted = Occurrences()
        return [occurrence_key(row, counted.count(row)) for row in rows]

    assert len(set(keys())) == len(rows)
    assert keys() == keys()


def test_a_day_that_does_not_exist_is_not_called_badly_written() -> None:
    with pytest.raises(Unfit) as refused:
        reading("date", "DD/MM/YYYY")("31/02/2026")
    assert "there is no such day" in str(refused.value) and "not written as" not in str(refused.value)
    with pytest.raises(Unfit, match="not written as DD/MM/YYYY"):
        reading("date", "DD/MM/YYYY")("yesterday")
