"""Reads the dates and times of a column by a pattern of the mapping such as "DD/MM/YYYY hh:mm", and by the common
reading (`diwan_core.reading`) where a cell does not follow the pattern exactly.

Tokens: YYYY or YY; MM or M; DD or D; MON (a month by its name); hh or h; mm; ss. Anything else stands for itself. "ISO"
is year first. Without a pattern what has one meaning is read, and what has two is asked about.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

from diwan_core import reading as room
from diwan_core.dictionary import N_, Parameter, sentence
from diwan_core.intake.faults import Asked, Unfit
from diwan_core.reading import Ambiguous, DateStyle, Order, Outcome, Refused, Value
from diwan_core.reading.dates import NO_DAY

Dated = str | Value
"""A date as documents hold it; with what else the cell says of it (its precision, a time), where it does."""
Reading = Callable[[str], Dated]
"""Text of a cell to the dictionary's text. Raises ValueError with words for the person."""

ISO: Final = "ISO"
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
REMEMBERED: Final = 4096
"""Cells kept per column; a file has far fewer different days than rows."""

_tokens: Final = re.compile(r"YYYY|YY|MON|MM|DD|hh|mm|ss|M|D|h")
_groups: Final = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MON": rf"(?P<name>{'|'.join(MONTHS)})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
    "hh": r"(?P<hour>\d{2})",
    "h": r"(?P<hour>\d{1,2})",
    "mm": r"(?P<minute>\d{2})",
    "ss": r"(?P<second>\d{2})",
}
_offset: Final = re.compile(r"([+-])(\d{2}):(\d{2})")


class WrongFormat(Exception):
    """A date format in a mapping is wrong; the sentence says how."""

    def __init__(self, template: str, /, **parameters: Parameter) -> None:
        self.sentence = sentence(template, **parameters)
        super().__init__(self.sentence)


def zone_of(text: str) -> dt.timezone:
    """ "+03:00" to a time zone. Raises WrongFormat."""
    match = _offset.fullmatch(text)
    if match is None or int(match[2]) > 14 or int(match[3]) > 59:
        raise WrongFormat(N_('zone {zone} is not an offset from UTC such as "+03:00"'), zone=repr(text))
    minutes = int(match[2]) * 60 + int(match[3])
    return dt.timezone(dt.timedelta(minutes=-minutes if match[1] == "-" else minutes))


def reading(
    kind: Literal["date", "time", "datetime"],
    pattern: str = "",
    *,
    year_starts: str = "JAN",
    zone: dt.timezone | None = None,
    style: DateStyle | None = None,
) -> Reading:
    """The function for one column. `year_starts` is the first month of a fiscal year, named by the calendar year in
    which it ends (the fiscal year 2019 of the United States begins in October 2018). `style` says how a cell is read
    that does not follow the pattern to the letter; its order is the pattern's. Raises WrongFormat."""
    if year_starts not in MONTHS:
        raise WrongFormat(
            N_("fiscal_year_starts {month} is not one of {months}"), month=repr(year_starts), months=", ".join(MONTHS)
        )
    given = style or DateStyle(partial=False)
    if pattern in ("", ISO):
        if year_starts != "JAN":
            raise WrongFormat(N_("fiscal_year_starts needs a format"))
        order: Order = "YMD" if pattern == ISO else ""
        return _shared(kind, _ordered(given, order), zone, pattern)
    parse = _parser(pattern, kind, MONTHS.index(year_starts) + 1, given)
    order = order_of(pattern)
    fallback = _shared(kind, _ordered(given, order), zone, pattern) if order or kind == "time" else None

    def read(text: str) -> Dated:
        found = parse(text)
        if found is None:
            if fallback is None or year_starts != "JAN":
                raise Unfit("not_a_date", N_("it is not written as {pattern}"), pattern=pattern)
            return fallback(text)
        moment, precision = found
        if kind == "date":
            day = moment.date().isoformat()
            if precision:
                return Value(day, {"precision": precision})
            return Value(day, {"time": moment.strftime("%H:%M")}) if moment.hour or moment.minute else day
        if kind == "time":
            return moment.strftime("%H:%M")
        return _utc(moment, zone, text)

    return lru_cache(maxsize=REMEMBERED)(read)


def order_of(pattern: str) -> Order:
    """The order of day, month and year in a pattern; "" where it does not have all three."""
    letters = {"YYYY": "Y", "YY": "Y", "MON": "M", "MM": "M", "M": "M", "DD": "D", "D": "D"}
    found = "".join(letters[token.group()] for token in _tokens.finditer(pattern) if token.group() in letters)
    match found:
        case "DMY" | "MDY" | "YMD":
            return found
        case _:
            return ""


_ISO_TIME: Final = re.compile(
    r"[T ]((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::[0-5][0-9](?:\.[0-9]{1,9})?)?(Z|[+-][0-9:]{2,6})?\Z"
).match


@lru_cache(maxsize=REMEMBERED)
def _is_day(text: str) -> bool:
    if re.match(r"(?:1[89]|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}\Z", text, re.ASCII) is None:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=REMEMBERED)
def _iso_time(text: str) -> tuple[str, bool] | None:
    """The time behind a day, and whether it is the place's own: not one of another zone, nor a midnight that says
    nothing."""
    found = _ISO_TIME(text)
    if found is None:
        return None
    return found[1], not found[2] and text[1:9] not in ("00:00", "00:00:00")


def _of_iso(kind: str, text: str) -> Dated | None:
    """A day or a time of a moment as programs write it, 2026-11-22T14:05:00Z, without the long way round; None for all
    else. On the path of every row: a file has few different days, and few different minutes."""
    day, time = text[:10], _iso_time(text[10:])
    if time is None or not _is_day(day):
        return None
    if kind == "time":
        return time[0]
    return Value(day, {"time": time[0]}) if time[1] else day


def _ordered(style: DateStyle, order: Order) -> DateStyle:
    return DateStyle(order, style.two_digits_from, style.partial, style.last)


def _shared(kind: str, style: DateStyle, zone: dt.timezone | None, pattern: str) -> Reading:
    """The reading all doors share, for a column."""

    def read(text: str) -> Dated:
        if kind == "time":
            found: Outcome = room.read_time(text)
        elif kind == "datetime":
            found = room.read_moment(text, style, None if zone is None else lambda moment: moment.replace(tzinfo=zone))
        else:
            found = room.read_date(text, style)
        dated = taken(found, pattern)
        return dated if isinstance(dated, Value) else str(dated)

    slow = lru_cache(maxsize=REMEMBERED)(read)
    if kind == "datetime" or style.order not in ("", "YMD") or style.last:
        return slow

    def quick(text: str) -> Dated:
        if len(text) > 10 and (found := _of_iso(kind, text)) is not None:
            return found
        return slow(text)

    return quick


def taken(found: Outcome, pattern: str = "") -> Value | str | int | bool:
    """The value of an outcome. Raises Unfit, Asked."""
    match found:
        case Value():
            return found if found.beside or found.assumed else found.value
        case Ambiguous():
            raise Asked(found)
        case Refused():
            written_so = pattern in ("", ISO) or found.reason.template == NO_DAY  # 31/02 is written as it should be
            if not written_so and found.code == "not_a_date":
                raise Unfit(
                    "not_a_date", N_("it is not written as {pattern}: {reason}"), pattern=pattern, reason=found.reason
                )
            raise Unfit(found.code, found.reason)


def _parser(
    pattern: str, kind: str, first_month: int, style: DateStyle
) -> Callable[[str], tuple[dt.datetime, Literal["", "month", "year"]] | None]:
    expression, at = "", 0
    for token in _tokens.finditer(pattern):
        expression += re.escape(pattern[at : token.start()]) + _groups[token.group()]
        at = token.end()
    try:
        compiled = re.compile(expression + re.escape(pattern[at:]), re.IGNORECASE | re.ASCII)
    except re.error as error:
        raise WrongFormat(N_("format {pattern} names a part twice"), pattern=repr(pattern)) from error
    names = {"year" if name == "short_year" else "month" if name == "name" else name for name in compiled.groupindex}
    needed = {"date": ("year",), "time": ("hour", "minute"), "datetime": ("year", "month", "day", "hour", "minute")}
    missing = [name for name in needed[kind] if name not in names]
    if kind == "date" and "day" in names and "month" not in names:
        missing.append("month")
    if missing:
        template = N_("format {pattern} has no {missing} (tokens: YYYY MM DD MON hh mm ss)")
        raise WrongFormat(template, pattern=repr(pattern), missing=", ".join(missing))
    if kind == "date" and "month" not in names and not style.partial:
        raise WrongFormat(N_("format {pattern} has no month, and this field needs a day"), pattern=repr(pattern))
    precision: Literal["", "month", "year"] = "" if "day" in names else "month" if "month" in names else "year"
    if not style.partial or kind != "date":
        precision = ""

    def parse(text: str) -> tuple[dt.datetime, Literal["", "month", "year"]] | None:
        match = compiled.fullmatch(text)
        if match is None or match.groupdict().get("short_year"):  # a year of two digits needs its window
            return None
        found = match.groupdict()
        month = MONTHS.index(found["name"].upper()) + 1 if found.get("name") else int(found.get("month") or 1)
        year = int(found.get("year") or 2000)
        if first_month > 1 and month >= first_month:
            year -= 1
        if kind != "time" and (other := room.other_calendar(text, year)) is not None:
            raise Unfit(other.code, other.reason)
        try:
            moment = dt.datetime(  # noqa: DTZ001  a local time as people write it
                year,
                month,
                int(found.get("day") or 1),
                int(found.get("hour") or 0),
                int(found.get("minute") or 0),
                int(found.get("second") or 0),
            )
        except ValueError as error:
            if order_of(pattern):
                return None  # 00/00/1975 is a year; what is not a day is refused there
            raise Unfit("not_a_date", N_("there is no such date or time")) from error
        return moment, precision

    return parse


def _utc(moment: dt.datetime, zone: dt.timezone | None, text: str) -> str:
    if moment.tzinfo is None:
        if zone is None:
            raise Unfit(
                "not_a_date", N_('it names no offset from UTC; set zone = "+03:00" (or what applies) in the mapping')
            )
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
