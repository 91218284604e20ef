"""Dates are read in the order their column is written in, with their precision, and of our calendar alone."""

from __future__ import annotations

import datetime as dt

import pytest
from diwan_core.reading import Ambiguous, DateStyle, Order, Refused, Value, read_date, read_moment, read_time
from hypothesis import given
from hypothesis import strategies as st

DAYS = st.dates(min_value=dt.date(1800, 1, 1), max_value=dt.date(2199, 12, 31))
ORDERS: list[tuple[Order, str]] = [("DMY", "{d}{s}{m}{s}{y}"), ("MDY", "{m}{s}{d}{s}{y}"), ("YMD", "{y}{s}{m}{s}{d}")]


@pytest.mark.parametrize(
    ("text", "value", "beside"),
    [
        ("5/3/2026", "2026-03-05", {}),
        ("15/03/2026 14:30", "2026-03-15", {"time": "14:30"}),
        ("15/03/26", "2026-03-15", {}),
        ("15/03/2026 00:00:00", "2026-03-15", {}),
        ("15/03/2026 2:30 PM", "2026-03-15", {"time": "14:30"}),
        ("٠٥/٠٣/٢٠٢٦", "2026-03-05", {}),
        ("2026-03-05", "2026-03-05", {}),
        ("5.3.2026", "2026-03-05", {}),
        ("05 03 2026", "2026-03-05", {}),
        ("1975", "1975-01-01", {"precision": "year"}),
        ("00/00/1975", "1975-01-01", {"precision": "year"}),
        ("1980-00-00", "1980-01-01", {"precision": "year"}),
        ("1980-05", "1980-05-01", {"precision": "month"}),
        ("00/05/1980", "1980-05-01", {"precision": "month"}),
        ("05/1980", "1980-05-01", {"precision": "month"}),
        ("?/?/1980", "1980-01-01", {"precision": "year"}),
        ("1965-1968", "1965-01-01", {"precision": "range", "to": "1968-12-31"}),
        ("1965-01-01/1968-05", "1965-01-01", {"precision": "range", "to": "1968-05-31"}),
        ("circa 1970", "1970-01-01", {"precision": "about"}),
    ],
)
def test_a_date_is_read_as_spreadsheets_write_it(text: str, value: str, beside: dict[str, str]) -> None:
    found = read_date(text, DateStyle("DMY"))
    assert isinstance(found, Value) and (found.value, dict(found.beside)) == (value, beside)


@pytest.mark.parametrize(
    "text",
    [
        "5 March 2026", "March 5th, 2026", "Thursday, 5 March 2026", "5-Mar-2026", "le 5 mars 2026", "5 mars 2026",
        "5 de marzo de 2026", "5 de março de 2026", "5 марта 2026 г.", "٥ مارس ٢٠٢٦", "5 آذار 2026", "5 März 2026",
        "5 مارس 2026م", "jueves, 5 de marzo de 2026",
    ],
)  # fmt: skip
def test_a_month_may_be_named_in_many_languages(text: str) -> None:
    assert read_date(text) == Value("2026-03-05")


@pytest.mark.parametrize(("text", "month"), [("5 كانون الثاني 2026", 1), ("5 août 2026", 8), ("5 out 2026", 10)])
def test_names_of_two_words_and_with_accents_are_months(text: str, month: int) -> None:
    assert read_date(text) == Value(f"2026-{month:02}-05")


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("1447/9/16", "Hijri"), ("16-09-1447", "Hijri"), ("16 رمضان 1447", "Hijri"), ("16/9/1447 هـ", "Hijri"),
        ("16 Ramadan 1447", "Hijri"), ("1404/12/14", "Persian"), ("۱۴ اسفند ۱۴۰۴", "Persian"),
        ("1404/12/14 ه.ش", "Persian"),
        ("5/3/2569", "Buddhist"), ("5 มีนาคม 2569", "Buddhist"), ("5 Meskerem 2018", "Ethiopian"),
        ("መስከረም 5 2018", "Ethiopian"), ("5/13/2018", "Ethiopian"), ("25-06-2018 E.C.", "Ethiopian"),
        ("16 Adar 5786", "Hebrew"),
    ],
)  # fmt: skip
def test_a_date_of_another_calendar_is_refused_by_its_name_with_what_to_do(text: str, calendar: str) -> None:
    found = read_date(text, DateStyle("DMY"))
    assert isinstance(found, Refused)
    assert calendar in found.reason and "Gregorian" in found.reason


def test_a_year_two_calendars_share_names_both() -> None:
    found = read_date("1404/05/05")
    assert isinstance(found, Refused) and "Persian" in found.reason and "Hijri" in found.reason


def test_day_and_month_in_an_unknown_order_are_a_question() -> None:
    found = read_date("05/03/2026")
    assert isinstance(found, Ambiguous)
    assert {meaning.style: meaning.value for meaning in found.meanings} == {
        "DD/MM/YYYY": "2026-03-05",
        "MM/DD/YYYY": "2026-05-03",
    }
    assert read_date("15/03/2026") == read_date("03/15/2026") == Value("2026-03-15")
    assert read_date("05/05/2026") == Value("2026-05-05")


def test_a_year_of_two_digits_in_an_unknown_order_is_always_a_question() -> None:
    assert all(isinstance(read_date(text), Ambiguous) for text in ("1/1/20", "15/03/26", "32/1/20"))


def test_a_day_that_contradicts_the_order_of_its_column_is_never_turned_round() -> None:
    assert isinstance(read_date("15/03/2026", DateStyle("MDY")), Refused)
    assert isinstance(read_date("03/15/2026", DateStyle("DMY")), Refused)


def test_a_year_of_two_digits_is_read_in_the_stated_window_and_said_to_be() -> None:
    window = {year: read_date(f"15/03/{year}", DateStyle("DMY")) for year in ("49", "50")}
    assert [found.value for found in window.values() if isinstance(found, Value)] == ["2049-03-15", "1950-03-15"]
    assert all(isinstance(found, Value) and found.assumed for found in window.values())
    assert read_date("15/03/30", DateStyle("DMY", two_digits_from=1927)) == Value("1930-03-15", {}, "two-digit year")


@pytest.mark.parametrize(
    "text", ["2026-02-30", "32/01/2026", "46086", "May", "0", "1/1/1", "1745-01-01", "", "x" * 500]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    assert isinstance(read_date(text, DateStyle("DMY")), Refused)


@given(DAYS, st.sampled_from(ORDERS), st.sampled_from("/-. "), st.booleans())
def test_every_day_is_read_in_its_order_with_one_or_two_digits(
    day: dt.date, order: tuple[Order, str], mark: str, padded: bool
) -> None:
    width = "02" if padded else ""
    text = order[1].format(d=format(day.day, width), m=format(day.month, width), y=day.year, s=mark)
    assert read_date(text, DateStyle(order[0])) == Value(day.isoformat())
    found = read_date(text)
    if isinstance(found, Value):
        assert found.value == day.isoformat()
    else:
        assert isinstance(found, Ambiguous) and day.isoformat() in [meaning.value for meaning in found.meanings]


@given(DAYS, st.integers(0, 23), st.integers(1, 59))
def test_the_time_behind_a_day_is_kept(day: dt.date, hour: int, minute: int) -> None:
    found = read_date(f"{day.isoformat()} {hour:02}:{minute:02}:00")
    assert found == Value(day.isoformat(), {"time": f"{hour:02}:{minute:02}"})


@given(st.text(max_size=60), st.sampled_from(["", "DMY", "MDY", "YMD"]))
def test_reading_any_text_as_a_date_never_fails(text: str, order: Order) -> None:
    found = read_date(text, DateStyle(order))
    if isinstance(found, Value):
        dt.date.fromisoformat(str(found.value))
    read_time(text)
    read_moment(text)


def test_the_end_of_a_range_is_its_last_possible_day() -> None:
    assert read_date("1968", DateStyle(last=True)) == Value("1968-12-31")
    assert read_date("02/1968", DateStyle(last=True)) == Value("1968-02-29")


@pytest.mark.parametrize(
    ("text", "value"), [("14:05", "14:05"), ("2:05 pm", "14:05"), ("14h05", "14:05"), ("٢:٠٥ م", "14:05")]
)
def test_a_time_is_read_as_people_write_it(text: str, value: str) -> None:
    assert read_time(text) == Value(value)


def test_a_moment_needs_an_offset_or_a_place() -> None:
    assert read_moment("2026-11-22T14:05:00+03:00") == Value("2026-11-22T11:05:00Z")
    assert isinstance(read_moment("2026-11-22 14:05"), Refused)
    here = dt.timezone(dt.timedelta(hours=3))
    assert read_moment("2026-11-22 14:05", zone=lambda moment: moment.replace(tzinfo=here)) == Value(
        "2026-11-22T11:05:00Z"
    )
