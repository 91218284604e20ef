"""Reads geographic positions: decimal degrees, or degrees, minutes and seconds."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from diwan_core.dictionary import N_, sentence

from .outcome import Outcome, Refused, Value
from .text import plain

PLACES: Final = 7
"""Decimals of a degree that are kept: a centimetre."""
_CANONICAL: Final = re.compile(
    r"-?(?:[1-8]?[0-9](?:\.[0-9]{1,7})?|90(?:\.0{1,7})?),-?(?:(?:1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]{1,7})?|180(?:\.0{1,7})?)\Z"
).match

#: Letters and words for the points of the compass: north and east are plus, O is west to Spanish and French and east to
#: German, so that it is refused; folded to capitals.
_NORTH, _SOUTH, _EAST, _WEST = "N", "S", "E", "W"
_COMPASS: Final = {
    **dict.fromkeys(("N", "NORTH", "NORD", "NORTE", "С", "СШ", "С.Ш.", "СЕВ", "ش", "شمال", "شمالا"), _NORTH),
    **dict.fromkeys(("S", "SOUTH", "SUD", "SUR", "SUL", "Ю", "ЮШ", "Ю.Ш.", "ЮЖН", "ج", "جنوب", "جنوبا"), _SOUTH),
    **dict.fromkeys(("E", "EAST", "EST", "ESTE", "LESTE", "В", "ВД", "В.Д.", "ВОСТ", "ق", "شرق", "شرقا"), _EAST),
    **dict.fromkeys(("W", "WEST", "OUEST", "OESTE", "З", "ЗД", "З.Д.", "ЗАП", "غ", "غرب", "غربا"), _WEST),
}
_DEGREES: Final = r"(?P<sign>[+-])?(?P<degrees>[0-9]{1,3}(?:\.[0-9]{1,20})?)"
_LETTERS: Final = r"[^\W\d_]+(?:\.[^\W\d_]+\.?)?"
_PARTS: Final = (
    # with their marks
    r"\s*(?:[°ºd]\s*)?(?:(?P<minutes>[0-9]{1,2}(?:\.[0-9]{1,20})?)\s*(?:'(?!')|m|:)\s*)?"
    r"(?:(?P<seconds>[0-9]{1,2}(?:\.[0-9]{1,20})?)\s*(?:''|\"|s)\s*)?",
    # apart by spaces, or with some of the marks
    r"(?:\s*[°ºd]\s*|\s+)(?P<minutes>[0-9]{1,2}(?:\.[0-9]{1,20})?)"
    r"(?:(?:\s*'\s*|\s+)(?P<seconds>[0-9]{1,2}(?:\.[0-9]{1,20})?)\s*(?:''|\")?)?\s*'?\s*",
)
_BEHIND: Final = tuple(re.compile(rf"{_DEGREES}{parts}(?P<point>{_LETTERS})?\s*") for parts in _PARTS)
_BEFORE: Final = tuple(re.compile(rf"(?P<point>{_LETTERS})\s*{_DEGREES}{parts}") for parts in _PARTS)
_COMMAS: Final = re.compile(r"-?[0-9]{1,3},[0-9]+°?\s*[\s;/]\s*-?[0-9]{1,3},[0-9]+°?\Z")
_BETWEEN: Final = re.compile(r"\s*[,;/]?\s*")
_PREFIX: Final = re.compile(r"^(?:geo:|(?:gps|lat(?:itude)?|position)\s*[:=]?)\s*", re.IGNORECASE)
_SECOND_PREFIX: Final = re.compile(r"\b(?:lon|lng|long(?:itude)?)\s*[:=]?\s*", re.IGNORECASE)
_WRONG: Final = N_(
    '{value} is not a position. Write latitude,longitude in degrees, for example "31.95,35.93", or degrees, minutes '
    "and seconds with N or S and E or W."
)
_FAR: Final = N_("{value}: a latitude is at most 90 degrees, a longitude at most 180. Perhaps the two are exchanged.")


def read_position(text: str) -> Outcome:
    """A latitude and a longitude: "31°57'14\\"N 35°55'58\\"E", "31.953949°, 35.910635"."""
    if is_canonical(text):
        return Value(text)
    value = f'"{text.strip()[:40]}"'
    written = _written(text[:120])
    if _COMMAS.match(written):
        written = written.replace(",", ".")
    for angle in _BEFORE if written[:1].isalpha() else _BEHIND:
        first = angle.match(written)
        between = _BETWEEN.match(written, first.end()) if first else None
        second = angle.match(written, between.end()) if between else None
        if first and second and second.end() == len(written) and not _runs_on(written, first, second):
            return _placed(first, second, value)
    return Refused("format", sentence(_WRONG, value=value))


def _runs_on(written: str, first: re.Match[str], second: re.Match[str]) -> bool:
    """Whether nothing but perhaps a sign sets the two apart: 31.95-35.93."""
    return not (written[first.end("degrees") : second.start("degrees")].strip("+-"))


def is_canonical(text: str) -> bool:
    """Whether a text is a position as documents hold it."""
    return _CANONICAL(text) is not None


def _written(text: str) -> str:
    """With ASCII digits, one sign for minutes and one for seconds, and without the words that maps put in front."""
    text = text.replace("\u2033", '"').replace("\u201d", '"').replace("\u201c", '"').replace("\u05f4", '"')
    written = _PREFIX.sub("", plain(text).replace("\u02da", "°").replace("\u066b", "."))
    written = _SECOND_PREFIX.sub(", ", written.strip("()[] "))
    return unicodedata.normalize("NFC", written)


def _placed(first: re.Match[str], second: re.Match[str], value: str) -> Outcome:
    wrong = Refused("format", sentence(_WRONG, value=value))
    points = [_point(first), _point(second)]
    if None in points or (points[0] == "") != (points[1] == ""):
        return wrong
    angles = [_degrees(first), _degrees(second)]
    if points[0] in (_EAST, _WEST):
        points.reverse()
        angles.reverse()
    if points[0] and (points[0] not in (_NORTH, _SOUTH) or points[1] not in (_EAST, _WEST)):
        return wrong
    north, east = angles
    if north is None or east is None or (points[0] and (north < 0 or east < 0)):
        return wrong
    north, east = (-north if points[0] == _SOUTH else north), (-east if points[1] == _WEST else east)
    if not _in_range(north, east):
        return Refused("format", sentence(_FAR, value=value))
    return Value(f"{_text(north)},{_text(east)}")


def _point(angle: re.Match[str]) -> str | None:
    """The point of the compass an angle names, "" where it names none, None where a word is not one."""
    return _COMPASS.get(angle["point"].upper()) if angle["point"] else ""


def _degrees(angle: re.Match[str]) -> Decimal | None:
    minutes, seconds = Decimal(angle["minutes"] or 0), Decimal(angle["seconds"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    if (angle["minutes"] or angle["seconds"]) and "." in angle["degrees"]:
        return None
    total = Decimal(angle["degrees"]) + minutes / 60 + seconds / 3600
    return -total if angle["sign"] == "-" else total


def _in_range(north: Decimal, east: Decimal) -> bool:
    return abs(north) <= 90 and abs(east) <= 180


def _text(degrees: Decimal) -> str:
    """Degrees as they were written, of more than PLACES decimals rounded."""
    exponent = degrees.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PLACES:
        degrees = degrees.quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_EVEN).normalize()
    text = f"{degrees:f}"
    return text.removeprefix("-") if not degrees else text
