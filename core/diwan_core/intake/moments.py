"""Dates and times as files write them, to the dictionary's form. Compiled from a pattern such as "DD/MM/YYYY hh:mm".

Tokens: YYYY; MM or M; DD or D; MON (JAN … DEC, English, any case); hh or h; mm; ss. Anything else stands for itself.
"ISO" (the default) reads 2026-11-22, 2026-11-22T14:05, 2026-11-22 14:05:00.000 and the like.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Literal

from diwan_core.dictionary import N_, Parameter, sentence
from diwan_core.intake.faults import Unfit

Reading = Callable[[str], str]
"""Text of a cell to the dictionary's text. Raises ValueError with words for the person."""

ISO: Final = "ISO"
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
REMEMBERED: Final = 4096
"""Cells kept per column; a file has far fewer different days than rows."""

_tokens: Final = re.compile(r"YYYY|MON|MM|DD|hh|mm|ss|M|D|h")
_groups: Final = {
    "YYYY": r"(?P<year>\d{4})",
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
    pattern: str,
    *,
    year_starts: str = "JAN",
    zone: dt.timezone | None = None,
) -> Reading:
    """The function for one column. `year_starts` is the first month of a fiscal year, named by the calendar year in
    which it ends (the fiscal year 2019 of the United States begins in October 2018). Raises WrongFormat."""
    if year_starts not in MONTHS:
        raise WrongFormat(
            N_("fiscal_year_starts {month} is not one of {months}"), month=repr(year_starts), months=", ".join(MONTHS)
        )
    if pattern == ISO:
        if year_starts != "JAN":
            raise WrongFormat(N_("fiscal_year_starts needs a format"))
        return {"date": _iso_date, "time": _iso_time, "datetime": _iso_datetime(zone)}[kind]
    parse = _parser(pattern, kind, MONTHS.index(year_starts) + 1)

    def read(text: str) -> str:
        moment = parse(text)
        if kind == "date":
            return moment.strftime("%04Y-%m-%d") if moment.year >= 1000 else moment.date().isoformat()
        if kind == "time":
            return moment.strftime("%H:%M")
        return _utc(moment, zone, text)

    return lru_cache(maxsize=REMEMBERED)(read)


def _parser(pattern: str, kind: str, first_month: int) -> Callable[[str], dt.datetime]:
    expression, at = "", 0
    for token in _tokens.finditer(pattern):
        expression += re.escape(pattern[at : token.start()]) + _groups[token.group()]
        at = token.end()
    try:
        compiled = re.compile(expression + re.escape(pattern[at:]), re.IGNORECASE | re.ASCII)
    except re.error as error:
        raise WrongFormat(N_("format {pattern} names a part twice"), pattern=repr(pattern)) from error
    names = compiled.groupindex
    needed = {"date": ("year", "day"), "time": ("hour", "minute"), "datetime": ("year", "day", "hour", "minute")}[kind]
    missing = [name for name in needed if name not in names and not (name == "day" and kind == "date")]
    if kind != "time" and "month" not in names and "name" not in names:
        missing.append("month")
    if missing:
        template = N_("format {pattern} has no {missing} (tokens: YYYY MM DD MON hh mm ss)")
        raise WrongFormat(template, pattern=repr(pattern), missing=", ".join(missing))

    def parse(text: str) -> dt.datetime:
        match = compiled.fullmatch(text)
        if match is None:
            raise Unfit("not_a_date", N_("it is not written as {pattern}"), pattern=pattern)
        found = match.groupdict()
        month = MONTHS.index(found["name"].upper()) + 1 if found.get("name") else int(found.get("month") or 1)
        year = int(found.get("year") or 2000)
        if first_month > 1 and month >= first_month:
            year -= 1
        try:
            return dt.datetime(
                year,
                month,
                int(found.get("day") or 1),
                int(found.get("hour") or 0),
                int(found.get("minute") or 0),
                int(found.get("second") or 0),
            )
        except ValueError as error:
            raise Unfit("not_a_date", N_("there is no such date or time")) from error

    return parse


def _iso_date(text: str) -> str:
    day = text[:10]
    if len(day) == 10 and day[4] == "-" == day[7] and (len(text) == 10 or text[10] in "T "):
        try:
            dt.date.fromisoformat(day)
        except ValueError:
            pass
        else:
            return day
    raise Unfit(
        "not_a_date", N_("it is not a date such as 2026-11-22; set format in the mapping if it is written another way")
    )


def _iso_time(text: str) -> str:
    at = 11 if len(text) > 10 and text[4] == "-" and text[10] in "T " else 0
    minute = text[at : at + 5]
    rest = text[at + 5 : at + 6]
    if len(minute) == 5 and minute[2] == ":" and rest in (":", "Z", "+", "-", ""):
        try:
            dt.time.fromisoformat(minute)
        except ValueError:
            pass
        else:
            return minute
    raise Unfit(
        "not_a_date", N_("it is not a time such as 14:05; set format in the mapping if it is written another way")
    )


def _iso_datetime(zone: dt.timezone | None) -> Reading:
    def read(text: str) -> str:
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise Unfit(
                "not_a_date",
                N_(
                    "it is not a date and time such as 2026-11-22T14:05:00Z; set format in the mapping if it is "
                    "written another way"
                ),
            ) from error
        if len(text) == 20 and text[19] == "Z" and text[10] == "T":
            return text
        return _utc(moment, zone, text)

    return read


def _utc(moment: dt.datetime, zone: dt.timezone | None, text: str) -> str:
    if moment.tzinfo is None:
        if zone is None:
            raise Unfit(
                "not_a_date", N_('it names no offset from UTC; set zone = "+03:00" (or what applies) in the mapping')
            )
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
