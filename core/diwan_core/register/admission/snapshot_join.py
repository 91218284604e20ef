"""Joins a snapshot into a register, slice by slice.

The state of a record is a join of its known changes, so any part of a snapshot is a valid, if older, state; the
reader's place in the scope moves only with the last slice (ADR 7)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

import msgspec

from diwan_core.register.admission import halves
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.admission.left_out import (
    forget_joined,
    forget_left_out,
    note_joined,
    note_left_out,
    stretches_left_out,
)
from diwan_core.register.admission.moves import settle_all
from diwan_core.register.admission.reach import note_held_back
from diwan_core.register.admission.scope_log import NATIONAL, feed_start
from diwan_core.register.admission.snapshot import (
    HALVES_LEFT_OUT,
    ROWS_WAITING,
    EpochLine,
    HalvesLeftOut,
    Line,
    RowsWaiting,
    read_lines,
)
from diwan_core.register.admission.waiting import all_arrived
from diwan_core.register.erasure.erase import NOMINAL, without_values
from diwan_core.register.index.codes import note_removed
from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.index.folding import PRESENT
from diwan_core.register.journal.row import Meta
from diwan_core.register.records import merge
from diwan_core.register.records.apply import APPLIED, load_state, reindex, source_hash, store_state
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.register.records.kept_back import left_out
from diwan_core.register.records.type_plan import PLANS, Derived, TypePlan
from diwan_core.register.storage.state import set_state

_EPOCHS: Final = "joined epochs:"
_meta = msgspec.json.Decoder(Meta).decode
_decode = msgspec.json.decode
_noted = msgspec.msgpack.Decoder(list[EpochLine]).decode


class NewerRecords(Exception):
    """A slice has records of a type that this release does not know: without them, it is not to be joined."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"a snapshot has records of the type {kind}, which this release does not know: update this post"
        )


def begin(connection: sqlite3.Connection) -> None:
    """Before the first slice: what an earlier snapshot left out, or named of epochs, counts no more."""
    if connection.execute("SELECT 1 FROM joint LIMIT 1").fetchone() is None:
        _remove_unfinished(connection)
    forget_left_out(connection)
    halves.forget_left_out(connection)
    forget_joined(connection)
    _forget_epochs(connection)


def _remove_unfinished(connection: sqlite3.Connection) -> None:
    """Remove the records that parts of a snapshot brought which was never joined whole: where the centre was put back
    meanwhile, the other snapshot may not have them, and their rows would find them made already. One that somebody here
    has changed since stays."""
    for plan in PLANS.values():
        brought = (
            f"SELECT t.no FROM [{plan.table}] t WHERE t.base IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.record=t.no)"
        )
        for (number,) in connection.execute(brought).fetchall():
            state = load_state(connection, plan, number)
            reindex(connection, number, plan.derived(state, folding_of(connection, number)), Derived())
            for table in ("alternative", "source"):
                connection.execute(f"DELETE FROM {table} WHERE record=?", (number,))
            for table in (plan.table, "record"):
                connection.execute(f"DELETE FROM [{table}] WHERE no=?", (number,))
    note_removed(connection)


def note_epochs(connection: sqlite3.Connection, part: int, lines: Sequence[EpochLine]) -> None:
    """Places of epochs that stand in an earlier part than the last one: `finish` heeds them."""
    if lines:
        set_state(connection, f"{_EPOCHS}{part:08d}", msgspec.msgpack.encode(lines))


def _epochs_noted(connection: sqlite3.Connection) -> Iterator[EpochLine]:
    found = connection.execute("SELECT value FROM state WHERE key GLOB ? ORDER BY key", (f"{_EPOCHS}*",))
    for (value,) in found:
        yield from _noted(value)


def _forget_epochs(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM state WHERE key GLOB ?", (f"{_EPOCHS}*",))


def install(connection: sqlite3.Connection, lines: bytes) -> int:
    """Join a slice; how many records it held. Raises msgspec.DecodeError on what is no such slice, NewerRecords."""
    decoded = read_lines(lines)
    number = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
    erased: dict[str, int] = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
    far = restricted(connection)
    halves.note_left_out(connection, far)
    kept_back = {kind for kind, reach in far.items() if reach != ADDRESSED}  # of letters see `settle_all`
    lacking = left_out(connection)
    for line in decoded:
        if line.type == ROWS_WAITING:
            note_left_out(connection, line.epoch, _decode(line.rest, type=RowsWaiting).rows)
        if line.type == HALVES_LEFT_OUT:
            halves.note_left_out(connection, _decode(line.rest, type=HalvesLeftOut).types)
            lacking = left_out(connection)
        plan = PLANS.get(line.type)
        if plan is None and line.id:
            raise NewerRecords(line.type)
        if plan is None:
            continue  # no record: what a later release says of a snapshot
        state = _state(line)
        merge.show_anew(state, plan.tree)
        if line.id in erased:  # a snapshot made before, or on a stick that was long on its way
            state = without_values(state, erased[line.id])
        if line.type in kept_back:  # a snapshot made before the ledger said so
            if state.nominal:
                note_held_back(connection, 0, feed_start(NATIONAL))
            state = without_values(state, NOMINAL)
        held = connection.execute("SELECT no FROM record WHERE id=? AND type=?", (line.id, line.type)).fetchone()
        if held is None:
            number += 1
            _insert(connection, plan, number, line, state)
        else:
            before = load_state(connection, plan, held[0])
            folding = folding_of(connection, held[0])
            was = plan.derived(before, folding)
            if line.type in lacking and not state.nominal:
                state = halves.with_nominal_of_rows(connection, plan, held[0], state)
            store_state(connection, plan, held[0], state, line.updated)
            reindex(connection, held[0], was, plan.derived(state, folding))
    return len(decoded)


def _state(line: Line) -> merge.State:
    state = merge.State(
        merge.Head(line.created, line.epoch, line.seq),
        _decode(line.rest, type=dict[str, Any]),
        _decode(line.nominal, type=dict[str, Any] | None) or {},
    )
    state.heads = {key: [merge.Head(*head) for head in held] for key, held in (line.heads or {}).items()}
    for key, head, secret, value in line.alternatives or ():
        state.alternatives.setdefault(key, {})[merge.Head(*head)] = (secret, value)
    return state


def _insert(connection: sqlite3.Connection, plan: TypePlan, number: int, line: Line, state: merge.State) -> None:
    connection.execute("INSERT INTO record (no, id, type) VALUES (?, ?, ?)", (number, line.id, line.type))
    values = plan.values(state.rest)
    connection.execute(plan.insert, (number, line.epoch, line.seq, None, line.created, line.updated, *values))
    store_state(connection, plan, number, state, line.updated)
    reindex(connection, number, Derived(), plan.derived(state, PRESENT))
    if (key := state.rest.get("source_key")) is not None:
        connection.execute(
            "INSERT OR IGNORE INTO source (hash, record) VALUES (?, ?)",
            (source_hash(state.rest.get("source_system", ""), key), number),
        )
        system = state.rest.get("source_system", "")
        connection.execute("INSERT OR IGNORE INTO source_name (name) VALUES (?)", (system,))


def _own_rows(connection: sqlite3.Connection, line: EpochLine) -> None:
    """Rows of one's own that the centre has and this register lost, or never had again after it was put back: what they
    made is in the snapshot, so they need not be sent, and no others may have their numbers."""
    connection.execute(
        "INSERT INTO epoch (id, origin, own, seq, hash, signed, stored) VALUES (?, ?, 1, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET own=1, seq=excluded.seq, hash=excluded.hash, signed=excluded.signed, "
        "stored=excluded.stored WHERE excluded.seq>epoch.seq",
        (line.id, line.origin, line.seq, line.hash, line.seq, line.seq),
    )
    connection.execute(
        "INSERT OR IGNORE INTO joint (epoch, seq, hash) SELECT no, ?, ? FROM epoch WHERE id=? AND seq=? "
        "AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.epoch=no AND j.seq=?)",
        (line.seq, line.hash, line.id, line.seq, line.seq),
    )


def finish(connection: sqlite3.Connection, vector: Sequence[EpochLine], node: str) -> None:
    """After the last slice: note where every epoch stood, and set later changes that are held here upon the joined
    state: one's own, and, where a centre was put back to before them, those of others, which are known when they come
    again. So are changes held here that the snapshot left out. What an earlier snapshot brought and this one does not
    have is taken when it comes again. What has moved meanwhile to a scope of others goes."""
    known: dict[str, int] = {}
    heads = "SELECT e.id, max(j.seq) FROM joint j JOIN epoch e ON e.no=j.epoch GROUP BY e.id"
    joined: dict[str, int] = dict(connection.execute(heads).fetchall())
    for line in chain(_epochs_noted(connection), vector):
        known[line.id] = line.seq
        note_joined(connection, line.id, line.seq)
        if line.origin != node:
            connection.execute(
                "INSERT INTO epoch (id, origin, seq, hash) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "hash=CASE WHEN excluded.seq>seq THEN excluded.hash ELSE hash END, seq=max(seq, excluded.seq)",
                (line.id, line.origin, line.seq, line.hash),
            )
            connection.execute(
                "INSERT OR IGNORE INTO joint (epoch, seq, hash) SELECT no, ?, ? FROM epoch WHERE id=?",
                (line.seq, line.hash, line.id),
            )
        else:
            _own_rows(connection, line)
    _forget_epochs(connection)
    for epoch, seq in joined.items():
        if seq > known.get(epoch, 0):
            note_left_out(connection, epoch, [(known.get(epoch, 0) + 1, seq)])
    all_arrived(connection)
    later = [
        row
        for no, epoch in connection.execute("SELECT no, id FROM epoch ORDER BY no").fetchall()
        for first, last in [*stretches_left_out(connection, epoch), (known.get(epoch, 0) + 1, 1 << 62)]
        for row in connection.execute(
            "SELECT j.no, ?, j.seq, j.record, r.type, j.meta, j.rest, j.nominal FROM journal j "
            "JOIN record r ON r.no=j.record WHERE j.epoch=? AND j.seq BETWEEN ? AND ? AND j.verdict=?",
            (epoch, no, first, last, APPLIED),
        )
    ]
    for _, epoch, seq, number, kind, meta_json, rest, nominal in sorted(later):
        meta = _meta(meta_json)
        if meta.seen is None:
            continue
        plan = PLANS[kind]
        state = load_state(connection, plan, number)
        folding = folding_of(connection, number)
        before = plan.derived(state, folding)
        head = merge.Head(meta.hlc, epoch, seq)
        mine, named = _decode(rest) if rest else {}, _decode(nominal) if nominal else None  # erased rows hold neither
        merge.merge(state, head, meta.seen, mine, named, plan.tree)
        store_state(connection, plan, number, state, meta.hlc)
        reindex(connection, number, before, plan.derived(state, folding))
    settle_all(connection, node)
