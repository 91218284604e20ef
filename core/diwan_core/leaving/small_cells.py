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
from typing import Final, NamedTuple

from .continents import CONTINENT

FEW_CASES: Final = 20
"""Cases of an office in the last 365 days."""
FEW_ROWS: Final = 3


class Row(NamedTuple):
    """What leaves of a case, or of one nationality in it. `place` is an office, `when` a day (YYYY-MM-DD); "" is not
    known."""

    country: str
    place: str
    when: str
    product: str
    nationality: str


class Protected(NamedTuple):
    """The rows in their order, and how many of them were made coarser: once, or down to country and year."""

    rows: list[Row]
    coarser: int
    coarsest: int

    @property
    def told(self) -> str:
        """One line for the log of what left."""
        return f"{len(self.rows)} rows, {self.coarser} made coarser, of these {self.coarsest} to country and year"


def protect(rows: Sequence[Row], cases_in_a_year: Mapping[str, int], region_of: Callable[[str], str]) -> Protected:
    """The rows as they may leave. `cases_in_a_year` are those of each office in the last 365 days, whether they leave
    or not; `region_of` gives an office's first-level region, "" where none is known."""
    coarse = [_coarser(row, region_of) for row in rows]
    held = [
        thin if cases_in_a_year.get(row.place, 0) < FEW_CASES else row for row, thin in zip(rows, coarse, strict=True)
    ]
    counted = Counter(held)
    held = [thin if counted[row] < FEW_ROWS else row for row, thin in zip(held, coarse, strict=True)]
    counted = Counter(held)
    left = [_coarsest(row) if counted[row] < FEW_ROWS else row for row in held]
    changed = [before != after for before, after in zip(rows, left, strict=True)]
    last = [row != after for row, after in zip(held, left, strict=True)]
    return Protected(left, sum(changed), sum(last))


def _coarser(row: Row, region_of: Callable[[str], str]) -> Row:
    return row._replace(
        place=region_of(row.place) if row.place else "",
        when=_week(row.when),
        nationality=CONTINENT.get(row.nationality, ""),
    )


def _coarsest(row: Row) -> Row:
    return row._replace(place="", when=row.when[:4], nationality="")


def _week(day: str) -> str:
    """The ISO week of a day, such as 2026-W48; the year alone of what is no day (ISO 8601)."""
    try:
        year, week, _ = date.fromisoformat(day).isocalendar()
    except ValueError:
        return day[:4]
    return f"{year}-W{week:02}"
