"""Finds the records that refer to a record, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.register.index.references import pack
from diwan_core.register.journal.row import encode
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.kept_back import KeptBack, kept_back
from diwan_core.register.records.record import Reading
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.search.list_query import Place

COUNTED: Final = 1000
"""More records than this name it: "more than"."""


@dataclass(frozen=True, slots=True)
class Naming:
    """A record that names another: at which dotted paths, and its half that identifies nobody. `nominal_paths` are
    those of its other half."""

    id: str
    type: str
    day: str
    rest: dict[str, Any]
    paths: tuple[str, ...]
    nominal_paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedIn:
    """A page of them; `first` and `last` are its ends, None where nothing lies beyond them. `total` is at the most
    COUNTED + 1."""

    rows: list[Naming]
    first: Place | None
    last: Place | None
    total: int


class Names(Reading):
    """The references between records, over a store."""

    def named_in(
        self,
        record: str,
        *,
        types: Sequence[str] | None = None,
        limit: int = 20,
        after: Place | None = None,
        before: Place | None = None,
    ) -> NamedIn:
        """A page of the records (of these types) that name `record`, by their date or the day they were written, the
        newest first; what is nominal in them is handed to nobody."""
        target = pack(record)
        wanted = encode(list(PLANS if types is None else types)).decode()
        held = "FROM mention m JOIN record r ON r.no=m.record AND r.type IN (SELECT value FROM json_each(?))"
        way, order = (">", "ASC") if before else ("<", "DESC")
        place = before or after
        beyond = f" AND (m.day, m.record) {way} (?, ?)" if place else ""
        with self._store.read():
            found = self._store.rows(
                f"SELECT m.day, m.record {held} WHERE m.target=?{beyond} "
                f"ORDER BY m.day {order}, m.record {order} LIMIT ?",
                (wanted, target, *(place or ()), limit + 1),
            )
            more, found = len(found) > limit, found[:limit]
            if before:
                found.reverse()
            rows = [self._naming(number, day, record) for day, number in found]
            counted = f"SELECT count(*) FROM (SELECT 1 {held} WHERE m.target=? LIMIT ?)"
            total = self._store.one(counted, (wanted, target, COUNTED + 1))
        first, last = (Place(*found[0]), Place(*found[-1])) if found else (None, None)
        return NamedIn(
            rows,
            first if (more if before else after is not None) else None,
            last if (more or before) else None,
            total,
        )

    def type_of(self, record: str) -> str | None:
        """The type of a record, without reading it; None where it is not here."""
        found = self._store.one("SELECT type FROM record WHERE id=?", (record,))
        return None if found is None else str(found)

    def erased(self, record: str) -> tuple[int, str] | None:
        """Which halves of a record the law erased (1 rest, 2 nominal, 3 both), and under what; None for others."""
        found = self._store.rows("SELECT halves, basis FROM erasure WHERE record=?", (record,))
        return (int(found[0][0]), str(found[0][1])) if found else None

    def kept_back(self, record: str) -> KeptBack | None:
        """Where what identifies people in a record is kept, if not all of it is here (see `records.kept_back`)."""
        with self._store.read() as transaction:
            return kept_back(transaction, record)

    def _naming(self, number: int, day: int, target: str) -> Naming:
        id, kind = self._store.rows("SELECT id, type FROM record WHERE no=?", (number,))[0]
        plan = PLANS[kind]
        state = load_state(self._store.connection, plan, number)
        plain = tuple(path for path, named in plan.named(state.rest, {}) if named == target)
        secret = tuple(path for path, named in plan.named({}, state.nominal) if named == target)
        text = str(day)
        return Naming(id, kind, f"{text[:4]}-{text[4:6]}-{text[6:]}", state.rest, plain, secret)
