"""Writes the SQL of a list of one record type: the index it reads, its conditions, its order, and where it goes on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from diwan_core.dictionary.amounts import MEASURES
from diwan_core.register.journal.row import encode
from diwan_core.register.records.sent_back import SENT_BACK, STATE
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.search.by_clock import OfDay, day_condition
from diwan_core.register.search.coded_filter import CODED, OF_ONLY, ONLY, coded_condition
from diwan_core.register.search.find import Found
from diwan_core.register.storage.database import RegisterError
from diwan_core.register.storage.list_index import IN_CHECK, IS_SENT_BACK, LIST_COLUMNS

BORN: Final = "born"
"""A filter of persons: (first, last) day, between which they may have been born."""

_SENT_BACK: Final = f"SELECT no FROM record_case INDEXED BY record_case_back WHERE {IS_SENT_BACK}"
Where = Mapping[str, Any]
"""Listed columns -> a value, None, a (low, high) pair, or a set of values and None, one of which it has; and
"conflicts" -> True, "origin" -> a node's id, CODED and ONLY as they say; of cases "in_check" -> True, which status and
source are part of, and SENT_BACK -> whether it was sent back and not submitted again. A state is the one that is shown,
also where it follows from the day."""


class Place(NamedTuple):
    """The place of a row in a list: its value in the column sorted by, and its number."""

    value: str | int | None
    number: int


Sql = tuple[str, tuple[Any, ...]]


class ListQuery:
    """SQL for one list: which index it reads, its conditions, its order."""

    def __init__(self, plan: TypePlan, where: Where, column: str, descending: bool, among: Found | None) -> None:
        self._column, self._descending = f"t.[{column}]", descending
        self._conditions, self._values = _where(plan, where)
        listed = {*LIST_COLUMNS.get(plan.declared.name, ())}
        by_number = {CODED, SENT_BACK}
        used = {column, *("base_epoch" if name == "origin" else name for name in where if name not in by_number)}
        in_check = "in_check" in where and among is None and used <= {"in_check", "date", "review_state", "base_epoch"}
        self._in_order = (not where and among is None and column in ("date", "updated")) or (
            in_check and column == "date"
        )
        if among is not None:
            self._from = f"json_each(?) a CROSS JOIN [{plan.table}] t ON t.no=a.value"
            self._values = [encode(among.numbers).decode(), *self._values]
        elif in_check and where.get(STATE) == frozenset({SENT_BACK}):
            self._from = f"[{plan.table}] t INDEXED BY [{plan.table}_back]"
            self._conditions.append(IS_SENT_BACK.replace("[", "t.["))  # in words that are the index's own
        elif in_check:
            self._from = f"[{plan.table}] t INDEXED BY [{plan.table}_check]"
        elif self._in_order:
            self._from = f"[{plan.table}] t INDEXED BY [{plan.table}_{column}]"
        elif listed and isinstance(where.get("date"), str):  # the few of one day
            self._from = f"[{plan.table}] t INDEXED BY [{plan.table}_date]"
        elif listed >= used:
            self._from = f"[{plan.table}] t INDEXED BY [{plan.table}_list]"
        else:
            self._from = f"[{plan.table}] t"

    def _select(self, *conditions: str) -> str:
        held = " AND ".join([*self._conditions, *conditions])
        way = "DESC" if self._descending else "ASC"
        return (
            f"SELECT {self._column}, t.no FROM {self._from}{' WHERE ' + held if held else ''} "
            f"ORDER BY {self._column} {way}, t.no {way}"
        )

    def whole(self) -> Sql:
        """The query that gives the whole list."""
        return self._select(), tuple(self._values)

    def counting(self, most: int) -> Sql:
        """The query that counts the list, as far as `most`; -1 for all of it."""
        held = " AND ".join(self._conditions)
        inner = f"SELECT 1 FROM {self._from}{' WHERE ' + held if held else ''} LIMIT ?"
        return f"SELECT count(*) FROM ({inner})", (*self._values, most)

    def pieces(self, place: Place | None) -> Iterator[Sql]:
        """Queries that give the list from a place on when run one after the other. Unknown values stand first upwards
        and last downwards, as SQLite sorts them."""
        column, beyond = self._column, "<" if self._descending else ">"
        if place is None:
            yield self.whole()
            return
        pieces: list[tuple[str, tuple[Any, ...]]]
        if place.value is None:
            pieces = [(f"{column} IS NULL AND t.no {beyond} ?", (place.number,))]
            if not self._descending:
                pieces.append((f"{column} IS NOT NULL", ()))
        else:
            pieces = [
                (f"{column} = ? AND t.no {beyond} ?", (place.value, place.number)),
                (f"{column} {beyond} ?", (place.value,)),
            ]
            if self._descending:
                pieces.append((f"{column} IS NULL", ()))
        if self._in_order:
            for condition, values in pieces:
                yield self._select(condition), (*self._values, *values)
        else:  # it is one pass anyway
            either = " OR ".join(f"({condition})" for condition, _ in pieces)
            yield self._select(f"({either})"), (*self._values, *(value for _, values in pieces for value in values))


def plan_of(kind: str) -> TypePlan:
    """The plan of a record type: its tables, columns and indexes. Raises RegisterError."""
    plan = PLANS.get(kind)
    if plan is None:
        raise RegisterError(f"there is no record type {kind!r}; see `diwan dictionary`")
    return plan


def order_of(kind: str, plan: TypePlan, order: str) -> tuple[str, bool]:
    """The column a list is sorted by, and whether downwards. Raises RegisterError for one that is not listed."""
    column = order.removeprefix("-")
    if column not in {"created", "updated", *plan.columns}:
        raise RegisterError(f"{kind} records cannot be sorted by {column}; choose one of {', '.join(plan.columns)}")
    return column, order.startswith("-")


def _where(plan: TypePlan, where: Where) -> tuple[list[str], list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for column, value in where.items():
        if column == "conflicts":
            parts.append("t.conflicts > 0")
        elif column == BORN:
            parts.append("t.no IN (SELECT record FROM birth WHERE first<=? AND last>=?)")
            values.extend(reversed(value))
        elif column in MEASURES:  # of one goods line; a bound is a number
            kept = f"SELECT record FROM amount WHERE CAST({column} AS REAL) BETWEEN ? AND ?"
            parts.append(f"t.no IN ({kept} UNION ALL SELECT value FROM json_each(?))")
            values.extend(value)
        elif column == CODED:
            for group in value:
                condition, codes = coded_condition(plan.declared, group)
                parts.append(condition)
                values.extend(codes)
        elif column == ONLY:
            parts.append(OF_ONLY)
            values.append(encode(list(value)).decode())
        elif column == "origin":
            parts.append("t.base_epoch IN (SELECT id FROM epoch WHERE origin=?)")
            values.append(value)
        elif column in ("in_check", SENT_BACK) and plan.declared.name == "case":
            back = f"t.no {'' if value else 'NOT '}IN ({_SENT_BACK})"
            parts.append(back if column == SENT_BACK else IN_CHECK.replace("[", "t.["))
        elif column not in plan.columns:
            raise RegisterError(f"records cannot be filtered by {column}; choose one of {', '.join(plan.columns)}")
        elif isinstance(value, OfDay):
            sql, given = day_condition(plan, value)
            parts.append(sql)
            values.extend(given)
        elif isinstance(value, tuple):
            parts.append(f"t.[{column}] BETWEEN ? AND ?")
            values.extend(value)
        elif isinstance(value, frozenset):
            known = sorted(value - {None})
            either = [f"t.[{column}] IN ({', '.join('?' * len(known))})", *[f"t.[{column}] IS NULL"] * (None in value)]
            parts.append(f"({' OR '.join(either)})")
            values.extend(known)
        elif value is None:
            parts.append(f"t.[{column}] IS NULL")
        else:
            parts.append(f"t.[{column}]=?")
            values.append(value)
    return parts, values
