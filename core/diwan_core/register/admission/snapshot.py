"""Snapshots: the present state of a register as lines, and joining such lines into another register.

A snapshot is installed slice by slice: the state of a record is a join of its known changes, so any part of a
snapshot is a valid, if older, state; the reader's place in the scope moves only with the last slice (ADR 7).

Rows that wait at the centre are in no record. They are named by lines of a type that no dictionary has, which readers
that do not know it pass over: ["", "rows-waiting", epoch, 0, 0, 0, null, null, {"rows": [[first, last]...]}, null].
So are the types of which the nominal halves are left out, since they do not travel to all members (`reach`):
["", "halves-left-out", "", 0, 0, 0, null, null, {"types": [...]}, null]."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Any, Final

import msgspec

from diwan_core.register.admission import halves
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.admission.left_out import (
    Stretch,
    forget_joined,
    forget_left_out,
    note_joined,
    note_left_out,
    stretches_left_out,
    waiting_rows,
)
from diwan_core.register.admission.moves import settle_all
from diwan_core.register.admission.reach import Hiding, note_held_back
from diwan_core.register.admission.scope_log import NATIONAL, feed_start
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

SLICE: Final = 1000
SLICE_BYTES: Final = 1_000_000
"""Of the lines of a slice, unless one line alone is longer."""
EPOCHS: Final = 20_000
"""Epochs that one part names: each is some seventy bytes, which cannot be compressed."""
ROWS_WAITING: Final = "rows-waiting"
"""The type of a line that names rows of an epoch that are in no record, since they wait."""
HALVES_LEFT_OUT: Final = "halves-left-out"
"""The type of the line that names the record types of which the nominal halves are left out."""
SNAPSHOT: Final = "snapshot"
"""The type of the line that each part begins with: which snapshot it is a part of."""
_EPOCHS: Final = "joined epochs:"

_Ref = tuple[int, str, int]


class Line(msgspec.Struct, array_like=True, frozen=True):
    """One record in a snapshot: heads are (stamp, epoch, seq); alternatives (key, head, nominal, value)."""

    id: str
    type: str
    epoch: str
    seq: int
    created: int
    updated: int
    heads: dict[str, list[_Ref]] | None
    alternatives: list[tuple[str, _Ref, bool, Any]] | None
    rest: msgspec.Raw
    nominal: msgspec.Raw


class EpochLine(msgspec.Struct, array_like=True, frozen=True):
    """The place of an epoch in a snapshot: its head's seq and hash."""

    id: str
    origin: str
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    hash: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]


class RowsWaiting(msgspec.Struct, frozen=True):
    """What a line of rows that wait holds in place of a record's values: their stretches, by first and last seq."""

    rows: list[Stretch]


class HalvesLeftOut(msgspec.Struct, frozen=True):
    """What the line of left out halves holds in place of a record's values."""

    types: list[str]


_decoder = msgspec.json.Decoder(Line)
_meta = msgspec.json.Decoder(Meta).decode
_encode = msgspec.json.encode
_decode = msgspec.json.decode
_noted = msgspec.msgpack.Decoder(list[EpochLine]).decode


def holds_types_since(connection: sqlite3.Connection, version: int) -> bool:
    """Whether records are here of a type that this version of the dictionary does not have, or that this release does
    not know, since a later one took them in. Who joins with it would pass over their lines, or this release would write
    none; rows that come one by one are all there, and wait where their type is not known."""
    known = {plan.table for plan in PLANS.values() if plan.declared.since <= version}
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name GLOB 'record_*'").fetchall()
    return any(
        connection.execute(f"SELECT 1 FROM [{table}] LIMIT 1").fetchone() is not None
        for (table,) in tables
        if table not in known
    )


def dump(connection: sqlite3.Connection) -> Iterator[bytes]:
    """The slices, in one read transaction of the caller's: lines joined by newlines."""
    gathered: list[bytes] = []
    size = 0
    for line in _lines(connection):
        if gathered and (len(gathered) == SLICE or size + len(line) > SLICE_BYTES):
            yield b"\n".join(gathered)
            gathered, size = [], 0
        gathered.append(line)
        size += len(line) + 1
    if gathered:
        yield b"\n".join(gathered)


def _lines(connection: sqlite3.Connection) -> Iterator[bytes]:
    hiding = Hiding(connection, NATIONAL)
    if hiding:
        named = msgspec.Raw(_encode(HalvesLeftOut(hiding.types)))
        yield _encode(Line("", HALVES_LEFT_OUT, "", 0, 0, 0, None, None, named, msgspec.Raw(b"null")))
    for kind, plan in PLANS.items():
        for row in connection.execute(
            "SELECT t.no, r.id, t.base_epoch, t.base_seq, t.created, t.updated, t.heads, t.conflicts, "
            "coalesce(t.rest, j.rest), CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
            f"FROM [{plan.table}] t JOIN record r ON r.no=t.no LEFT JOIN journal j ON j.no=t.base ORDER BY t.no"
        ):
            yield _line(connection, kind, row, without_nominal=hiding(kind, row[1]))


def _line(connection: sqlite3.Connection, kind: str, row: tuple[Any, ...], *, without_nominal: bool) -> bytes:
    number, record, epoch, seq, created, updated, heads, conflicts, rest, nominal = row
    alternatives = None
    if conflicts:
        alternatives = [
            (key, (hlc, head_epoch, head_seq), bool(secret), _decode(value))
            for key, head_epoch, head_seq, hlc, secret, value in connection.execute(
                "SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", (number,)
            )
            if not (secret and without_nominal)
        ]
    if without_nominal:
        nominal, heads = None, _plain_heads(PLANS[kind], heads)
    return _encode(
        Line(
            record, kind, epoch, seq, created, updated, _decode(heads) if heads else None, alternatives,
            msgspec.Raw(rest.encode()), msgspec.Raw(nominal.encode() if nominal else b"null"),
        )
    )  # fmt: skip


def _plain_heads(plan: TypePlan, heads: str | None) -> str | None:
    """The heads of keys that are not of the nominal half."""
    if not heads:
        return None
    found = {key: held for key, held in _decode(heads).items() if not halves.is_nominal_key(plan.declared, key)}
    return _encode(found).decode() if found else None


def dump_waiting(connection: sqlite3.Connection) -> Iterator[bytes]:
    """The lines that name the rows that wait, in slices."""
    for part in waiting_rows(connection):
        yield b"\n".join(_waiting_line(epoch, stretches) for epoch, stretches in part)


def marked(mark: str, lines: bytes) -> bytes:
    """The lines of a part of the snapshot that has this mark."""
    nothing = msgspec.Raw(b"null")
    first = _encode(Line("", SNAPSHOT, mark, 0, 0, 0, None, None, msgspec.Raw(b"{}"), nothing))
    return first + b"\n" + lines if lines else first


def mark_of(lines: bytes) -> str:
    """The mark of the snapshot that a part is of; "" where the first release made it. Raises msgspec.DecodeError."""
    first = lines.partition(b"\n")[0]
    if not first.startswith(b'["","snapshot",'):
        return ""
    return _decoder.decode(first).epoch


def _waiting_line(epoch: str, stretches: list[Stretch]) -> bytes:
    rows = msgspec.Raw(_encode(RowsWaiting(stretches)))
    return _encode(Line("", ROWS_WAITING, epoch, 0, 0, 0, None, None, rows, msgspec.Raw(b"null")))


def epochs(connection: sqlite3.Connection) -> Iterator[list[EpochLine]]:
    """The place of every epoch, in slices."""
    found = connection.execute("SELECT id, origin, seq, hash FROM epoch ORDER BY no")
    while held := found.fetchmany(EPOCHS):
        yield [EpochLine(*row) for row in held]


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
    """Join a slice; how many records it held. Raises msgspec.DecodeError on what is no such slice."""
    decoded: Sequence[Line] = _decoder.decode_lines(lines)
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
        if plan is None:
            continue
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
