"""What the number format of a cell says about its value: date, percent, leading zeros. Everything else in a format
concerns only the display (ECMA-376 part 1, §18.8.30 and §18.8.31)."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

Kind = Literal["", "date", "datetime", "time", "elapsed"]


class Format(NamedTuple):
    """`kind` is "" for numbers; `zeros` is the least number of digits before the decimal point, 0 where that is one or
    none; `front` are zeros that stand in front of them as they are ("0"#########)."""

    kind: Kind = ""
    percent: bool = False
    zeros: int = 0
    front: str = ""


GENERAL: Final = Format()
#: Formats that are known by their number alone: those the standard lists, and those of East Asian editions.
_NUMBERED: Final[dict[int, Format]] = {
    9: Format(percent=True),
    10: Format(percent=True),
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), Format("date")),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47, 55, 56), Format("time")),
    22: Format("datetime"),
    46: Format("elapsed"),
}
#: What a format shows as it stands: quoted text, a character after a backslash, one left blank (_x), one repeated (*x),
#: and everything in brackets (colours, conditions, locales such as [$-409]) but spans of time such as [h].
_LITERAL: Final = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!(?:h+|m+|s+)\])[^\]]*\]?', re.IGNORECASE | re.DOTALL)
_SPAN: Final = re.compile(r"\[(?:h+|m+|s+)\]")
_FRACTION: Final = re.compile(r"s\]?[.,]0+")
_MINUTES: Final = re.compile(r"(?:h+[^a-z]*)m{1,2}(?!m)|(?<!m)m{1,2}(?=[^a-z]*s)")
_HALF_DAY: Final = re.compile(r"am/pm|a/p|上午/下午")
_CALENDAR: Final = re.compile(r"b[12](?=[^a-z0-9]*[dmyhsg])")
"""B1 and B2 show a day by the Gregorian or the Hijri calendar; the value is the same day."""
_FRONT: Final = re.compile(r'(?:\[[^\]]*\])*((?:"0+"|\\0)+)[#0?]')
_EXPONENT: Final = re.compile(r"e[+-]")
_DATE_ONLY: Final = re.compile(r"[ymdhsegbat年月日時时分秒 0.,:/'\-–()\[\]]*")
_YEAR_OR_DAY: Final = re.compile("[ymdgeba]")
_HOUR: Final = re.compile(r"[hs]")
_ZEROS_MOST: Final = 40


def format_of(code: str) -> Format:
    """The meaning of a format's code. Of its sections the first counts, which is that of positive numbers."""
    code = code[:500]
    bare = _LITERAL.sub("", code).partition(";")[0].strip().lower()
    kind = _kind(bare)
    if kind or not bare:
        return Format(kind)
    if not re.search("[0#?]", bare):  # General, and what other languages call it
        return Format(percent="%" in bare)
    # a point that is shown as it stands (00\\.00\\.00) is gone by now, so that the zeros on both sides of it count
    zeros = re.split(r"[.e]", bare, maxsplit=1)[0].count("0")
    front = _FRONT.match(code)
    return Format(
        percent="%" in bare,
        zeros=min(zeros, _ZEROS_MOST) if zeros > 1 else 0,
        front="0" * front[1].count("0") if front else "",
    )


def format_of_number(number: int) -> Format:
    """The meaning of a format number that the file does not spell out."""
    return _NUMBERED.get(number, GENERAL)


def _kind(bare: str) -> Kind:
    if _SPAN.search(bare):
        return "elapsed"
    timed = bool(_HALF_DAY.search(bare))
    rest = _CALENDAR.sub("", _FRACTION.sub("s", _HALF_DAY.sub("", bare)))
    if _EXPONENT.search(rest) or not _DATE_ONLY.fullmatch(rest) or re.search(r"[0#?]", rest):
        return ""
    without_minutes = _MINUTES.sub("h", rest)
    dated = bool(_YEAR_OR_DAY.search(without_minutes))
    timed = timed or bool(_HOUR.search(without_minutes))
    if dated:
        return "datetime" if timed else "date"
    return "time" if timed else ""
