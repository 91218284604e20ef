"""Rows that would describe too few cases are made coarser before they leave.

A row of country, office, day, product and nationality leads to a person where there are few such cases: one seizure at
a small post in a year is known to everybody there. The rule, in two steps that depend on the rows alone:

1. Of an office with fewer than `FEW_CASES` cases in a year, every row names its region instead of the office, the ISO
   week instead of the day, and the continent instead of the nationality.
2. Of what is left, each row like which there are fewer than `FEW_ROWS` is made coarser in the same way; where it still
   has fewer like it, only country, year and product are left.

The time of day is no part of a row. The rule is the same each time: asking twice tells nothing more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Literal, NamedTuple

from .continents import CONTINENT

FEW_CASES: Final = 20
"""Cases of an office in the last 365 days."""
FEW_ROWS: Final = 3

Level = Literal[0, 1, 2]
AS_IT_IS: Final = 0
COARSER: Final = 1
"""Region, week and continent."""
COARSEST: Final = 2
"""Country, year and product."""


_SEVERAL: Final = "; "


class Row(NamedTuple):
    """What leaves of a case. `place` is an office, `when` a day (YYYY-MM-DD), `nationality` one or several with "; "
    between them; "" is not known."""

    country: str
    place: str
    when: str
    product: str
    nationality: str


class Protected(NamedTuple):
    """The rows in their order, and how far each of them was made coarser."""

    rows: list[Row]
    levels: list[Level]

    @property
    def coarser(self) -> int:
        """How many rows were made coarser."""
        return len(self.levels) - self.levels.count(AS_IT_IS)

    @property
    def coarsest(self) -> int:
        """How many of these say no more than country, year and product."""
        return self.levels.count(COARSEST)

    @property
    def told(self) -> str:
        """One line for the log of what left."""
        return f"{len(self.rows)} rows, {self.coarser} made coarser, of these {self.coarsest} to country and year"


def protect(rows: Sequence[Row], cases_in_a_year: Mapping[str, int], region_of: Callable[[str], str]) -> Protected:
    """The rows as they may leave. `cases_in_a_year` are those of each office in the last 365 days, whether they leave
    or not; `region_of` gives an office's first-level region, "" where none is known."""
    coarse = [_coarser(row, region_of) for row in rows]
    busy = {place: cases_in_a_year.get(place, 0) >= FEW_CASES for place in {row.place for row in rows}}
    counted = Counter(row if busy[row.place] else thin for row, thin in zip(rows, coarse, strict=True))
    fine = [busy[row.place] and counted[row] >= FEW_ROWS for row in rows]
    held = [row if kept else thin for row, thin, kept in zip(rows, coarse, fine, strict=True)]
    counted = Counter(held)
    enough = [counted[row] >= FEW_ROWS for row in held]
    left = [row if kept else _coarsest(row) for row, kept in zip(held, enough, strict=True)]
    return Protected(left, [_level(*one) for one in zip(fine, enough, strict=True)])


def _level(fine: bool, enough: bool) -> Level:
    return COARSEST if not enough else AS_IT_IS if fine else COARSER


def _coarser(row: Row, region_of: Callable[[str], str]) -> Row:
    return row._replace(
        place=region_of(row.place) if row.place else "",
        when=period_of(row.when),
        nationality=_SEVERAL.join(dict.fromkeys(filter(None, map(continent_of, row.nationality.split(_SEVERAL))))),
    )


def _coarsest(row: Row) -> Row:
    return row._replace(place="", when=row.when[:4], nationality="")


def continent_of(country: str) -> str:
    """The continent of a country's code, "" where none is known."""
    return CONTINENT.get(country, "")


def period_of(day: str) -> str:
    """The ISO week of a day, such as 2026-W48; the year alone of what is no day (ISO 8601)."""
    try:
        year, week, _ = date.fromisoformat(day).isocalendar()
    except ValueError:
        return day[:4]
    return f"{year}-W{week:02}"


def first_day_of(period: str) -> str:
    """The first day of a week such as 2026-W48 or of a year; "" of anything else."""
    year, _, week = period.partition("-W")
    try:
        return (date.fromisocalendar(int(year), int(week), 1) if week else date(int(year), 1, 1)).isoformat()
    except ValueError:
        return ""
