"""Takes back what an origin or an import wrote, by new changes: nothing is deleted, and the history shows the undoing
too.

A record it created is withdrawn. Of a record it edited, each field group goes back to what it would be without its
changes, unless somebody else has set it since."""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from diwan_core.register.index.references import pack
from diwan_core.register.journal.row import Meta, Ref, keys_of
from diwan_core.register.records import merge
from diwan_core.register.records.apply import APPLIED, load_state
from diwan_core.register.records.edits import Edit
from diwan_core.register.records.import_runs import batches
from diwan_core.register.records.record import heads_text
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.storage.database import Store, now_ms

_decode = msgspec.json.decode
_meta = msgspec.json.Decoder(Meta).decode


MINUTE_MS: Final = 60_000


@dataclass(slots=True)
class Undoing:
    """The edits that would take back an origin's changes: one edit a record, and the groups left alone because others
    set them since (record id, key). `late`: records of which it sent changes since then that it dated before; whether
    they were on their way for long or an intruder lied is for people to judge."""

    edits: list[Edit] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


class _Changes(Protocol):
    """The changes that are meant."""

    @property
    def leaves_used(self) -> bool:
        """Whether a record it created stays where others have edited or named it since."""

    def late(self, origin: str, hlc: int, number: int) -> bool: ...

    def has(self, origin: str, hlc: int, number: int, ref: Ref) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Run:
    """The changes of one import."""

    batches: list[tuple[str, int, int]]
    leaves_used: bool = True

    def late(self, origin: str, hlc: int, number: int) -> bool:
        return False

    def has(self, origin: str, hlc: int, number: int, ref: Ref) -> bool:
        at = bisect_right(self.batches, (ref[0], ref[1], 1 << 62)) - 1
        return at >= 0 and self.batches[at][0] == ref[0] and self.batches[at][1] <= ref[1] <= self.batches[at][2]


@dataclass(frozen=True, slots=True)
class _Which:
    """The changes that are meant: stamped since, or numbered here since."""

    origin: str
    since: int
    first: int
    arrived: bool
    leaves_used: bool = False

    def late(self, origin: str, hlc: int, number: int) -> bool:
        return origin == self.origin and hlc < self.since and number >= self.first

    def has(self, origin: str, hlc: int, number: int, ref: Ref) -> bool:
        return origin == self.origin and (hlc >= self.since or (self.arrived and number >= self.first))


def note_arrival(connection: sqlite3.Connection) -> None:
    """Note at the centre, in the transaction that admits and before it does, that the following rows arrived in this
    minute."""
    connection.execute(
        "INSERT OR IGNORE INTO arrival (minute, first) VALUES (?, (SELECT coalesce(max(no), 0) + 1 FROM journal))",
        (now_ms() // MINUTE_MS,),
    )


def undoing(store: Store, origin: str, since_ms: int, *, arrived: bool = False) -> Undoing:
    """The edits that take back what `origin` wrote at or after `since_ms` (milliseconds since 1970 UTC), as it says
    itself; with `arrived` also what came from it since, whatever it says."""
    plan = Undoing()
    with store.read() as connection:
        # The first mark since then; not one that a clock left which was ahead for a while before.
        row = connection.execute(
            "SELECT coalesce(min(first), 1 << 60) FROM arrival WHERE minute>=?1 AND first>="
            "(SELECT coalesce(max(first), 0) FROM arrival WHERE minute<?1)",
            (since_ms // MINUTE_MS,),
        ).fetchone()
        which = _Which(origin, since_ms << 16, row[0], arrived)
        for number, record, kind in connection.execute(
            "SELECT DISTINCT r.no, r.id, r.type FROM journal j JOIN epoch e ON e.no=j.epoch "
            "JOIN record r ON r.no=j.record WHERE e.origin=? AND j.verdict=? ORDER BY r.no",
            (origin, APPLIED),
        ).fetchall():
            _record(connection, PLANS[kind], number, record, which, plan)
    return plan


def undoing_run(store: Store, run: str) -> Undoing:
    """The edits that take back what one import wrote. A record it made is withdrawn, unless it has been edited since or
    another record names it: those are in `left`, with the key ""."""
    plan = Undoing()
    held = batches(store, run)
    which = _Run(held)
    with store.read() as connection:
        for epoch, first, last in held:
            for number, record, kind in connection.execute(
                "SELECT DISTINCT r.no, r.id, r.type FROM journal j JOIN epoch e ON e.no=j.epoch "
                "JOIN record r ON r.no=j.record WHERE e.id=? AND j.seq BETWEEN ? AND ? AND j.verdict=? ORDER BY r.no",
                (epoch, first, last, APPLIED),
            ).fetchall():
                _record(connection, PLANS[kind], number, record, which, plan)
    return plan


def _used(connection: sqlite3.Connection, number: int, record: str, which: _Changes) -> bool:
    """Whether somebody has edited a record besides these changes, or another record names it."""
    for place, epoch, author, seq in connection.execute(
        "SELECT j.no, e.id, e.origin, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch "
        "WHERE j.record=? AND j.verdict=?",
        (number, APPLIED),
    ):
        if not which.has(author, 0, place, (epoch, seq)):
            return True
    named = connection.execute("SELECT 1 FROM mention WHERE target=? LIMIT 1", (pack(record),)).fetchone()
    pictured = connection.execute("SELECT 1 FROM record_attachment WHERE subject=? LIMIT 1", (record,)).fetchone()
    return named is not None or pictured is not None


def _record(
    connection: sqlite3.Connection,
    plan: TypePlan,
    number: int,
    record: str,
    which: _Changes,
    into: Undoing,
) -> None:
    state = load_state(connection, plan, number)
    seen = heads_text(state)
    without: merge.State | None = None
    touched: dict[str, bool] = {}
    undone: set[tuple[str, int]] = set()
    for place, epoch, author, seq, meta_json, rest_json, nominal_json in connection.execute(
        "SELECT j.no, e.id, e.origin, j.seq, j.meta, coalesce(j.rest, '{}'), j.nominal FROM journal j "
        "JOIN epoch e ON e.no=j.epoch WHERE j.record=? AND j.verdict=? ORDER BY j.no",
        (number, APPLIED),
    ):
        meta, rest = _meta(meta_json), _decode(rest_json)
        nominal = _decode(nominal_json) if nominal_json else {}
        head = merge.Head(meta.hlc, epoch, seq)
        if which.late(author, meta.hlc, place) and record not in into.late[-1:]:
            into.late.append(record)
        if which.has(author, meta.hlc, place, (epoch, seq)):
            if meta.seen is None:
                if which.leaves_used and _used(connection, number, record, which):
                    into.left.append((record, ""))
                    return
                if state.rest.get("status") != "withdrawn":
                    into.edits.append(Edit(plan.declared.name, {"status": "withdrawn"}, record, seen))
                return
            undone.add(head.ref)
            touched.update(dict.fromkeys(keys_of(rest, plan.tree), False))
            touched.update(dict.fromkeys(keys_of(nominal, plan.tree), True))
        elif without is None:
            without = merge.State(head, rest, nominal)
        else:
            merge.merge(without, head, meta.seen or {}, rest, nominal, plan.tree)
    values: dict[str, Any] = {}
    for key, secret in touched.items():
        if not any(head.ref in undone for head in state.heads_of(key)):
            into.left.append((record, key))
            continue
        half = {} if without is None else (without.nominal if secret else without.rest)
        _set(values, key, merge.value_at(half, key, plan.tree), plan.tree)
    if values:
        into.edits.append(Edit(plan.declared.name, values, record, seen))


def _set(values: dict[str, Any], key: str, value: Any, tree: Mapping[str, Any]) -> None:
    """Set a key in a document, an absent value as null."""
    path = key.split(".")
    holder = values
    for step in path[:-1]:
        holder = holder.setdefault(step, {})
    scope = tree.get(path[0]) if len(path) == 3 else tree if len(path) == 1 else {}
    fields = [name for name, group in scope.items() if group == path[-1]] if isinstance(scope, Mapping) else []
    if len(fields) > 1:
        holder.update({name: (value or {}).get(name) for name in fields})
    else:
        holder[fields[0] if fields else path[-1]] = value
