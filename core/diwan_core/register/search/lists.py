"""Lists of one record type: filtered and sorted, one page at a time, each starting where the last one ended.

A page never costs more than the list index is long: an unfiltered list by date or by last change is read from an
index in its order; everything else is one pass over `record_<type>_list`, which holds all that lists filter and sort
by, and a sorter that keeps one page (200,000 cases: 20 ms on the machine of docs/benchmarks.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from diwan_core.dictionary.amounts import MEASURES, Amounts
from diwan_core.register.index.pending import pending_amounts
from diwan_core.register.journal.row import encode
from diwan_core.register.records.apply import source_hash
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.search.by_clock import OfDay, states_shown
from diwan_core.register.search.find import Found, ListRow
from diwan_core.register.search.list_query import ListQuery, Place, Where, order_of, plan_of
from diwan_core.register.search.together import Together

_decode = msgspec.json.decode
COUNTED: Final = 10_000
"""A list longer than this is "more than"."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `first` and `last` are its ends, None where nothing lies beyond them."""

    rows: list[ListRow]
    first: Place | None
    last: Place | None


class Lists(Together):
    """Lists over a store."""

    def sure_day(self) -> date | None:
        """The day by a clock that is sure of it; a store alone has none."""
        return None

    def _asked(self, plan: TypePlan, where: Where | None) -> Where:
        """The filters with those of a state that follows from the day."""
        machines = [one for one in plan.declared.machines if one.clock is not None and not one.part]
        where = dict(where or {})
        for name in where.keys() & MEASURES:
            where[name] = (*where[name], self._pending_within(name, *where[name]))
        wanted = [one for one in machines if isinstance(where.get(one.field), str)]
        if not wanted:
            return where
        day = self.sure_day()
        shown = {one.field: OfDay(one, where[one.field], day.isoformat() if day else "") for one in wanted}
        return {**where, **shown}

    def _pending_within(self, measure: str, least: float, most: float) -> str:
        """The numbers, as JSON, of records whose amounts are not kept yet and have one between the two."""
        place = 2 + Amounts._fields.index(measure)
        with self._store.read() as connection:
            found = {
                row[0]
                for row in pending_amounts(connection, PLANS)
                if row[place] is not None and least <= float(row[place] or 0) <= most
            }
        return encode(sorted(found)).decode()

    def states(self, kind: str) -> dict[str, int]:
        """How many of a type's newest records are shown in each state, in the machine's order; of COUNTED at most."""
        plan = plan_of(kind)
        machine = next((one for one in plan.declared.machines if not one.part), None)
        if machine is None:
            return {}
        day = self.sure_day()
        sql, values = states_shown(plan, machine, day.isoformat() if day else "", COUNTED)
        found = {str(state): int(count) for state, count in self._store.rows(sql, values)}
        return dict(sorted(found.items(), key=lambda one: machine.rank(one[0])))

    def page(
        self,
        kind: str,
        where: Where | None = None,
        order: str = "-date",
        *,
        limit: int = 50,
        after: Place | None = None,
        before: Place | None = None,
        among: Found | None = None,
    ) -> Page:
        """A page of a type's records, after or before a place of the list; `among` keeps to what a search found.
        Raises RegisterError for a column that is not listed."""
        plan = plan_of(kind)
        column, descending = order_of(kind, plan, order)
        backwards = before is not None
        query = ListQuery(plan, self._asked(plan, where), column, descending != backwards, among)
        found: list[tuple[Any, int]] = []
        with self._store.read():
            for sql, values in query.pieces(before or after):
                found += self._store.rows(f"{sql} LIMIT ?", (*values, limit + 1 - len(found)))
                if len(found) > limit:
                    break
            more, found = len(found) > limit, found[:limit]
            if backwards:
                found.reverse()
            lines = self._lines_of(kind, [number for _, number in found])
            rows = [lines[number] for _, number in found]
        if not found:
            return Page([], None, None)
        first, last = Place(*found[0]), Place(*found[-1])
        return Page(
            rows,
            first if (more if backwards else after is not None) else None,
            last if (more or backwards) else None,
        )

    def matching(self, kind: str, where: Where | None = None, order: str = "-date", among: Found | None = None) -> int:
        """How many records of a list there are, at the most COUNTED + 1."""
        plan = plan_of(kind)
        query = ListQuery(plan, self._asked(plan, where), order_of(kind, plan, order)[0], False, among)
        return int(self._store.one(*query.counting(COUNTED + 1)))

    def numbers(
        self, kind: str, where: Where | None = None, order: str = "-date", among: Found | None = None, limit: int = -1
    ) -> list[int]:
        """The numbers of all records of a list in its order, as they are at this moment."""
        plan = plan_of(kind)
        column, descending = order_of(kind, plan, order)
        sql, values = ListQuery(plan, self._asked(plan, where), column, descending, among).whole()
        return [number for _, number in self._store.rows(f"{sql} LIMIT ?", (*values, limit))]

    def id_of(self, number: int) -> str | None:
        """The id of a record's number."""
        found = self._store.one("SELECT id FROM record WHERE no=?", (number,))
        return None if found is None else str(found)

    def without_names(self, record: str) -> dict[str, Any]:
        """The half of a record that identifies nobody, {} for a stranger: what a line of a list may say of it without
        its being a look at the record."""
        kinds = self._store.rows("SELECT type FROM record WHERE id=?", (record,))
        return self.all_without_names(str(kinds[0][0]), [record]).get(record, {}) if kinds else {}

    def all_without_names(self, kind: str, records: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The same of several records of a type, by their ids."""
        sql = (
            f"SELECT r.id, coalesce(t.rest, j.rest) FROM record r JOIN [{plan_of(kind).table}] t USING (no) "
            "LEFT JOIN journal j ON j.no=t.base WHERE r.id IN (SELECT value FROM json_each(?))"
        )
        return {record: _decode(rest) for record, rest in self._store.rows(sql, (encode(list(records)).decode(),))}

    def origins(self) -> list[tuple[str, str]]:
        """(id, label) of the nodes this one knows, itself included, by label."""
        return [(str(id), str(label)) for id, label in self._store.rows("SELECT id, label FROM node ORDER BY label")]

    def offices_of_nodes(self) -> frozenset[str]:
        """The customs offices of the nodes this one knows."""
        return frozenset(str(office) for (office,) in self._store.rows("SELECT office FROM node WHERE office<>''"))

    def named_offices(self) -> list[tuple[str, str]]:
        """(customs office, label) of the nodes this one knows; of several at one office one."""
        rows = self._store.rows("SELECT office, label FROM node WHERE office<>'' AND label<>'' ORDER BY id")
        return [(str(office), str(label)) for office, label in rows]

    def named_nodes(self) -> list[tuple[str, str, bool]]:
        """(id, label, whether it is confirmed) of the nodes this one knows."""
        found = self._store.rows("SELECT id, label, confirmed FROM node")
        return [(str(id), str(label), bool(confirmed)) for id, label, confirmed in found]

    def named_posts(self) -> dict[str, str]:
        """The labels of the posts this node knows, by their ids; those that a person has confirmed."""
        sql = "SELECT id, label FROM node WHERE role='post' AND confirmed=1 ORDER BY label, id"
        return {str(id): str(label) for id, label in self._store.rows(sql)}

    def from_unconfirmed(self, kind: str, records: Sequence[str]) -> set[str]:
        """Which of these records were made at a node that nobody has confirmed."""
        if not records or self._store.one("SELECT 1 FROM node WHERE confirmed=0 LIMIT 1") is None:
            return set()
        marks = ",".join("?" * len(records))
        found = self._store.rows(
            f"SELECT r.id FROM record r JOIN [{plan_of(kind).table}] t ON t.no=r.no JOIN epoch e ON e.id=t.base_epoch "
            f"JOIN node n ON n.id=e.origin WHERE n.confirmed=0 AND r.id IN ({marks})",
            tuple(records),
        )
        return {str(id) for (id,) in found}

    def find(
        self, kind: str, where: Where | None = None, order: str = "-updated", limit: int = 50, offset: int = 0
    ) -> list[ListRow]:
        """A page by its offset: for programs that want the first few; people page with `page`."""
        plan = plan_of(kind)
        column, descending = order_of(kind, plan, order)
        sql, values = ListQuery(plan, self._asked(plan, where), column, descending, None).whole()
        found = self._store.rows(f"{sql} LIMIT ? OFFSET ?", (*values, limit, offset))
        lines = self._lines_of(kind, [number for _, number in found])
        return [lines[number] for _, number in found]

    def count(self, kind: str, where: Where | None = None) -> int:
        """How many records of a type match."""
        plan = plan_of(kind)
        return int(self._store.one(*ListQuery(plan, self._asked(plan, where), "created", False, None).counting(-1)))

    def ids(self, kind: str) -> Iterator[str]:
        """All ids of a type, oldest first."""
        plan = plan_of(kind)
        after = 0
        while rows := self._store.rows(
            f"SELECT t.no, r.id FROM [{plan.table}] t JOIN record r USING (no) WHERE t.no>? ORDER BY t.no LIMIT 1000",
            (after,),
        ):
            yield from (row[1] for row in rows)
            after = rows[-1][0]

    def made_by(self, kind: str, author: str) -> list[str]:
        """The ids of a type's records that a person made at this node, the newest first."""
        rows = self._store.rows(
            "SELECT r.id FROM record r JOIN journal j ON j.no=(SELECT min(no) FROM journal WHERE record=r.no AND "
            "verdict=0) JOIN epoch e ON e.no=j.epoch WHERE r.type=? AND e.own=1 AND json_extract(j.meta,'$[5]')=? AND "
            "json_extract(j.meta,'$[8]') IS NULL ORDER BY r.no DESC",
            (kind, author),
        )
        return [id for (id,) in rows]

    def newest_ids(self, kind: str, count: int) -> list[str]:
        """The records of a type that became known here last."""
        sql = f"SELECT r.id FROM [{plan_of(kind).table}] t JOIN record r ON r.no=t.no ORDER BY t.no DESC LIMIT ?"
        return [record for (record,) in self._store.rows(sql, (count,))]

    def known_ids(self, records: Iterable[str]) -> set[str]:
        """Which of these ids are records here, be they what they may."""
        sql = "SELECT id FROM record WHERE id IN (SELECT value FROM json_each(?))"
        return {found for (found,) in self._store.rows(sql, (encode(list(records)).decode(),))}

    def undone_ids(self, records: Iterable[str]) -> set[str]:
        """Which of these ids are records that the undoing of an import took back."""
        sql = "SELECT r.id FROM undone u JOIN record r ON r.no=u.record WHERE r.id IN (SELECT value FROM json_each(?))"
        return {found for (found,) in self._store.rows(sql, (encode(list(records)).decode(),))}

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]:
        """Which source keys of a system are on records here already, those apart that the undoing of an import took
        back."""
        by_hash = {source_hash(system, key): key for key in keys}
        return {
            by_hash[found]
            for (found,) in self._store.rows(
                "SELECT hash FROM source WHERE hash IN (SELECT value FROM json_each(?)) "
                "AND record NOT IN (SELECT record FROM undone)",
                (encode(list(by_hash)).decode(),),
            )
        }
