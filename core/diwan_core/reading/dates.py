"""Reads dates and times as people and spreadsheets write them, and keeps their precision.

What can be meant in two ways (05/03/2026) is a question, until somebody says in what order a column is written.
A year of two digits is read within a stated window. A part that is not known (00/00/1975, 1980-05, 1965-1968) makes the
date less exact and is kept as its precision.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal

from diwan_core.dictionary import N_, Sentence, sentence

from . import calendars, times
from .months import date_words, folded
from .outcome import Ambiguous, Companion, Meaning, Outcome, Refused, Value
from .text import plain, quoted

Order = Literal["", "DMY", "MDY", "YMD"]

TWO_DIGITS_FROM: Final = 1950
"""First year of the hundred that a year of two digits is one of, where nothing else is said: 49 is 2049, 50 is 1950."""
PATTERNS: Final[dict[Order, str]] = {"DMY": "DD/MM/YYYY", "MDY": "MM/DD/YYYY", "YMD": "YYYY/MM/DD"}
"""How each order is named in a mapping."""
FIRST_YEAR: Final = 1800
LAST_YEAR: Final = 2199


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How the dates of a column are written.

    order            of day, month and year; "" where nobody said.
    two_digits_from  first year of the hundred that a year of two digits is one of.
    partial          whether a date may be less exact than a day.
    last             whether the last possible day of such a date is meant instead of the first."""

    order: Order = ""
    two_digits_from: int = TWO_DIGITS_FROM
    partial: bool = True
    last: bool = False

    def since(self, year: int) -> DateStyle:
        """The style with another window for years of two digits."""
        return DateStyle(self.order, year, self.partial, self.last)


UNSAID: Final = DateStyle()
_ISO: Final = re.compile(r"(1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}\Z").match
_NUMBERS: Final = re.compile(
    r"([0-9?xX*]{1,4}|-{2,4})\s?([-/.\\ ]|, )\s?([0-9?xX*]{1,4}|--)\s?(?:\2)\s?([0-9?xX*]{1,4}|-{2,4})\.?\Z"
)
_TWO_NUMBERS: Final = re.compile(r"([0-9?xX*]{1,4})\s?[-/.]\s?([0-9?xX*]{1,4})\Z")
_YEAR: Final = re.compile(r"[0-9]{4}\Z")
_PACKED: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})\Z")
_SERIAL: Final = re.compile(r"[1-6][0-9]{4}(?:[.,][0-9]+)?\Z")
_UNKNOWN: Final = re.compile(r"0{1,4}\Z|[?xX*]{1,4}\Z|-{2,4}\Z")
_ABOUT: Final = re.compile(
    r"(?:~|≈|c(?:a|irca)?\.?|about|approx(?:\.|imately)?|around|env(?:\.|iron)?|vers|hacia|aprox(?:\.|imadamente)?|"
    r"por volta de|около|прибл\.?|ок\.|حوالي|نحو|تقريبا|حدود)\s*(?=\S)",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    r"(?:between|from|entre|de|du|desde|between|между|с|من|بين|از)?\s*(.+?)\s*"
    r"(?:\s(?:-|to|and|au|et|à|a|y|e|até|hasta|и|по|до|الى|إلى|و|تا)\s|\.\.|(?<=[0-9]{4})\s?-\s?(?=[0-9]{4})|(?<=[0-9]{4})/(?=[0-9]{4})|(?<=-[0-9]{2})/(?=[0-9]{4}-))\s*(.+)\Z",
    re.IGNORECASE,
)
_ORDINAL: Final = re.compile(r"([0-9])(?:st|nd|rd|th|er|ère|ª|º|°|-?го)\b", re.IGNORECASE)

_NO_DATE: Final = N_("{value} is not a date. Write it as year-month-day, for example 2026-11-22.")
NO_DAY: Final = N_("{value}: there is no such day. Write it as year-month-day, for example 2026-11-22.")
_NOT_IN_ORDER: Final = N_("{value} is not written as {pattern}.")
_SEVERAL: Final = N_(
    "{value} can be {meanings}. Write it as year-month-day, or say in what order the column is written."
)
NOT_EXACT: Final = N_("{value} does not say the day, which is needed here. Write it as year-month-day.")
_A_SERIAL: Final = N_(
    "{value} looks like a spreadsheet's number for a day. Give the column a date format in the spreadsheet program and "
    "save the file again."
)
_YEAR_OUT: Final = N_("{value}: the year {year} is outside {first} to {last}. Correct it.")
_MONTH_13: Final = N_(
    "{value} has a thirteenth month. Either day and month stand in another order, or it is a date of the Ethiopian "
    "calendar: write it in the Gregorian one."
)


def read_date(text: str, style: DateStyle = UNSAID) -> Outcome:
    """A day, a month, a year or a range, as the first possible day with what is known of its precision beside it."""
    if _ISO(text) and style.order in ("", "YMD") and _exists(text):
        return Value(text)
    shown = quoted(text)
    if len(text) > 80:
        return Refused("not_a_date", sentence(_NO_DATE, value=shown))
    found = _whole(plain(text), shown, style)
    if isinstance(found, Value) and style.last:
        return Value(found.beside.get("to") or _last_day(str(found.value), found.beside.get("precision", "")))
    if isinstance(found, Value) and not style.partial and "precision" in found.beside:
        return Refused("not_a_date", sentence(NOT_EXACT, value=shown))
    return found


def day_or_text(text: str, order: Order = "") -> str:
    """The day that a text means, as year-month-day; the text as it is where it means none or several."""
    found = read_date(text.strip(), DateStyle(order, partial=False))
    return str(found.value) if isinstance(found, Value) else text


def read_day(text: str, *, last: bool = False) -> str:
    """The first or last day that a filter means, as year-month-day; "" where it means none. Where two days are
    possible, the one that stands first in the text is the day: the page shows how it was understood."""
    found = read_date(text.strip(), DateStyle("DMY", last=last)) if text.strip() else None
    return str(found.value) if isinstance(found, Value) else ""


def _exists(day: str) -> bool:
    try:
        dt.date.fromisoformat(day)
    except ValueError:
        return False
    return True


def _whole(written: str, shown: str, style: DateStyle) -> Outcome:
    stripped = _ABOUT.match(written)
    if stripped:
        found = _whole(written[stripped.end() :], shown, style)
        if isinstance(found, Value) and "to" not in found.beside:
            return Value(found.value, {**found.beside, "precision": "about"}, found.assumed)
        return found
    found = _one(written, shown, style)
    if isinstance(found, Value | Ambiguous) or found.code == "other_calendar":
        return found
    between = _BETWEEN.match(written)
    if between is None:
        return found
    ends = [_one(part, shown, style) for part in between.groups()]
    for end in ends:
        if isinstance(end, Refused):
            return end if end.code == "other_calendar" else found
        if isinstance(end, Ambiguous):
            return end
    first, last = (end for end in ends if isinstance(end, Value))
    return _range(first, last, shown)


def _range(first: Value, last: Value, shown: str) -> Outcome:
    begins, ends = str(first.value), _last_day(str(last.value), last.beside.get("precision", ""))
    if begins > ends:
        return Refused(
            "not_a_date", sentence(N_("{value}: the end lies before the beginning. Correct it."), value=shown)
        )
    return Value(begins, {"to": ends, "precision": "range"}, first.assumed or last.assumed)


def _last_day(day: str, precision: str) -> str:
    year, month = int(day[:4]), int(day[5:7])
    if precision == "year":
        return f"{year:04}-12-31"
    if precision == "month":
        following = dt.date(year + month // 12, month % 12 + 1, 1)
        return (following - dt.timedelta(days=1)).isoformat()
    return day


def _one(written: str, shown: str, style: DateStyle) -> Outcome:
    """A date without "about" and without a second end."""
    written, time = _without_time(written)
    if isinstance(time, Refused):
        return time
    found = _day(written.strip(" ,"), shown, style)
    if time and isinstance(found, Value) and "precision" not in found.beside:
        return Value(found.value, {**found.beside, "time": time}, found.assumed)
    return found


def _without_time(written: str) -> tuple[str, str | Refused]:
    """A date, and the time of day that stood behind it; midnight is what spreadsheets write where there is none, and a
    time in another zone is not the place's own."""
    found = times.behind(written)
    if found is None:
        return written, ""
    time = times.clock(found)
    if time is None:
        return written, Refused("not_a_date", sentence(times.NO_TIME, value=quoted(found.group())))
    midnight = time == "00:00" and not int(found["second"] or 0)
    return written[: found.start()], "" if midnight or found["zone"] else time


def _day(written: str, shown: str, style: DateStyle) -> Outcome:
    words = calendars.words_of(written)
    if words and (other := calendars.by_words(shown, words, written)) is not None:
        return other
    meant = [word for word in words if word not in date_words().fillers]
    if meant and not all(len(word) <= 2 and set(word) <= {"x", "X"} for word in words):
        return _with_words(written, shown, style)
    written = re.sub(r"[^\d/.\\ ?*xX,-]+", " ", written).strip() if words and not _NUMBERS.match(written) else written
    if (packed := _PACKED.match(written)) and style.order in ("", "YMD"):
        return _made(packed.groups(), "YMD", shown, style)
    if _YEAR.match(written):
        return _made((written, "00", "00"), "YMD", shown, style)
    if found := _NUMBERS.match(written):
        return _in_order((found[1], found[3], found[4]), shown, style)
    if found := _TWO_NUMBERS.match(written):
        return _month_and_year(found[1], found[2], shown, style)
    if _SERIAL.match(written):
        return Refused("not_a_date", sentence(_A_SERIAL, value=shown))
    return Refused("not_a_date", sentence(_NO_DATE, value=shown))


def _month_and_year(one: str, other: str, shown: str, style: DateStyle) -> Outcome:
    if len(one) == 4 and len(other) <= 2:
        return _made((one, other, "00"), "YMD", shown, style)
    if len(other) == 4 and len(one) <= 2:
        return _made((other, one, "00"), "YMD", shown, style)
    return Refused("not_a_date", sentence(_NO_DATE, value=shown))


def _in_order(parts: tuple[str, str, str], shown: str, style: DateStyle) -> Outcome:
    """Three numbers, of which one is the year: the one with four digits, else as the order says."""
    if len(parts[0]) >= 3 and not _UNKNOWN.match(parts[0]):
        return _made(parts, "YMD", shown, style)
    if style.order:
        if style.order == "YMD" and len(parts[2]) == 4:
            return Refused("not_a_date", sentence(_NOT_IN_ORDER, value=shown, pattern=PATTERNS["YMD"]))
        return _made(parts, style.order, shown, style)
    orders: tuple[Order, ...] = ("DMY", "MDY") if len(parts[2]) == 4 else ("DMY", "MDY", "YMD")
    made = {order: _made(parts, order, shown, style) for order in orders}
    possible = {order: found for order, found in made.items() if isinstance(found, Value)}
    if not possible:
        return made["DMY"]
    if len({found.value for found in possible.values()}) == 1 and not any(f.assumed for f in possible.values()):
        return next(iter(possible.values()))
    meanings = tuple(Meaning(PATTERNS[order], str(found.value)) for order, found in possible.items())
    listed = Sentence.plain(meanings[0].value)
    for meaning in meanings[1:]:
        listed = sentence(N_("{first} or {second}"), first=listed, second=meaning.value)
    return Ambiguous(meanings, sentence(_SEVERAL, value=shown, meanings=listed))


def _with_words(written: str, shown: str, style: DateStyle) -> Outcome:
    """A date with its month in words: 5 March 2026, le 1er mars 2026, 5 de marzo de 2026, mars 1980, 5-Mar-26."""
    known = date_words()
    written = _ORDINAL.sub(r"\1", written)
    pieces = [folded(piece) for piece in re.findall(r"[0-9]+|[^\s\d/.,'()-]+(?:-feira)?", written)]
    pieces = [piece for piece in pieces if piece and piece not in known.fillers | known.weekdays]
    numbers = [piece for piece in pieces if piece.isdigit()]
    name = " ".join(piece for piece in pieces if not piece.isdigit())
    month = known.months.get(name)
    wrong = Refused("not_a_date", sentence(_NO_DATE, value=shown))
    if month is None or not 1 <= len(numbers) <= 2 or any(len(number) > 4 for number in numbers):
        return wrong
    if len(numbers) == 1:
        return _made((numbers[0], str(month), "00"), "YMD", shown, style) if len(numbers[0]) == 4 else wrong
    day, year = numbers if len(numbers[0]) <= 2 and style.order != "YMD" else reversed(numbers)
    if len(year) not in (2, 4) or len(day) > 2:
        return wrong
    return _made((year, str(month), day), "YMD", shown, style)


def _made(parts: tuple[str | None, ...], order: Order, shown: str, style: DateStyle) -> Outcome:
    """The date made of three parts in this order; an unknown day, or an unknown day and month, makes it less exact."""
    at = {letter: parts[place] or "" for place, letter in enumerate(order)}
    day, month, written_year = (0 if _UNKNOWN.match(at[letter]) else at[letter] for letter in "DMY")
    wrong = Refused("not_a_date", sentence(NO_DAY, value=shown))
    if written_year == 0 or not str(written_year).isdigit() or len(str(written_year)) not in (2, 4):
        return wrong
    if not str(day).isdigit() or not str(month).isdigit() or len(str(day)) > 2 or len(str(month)) > 2:
        return wrong
    assumed = "" if len(str(written_year)) == 4 else "two-digit year"
    year = int(written_year)
    if assumed:
        year += style.two_digits_from // 100 * 100
        year += 100 if year < style.two_digits_from else 0
    elif (other := calendars.by_year(shown, year)) is not None:
        return other
    if not FIRST_YEAR <= year <= LAST_YEAR:
        said = sentence(_YEAR_OUT, value=shown, year=str(year), first=str(FIRST_YEAR), last=str(LAST_YEAR))
        return Refused("not_a_date", said)
    return _checked(year, int(month), int(day), shown, assumed)


def _checked(year: int, month: int, day: int, shown: str, assumed: str) -> Outcome:
    if month == 0:
        wrong = Refused("not_a_date", sentence(NO_DAY, value=shown))
        return wrong if day else Value(f"{year:04}-01-01", {"precision": "year"}, assumed)
    if month == 13 and day <= 6:
        return Refused("not_a_date", sentence(_MONTH_13, value=shown))
    try:
        made = dt.date(year, month, day or 1).isoformat()
    except ValueError:
        return Refused("not_a_date", sentence(NO_DAY, value=shown))
    beside: dict[Companion, str] = {} if day else {"precision": "month"}
    return Value(made, beside, assumed)
