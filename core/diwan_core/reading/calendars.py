"""Recognises dates of other calendars, so that they are refused by name and not taken for Gregorian dates.

A year tells most of them: nobody reports the year 1447 of the Gregorian calendar. Where two calendars share a year
(1404 is 1983 in the Hijri calendar and 2025 in the Persian one), both are named. The Ethiopian year is seven or eight
behind ours and shows only by its months, its mark or a thirteenth month."""

from __future__ import annotations

import re
from typing import Final

from diwan_core.dictionary import N_, Term, sentence

from .months import date_words, folded
from .outcome import Refused
from .text import quoted

NAMES: Final = {
    "hijri": N_("Hijri"),
    "persian": N_("Persian (Solar Hijri)"),
    "buddhist": N_("Buddhist"),
    "ethiopian": N_("Ethiopian"),
    "hebrew": N_("Hebrew"),
    "japanese": N_("Japanese"),
}
#: First and last year, and the calendars a date of that year can be of, the likelier first.
_YEARS: Final = (
    (1300, 1410, ("persian", "hijri")),
    (1411, 1500, ("hijri",)),
    (2400, 2650, ("buddhist",)),
    (5650, 5899, ("hebrew",)),
)
#: Marks of a calendar beside a date; the date is folded.
_MARKS: Final = (
    (re.compile(r"(?:^|[\s0-9/.-])(?:ه\.? ?ش|ش|s\.?h|a\.?p)\.?$"), "persian"),
    (re.compile(r"(?:^|[\s0-9/.-])(?:ه|ه\.? ?ق|a\.?h|ھ)\.?$"), "hijri"),
    (re.compile(r"(?:^|[\s0-9])(?:พ\.?ศ|b\.?e)\.?(?=$|[\s0-9])"), "buddhist"),
    (re.compile(r"(?:^|[\s0-9])(?:e\.?c|ዓ[./ ]?ም)\.?(?=$|[\s0-9])"), "ethiopian"),
)
_ONE: Final = N_(
    "{value} is a date of the {calendar} calendar. Write it in the Gregorian calendar; a text of the record can keep "
    "it as it was written."
)
_EITHER: Final = N_(
    "{value} is a date of the {calendar} or the {other} calendar. Write it in the Gregorian calendar; a text of the "
    "record can keep it as it was written."
)


def by_words(value: str, words: list[str], written: str) -> Refused | None:
    """A refusal where a date names a month of another calendar, or carries its mark. `words` are the date's words,
    folded."""
    whole = folded(written)
    for mark, calendar in _MARKS:
        if mark.search(whole):
            return refused(value, calendar)
    known = date_words()
    for word in words:
        if word not in known.months and word in known.other_calendars:
            return refused(value, known.other_calendars[word])
    return None


def by_year(value: str, year: int) -> Refused | None:
    """A refusal where a year of four digits is another calendar's."""
    for first, last, calendars in _YEARS:
        if first <= year <= last:
            return refused(value, *calendars)
    return None


def other_calendar(text: str, year: int) -> Refused | None:
    """A refusal for a date whose year was found by a pattern and belongs to another calendar."""
    return by_year(quoted(text), year)


def refused(value: str, calendar: str, other: str = "") -> Refused:
    """The refusal that names the calendar, or both that are possible."""
    name = Term(NAMES[calendar])
    if other:
        return Refused("other_calendar", sentence(_EITHER, value=value, calendar=name, other=Term(NAMES[other])))
    return Refused("other_calendar", sentence(_ONE, value=value, calendar=name))


def words_of(text: str) -> list[str]:
    """The words of a date, folded."""
    return [folded(word) for word in re.findall(r"[^\s\d/.,:()?*-]+", text)]
