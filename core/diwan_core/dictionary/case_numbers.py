"""The number of a case, POST-YEAR-NNNN-XX: how it is written, and what somebody meant who typed one.

    AQABA-2026-0012-KT     the twelfth case that the post Aqaba saved in 2026
    AQABA-2026-B0012-KT    the same after the post was enrolled a second time: a series of its own

XX are letters made of the record's id. Two cases that were given the same number, because a database was put back or
copied, differ in them; and whoever mistypes a digit gets a number that no case has. The register gives the numbers
(`register.records.case_numbers`, ADR 55)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from .folding import fold

FIELD: Final = "case_number"
TYPE: Final = "case"
SINCE: Final = 4
"""The version of the dictionary that brought it."""
EXAMPLE: Final = "AQABA-2026-0012-KT"
PATTERN: Final = r"[A-Z0-9]{1,12}-[0-9]{4}-[A-Z]{0,2}[0-9]{4,9}-[A-Z]{2}"
POST_LONGEST: Final = 12
SERIES_MOST: Final = 26 * 27
_LETTERS: Final = "ACDEFGHJKLMNPQRTUVWXY"
"""Without B, I, O, S and Z, which are read as digits."""
_PAIRS: Final = tuple(one + other for one in _LETTERS for other in _LETTERS)
_WRITTEN: Final = re.compile(r"([A-Z0-9]{1,12})-([0-9]{4})-([A-Z]{0,2})([0-9]{1,9})(?:-([A-Z]{2}))?")
_IN_ONE: Final = re.compile(r"([A-Z0-9]{1,12}?)((?:19|20|21)[0-9]{2})([A-Z]{0,2})([0-9]{4,9})([A-Z]{2})")
_LONGEST: Final = 60


class CaseNumber(NamedTuple):
    """The parts of a number; `letters` are "" where only the others were typed."""

    post: str
    year: int
    series: str
    serial: int
    letters: str = ""

    @property
    def run(self) -> str:
        """What all numbers of its year and series begin with."""
        return run_of(self.post, self.year, self.series)

    def __str__(self) -> str:
        return f"{self.run}{self.serial:04d}-{self.letters}"


def run_of(post: str, year: int, series: str) -> str:
    """The beginning of the numbers that are counted together."""
    return f"{post}-{year:04d}-{series}"


def letters_of(record: str) -> str:
    """The two letters of a record's id, of its last 24 bits, which are random in a UUIDv7 (RFC 9562 §5.7)."""
    return _PAIRS[int(record[-6:], 16) % len(_PAIRS)]


def series_of(enrolments: int) -> str:
    """The letters of the series of a node that was enrolled so often with new keys: none, then B to Z, then AA, AB."""
    place = min(max(enrolments, 1), SERIES_MOST) - 1
    if place == 0:
        return ""
    if place < 26:
        return chr(ord("A") + place)
    high, low = divmod(place - 26, 26)
    return chr(ord("A") + high) + chr(ord("A") + low)


def read(written: object) -> CaseNumber | None:
    """A number as records hold it; None for anything else."""
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    return None if found is None else _made(*found.groups())


def letters_in(written: object) -> str:
    """The letters of a number as records hold it; "" of anything else. Quicker than `read`, for many records."""
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    return "" if found is None else found[5] or ""


def typed(text: str) -> CaseNumber | None:
    """The number that somebody typed, in digits and capitals of any kind, with spaces or other marks for the hyphens or
    with none, and perhaps without its letters; None where it is no number of a case."""
    if len(text) > _LONGEST:
        return None
    words = "".join(one if one.isascii() and one.isalnum() else " " for one in fold(text).upper()).split()
    found = _WRITTEN.fullmatch("-".join(words)) or _IN_ONE.fullmatch("".join(words))
    return None if found is None else _made(*found.groups())


def _made(post: str, year: str, series: str, serial: str, letters: str | None) -> CaseNumber:
    return CaseNumber(post, int(year), series, int(serial), letters or "")


@lru_cache(maxsize=4096)  # each save asks for all nodes of the country
def post_of(label: str, office: str, node: str) -> str:
    """What the numbers of a node begin with: its label in capitals and digits; where the label has none of these, its
    customs office, else the beginning of its id."""
    for text in (label, office):
        kept = "".join(one for one in fold(text).upper() if one.isascii() and one.isalnum())
        if len(kept) > 1:
            return kept[:POST_LONGEST]
    return node[:6].upper()
