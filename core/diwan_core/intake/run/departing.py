"""Records as they leave without personal data: held back, made coarser where there are few cases like them, with
what their goods come to. Every way out asks here, so that a record leaves in one form, whichever way and however the
list was filtered: what counts as alike is looked up in the whole register, never in the file."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from diwan_core.dictionary import Amounts, RecordType
from diwan_core.dictionary.amounts import MEASURES, PART
from diwan_core.intake.run.known_codes import known_codes
from diwan_core.intake.run.office_facts import OfficeCases, regions_of_offices
from diwan_core.leaving import Known, columns_of
from diwan_core.leaving.held_back import HANDLING, HeldBack, strictest, why_held_back
from diwan_core.leaving.record_cells import CELLS, Left, day_of, is_counted, leave, office_of, row_of
from diwan_core.leaving.small_cells import AS_IT_IS, COARSEST, Level, Row, period_of, protect
from diwan_core.register import Record, Register

_PERIODS: Final = 200
"""Weeks whose records are remembered: lists are mostly in the order of their days."""
_AFTER: Final = "~"
"""Sorts behind whatever a day or year goes on with."""


@dataclass
class Tally:
    """What became of the records of an export. `written` are those in the file."""

    written: int = 0
    coarser: int = 0
    coarsest: int = 0
    held_back: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> dict[str, int]:
        """All counts, for the log and for programs."""
        held = self.held_back.total()
        return {"records": self.written, "coarser": self.coarser, "coarsest": self.coarsest, "held_back": held}

    def count(self, level: Level = AS_IT_IS) -> None:
        """Count a record that is written."""
        self.written += 1
        self.coarser += level != AS_IT_IS
        self.coarsest += level == COARSEST


@dataclass(frozen=True)
class _Period:
    """The rows of a week's records, and how far each is made coarser, by the records' ids."""

    rows: list[Row]
    levels: Mapping[str, Level]


class Departing:
    """Asked for each record of one type that is to leave. Raises NoTemplate where records of the type do not."""

    def __init__(self, register: Register, declared: RecordType, today: date) -> None:
        columns_of(declared.name)
        self._register, self._declared = register, declared
        self.known: Final[Known] = known_codes(register)
        self._regions = regions_of_offices(register)
        self._offices = {demo: OfficeCases(register, today, demo) for demo in (False, True)}
        self._periods: OrderedDict[tuple[str, bool], _Period] = OrderedDict()

    def leave(self, record: Record) -> Left:
        """What leaves of a record. Raises HeldBack."""
        if reason := why_held_back(with_strictest_mark(record)):
            raise HeldBack(reason)
        level = self._level(record) if self._declared.name in CELLS else AS_IT_IS
        return leave(self._declared, record.values, self.known, level, self._regions.__getitem__)

    def amounts(self, record: Record, left: Left) -> dict[str, Amounts]:
        """What the goods lines that leave come to, by their numbers in the file."""
        numbers = left.numbers.get(PART, {})
        found = self._register.amounts(record.id) if numbers else {}
        return {numbers[line]: amounts for line, amounts in found.items() if line in numbers}

    def _level(self, record: Record) -> Level:
        row = row_of(self._declared, record.values, self.known)
        demonstration = record.values.get("derived") is True
        period = self._period(period_of(row.when), demonstration)
        if (level := period.levels.get(record.id)) is not None:
            return level
        return self._protect([*period.rows, row], demonstration)[-1]  # it is not among those that are counted

    def _period(self, name: str, demonstration: bool) -> _Period:
        key = (name, demonstration)
        if key in self._periods:
            self._periods.move_to_end(key)
            return self._periods[key]
        found = {
            record: row_of(self._declared, half, self.known)
            for record, half in self._halves(name)
            if is_counted(half, demonstration) and period_of(day_of(self._declared, half)) == name
        }
        rows = list(found.values())
        self._periods[key] = period = _Period(rows, dict(zip(found, self._protect(rows, demonstration), strict=True)))
        if len(self._periods) > _PERIODS:
            self._periods.popitem(last=False)
        return period

    def _protect(self, rows: list[Row], demonstration: bool) -> list[Level]:
        offices = self._offices[demonstration]
        cases = {place: offices[office_of(place)] for place in {row.place for row in rows}}
        return protect(rows, cases, lambda place: self._regions[office_of(place)]).levels

    def _halves(self, period: str) -> Iterator[tuple[str, dict[str, Any]]]:
        column = CELLS[self._declared.name].day
        if not period:
            numbers = self._register.numbers(self._declared.name, {column: None}, order="created")
            return self._register.plain_halves(self._declared.name, numbers)
        return self._register.plain_halves_between(self._declared.name, column, *bounds_of(period))


def bounds_of(period: str) -> tuple[str, str]:
    """Between which texts the days and moments of a week or year lie."""
    year, _, week = period.partition("-W")
    if not week:
        return year, year + _AFTER
    monday = date.fromisocalendar(int(year), int(week), 1)
    sunday = date.fromordinal(min(monday.toordinal() + 6, date.max.toordinal()))
    return monday.isoformat(), sunday.isoformat() + _AFTER


def measured(amounts: Mapping[str, Amounts]) -> dict[str, dict[str, str]]:
    """The measures of goods lines that are known, by the lines."""
    return {
        line: {name: value for name in MEASURES if (value := getattr(held, name)) is not None}
        for line, held in amounts.items()
    }


def with_strictest_mark(record: Record) -> Mapping[str, Any]:
    """A record's document; where two nodes have set different marks of handling, with the one for fewer readers."""
    heads = record.conflicts.get(HANDLING)
    if not heads:
        return record.values
    return {**record.values, HANDLING: strictest([record.values.get(HANDLING), *(head.value for head in heads)])}
