"""Days, moments and numbers as the country writes them, in the reader's language: the one place where they are
written for people. Programs, files and commands keep year-month-day and a point.

The names of months are those of Unicode CLDR 45: abbreviated where the language abbreviates, for Arabic in full."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Final, cast

from flask import Flask, current_app, g, has_app_context

from diwan_core.dictionary.national import with_defaults
from diwan_core.web.language.i18n import language, left_to_right

_KEY: Final = "diwan_national"
_MONTHS: Final = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "es": "ene feb mar abr may jun jul ago sept oct nov dic",
    "pt": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
    "ru": "янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек.",
}
_ARABIC: Final = {
    "usual": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "levant": "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
    "maghreb": "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر",
}
_SEPARATORS: Final = {"d/m/y": "/", "d.m.y": ".", "d-m-y": "-"}
_MARKS: Final = {
    "space.": ("\u202f", "."), "space,": ("\u202f", ","), ",.": (",", "."), ".,": (".", ","), "'.": ("'", "."),
}  # fmt: skip
"""What sets groups of three digits apart, and what begins decimals. The space is narrow and does not break (ISO 80000-1
§7.3.1)."""


def install(app: Flask, read: Callable[[], Mapping[str, str]]) -> None:
    """Let the pages of an app follow the national settings that `read` gives."""
    app.extensions[_KEY] = read


def national() -> Mapping[str, str]:
    """The national settings as this request reads them, once; the defaults outside of one."""
    if not has_app_context() or _KEY not in current_app.extensions:
        return with_defaults({})
    if "national" not in g:
        g.national = current_app.extensions[_KEY]()
    return cast("Mapping[str, str]", g.national)


def read_nothing() -> None:
    """For the rest of this request, the national settings are those that it has read, or the defaults."""
    if "national" not in g:
        g.national = with_defaults({})


def show_day(day: str | None) -> str:
    """A day, a month ("2026-11") or a year as the country writes it; "" for none, and what is no date as it is."""
    text = str(day or "")
    pieces = text.split("-")
    if not 1 <= len(pieces) <= 3 or [len(piece) for piece in pieces] != [4, 2, 2][: len(pieces)] or not text.isascii():
        return text
    if len(pieces) == 1 or not all(piece.isdigit() for piece in pieces) or not 1 <= int(pieces[1]) <= 12:
        return text
    form = national()["date_format"]
    if form == "iso":
        return text
    year, month, *rest = pieces
    if form in _SEPARATORS:
        return _SEPARATORS[form].join([*rest, month, year])
    return " ".join([*(str(int(piece)) for piece in rest), month_names()[int(month) - 1], year])


def is_day_first() -> bool:
    """Whether the country writes days in digits with the day first: then nobody asks what 04/11/2026 means."""
    return national()["date_format"] in _SEPARATORS


def day_form() -> str:
    """How a script writes a day: an order of d, m and y, or where the month is a word a language tag (BCP 47) whose
    names of months are the country's."""
    form, told = national()["date_format"], language()
    if form != "words":
        return "y-m-d" if form == "iso" else form
    regions = {"en": "en-GB", "ar": {"levant": "ar-SY", "maghreb": "ar-MA"}.get(national()["month_names"], "ar")}
    return regions.get(told, told)


def month_names() -> Sequence[str]:
    """The twelve months in the language of the page."""
    told = language()
    return _months(_ARABIC[national()["month_names"]] if told == "ar" else _MONTHS.get(told, _MONTHS["en"]))


@cache
def _months(names: str) -> Sequence[str]:
    return tuple(name.replace("_", " ") for name in names.split(" "))


def show_time_of(moment: datetime) -> str:
    """A moment with its day, hour and minute, in its own time zone: "14 Nov 2026 14:05"."""
    return f"{show_day(f'{moment:%Y-%m-%d}')} {moment:%H:%M}"


def local_time(utc_ms: int) -> str:
    """A moment by this machine's clock with its seconds and offset, for logs, which must not be read wrongly: "20 Nov
    2026 14:05:09 +02:00". The offset is the one that held then. "?" for a moment that no calendar has."""
    try:
        local = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=utc_ms)).astimezone()
    except (ValueError, OverflowError, OSError):
        return "?"
    clock = f"{local:%H:%M:%S} {local.isoformat('T', 'seconds')[19:]}"
    return f"{show_day(f'{local:%Y-%m-%d}')} {left_to_right(clock)}"


def local_day(utc_ms: int) -> str:
    """The day of a moment by this machine's clock."""
    return moment(utc_ms).rpartition(" ")[0]


def stamp(utc_ms: int, offset_minutes: int) -> str:
    """When something was written, in the local time of who wrote it."""
    try:
        return show_time_of(datetime.fromtimestamp(utc_ms / 1000, timezone(timedelta(minutes=offset_minutes))))
    except (ValueError, OverflowError, OSError):
        return "?"


def moment(utc_ms: int) -> str:
    """A moment by this machine's clock."""
    return stamp(utc_ms, time.localtime().tm_gmtoff // 60)


def document_moment(text: str) -> str:
    """A moment of a document (UTC) in this machine's time; what is none as it is."""
    try:
        return show_time_of(datetime.fromisoformat(text).astimezone())
    except ValueError:
        return text


def show_amount(number: str | int) -> str:
    """What was weighed, counted or paid: "4854.8" as the country writes it, from 1000 on with its thousands set
    apart."""
    return show_number(number, together=3)


def show_number(number: str | int, *, together: int = 4) -> str:
    """ "1234567.5" as the country writes it, its thousands set apart. As many digits as `together` says stay
    together: four where a number may be a year or an HS heading."""
    text = str(number)
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    if not whole.isdigit():
        return text
    group, decimal = _MARKS[national()["number_format"]]
    if len(whole) > together:
        head = len(whole) % 3
        whole = group.join(([whole[:head]] if head else []) + [whole[i : i + 3] for i in range(head, len(whole), 3)])
    return sign + whole + (decimal if point else "") + fraction
