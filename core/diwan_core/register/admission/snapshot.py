"""Snapshots: the present state of a register as lines (`snapshot_join` joins them into another register).

Rows that wait at the centre are in no record. They are named by lines of a type that no dictionary has, which readers
that do not know it pass over: ["", "rows-waiting", epoch, 0, 0, 0, null, null, {"rows": [[first, last]...]}, null].
So are the types of which the nominal halves are left out, since they do not travel to all members (`reach`):
["", "halves-left-out", "", 0, 0, 0, null, null, {"types": [...]}, null]."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final

import msgspec

from diwan_core.register.admission import halves
from diwan_core.register.admission.left_out import (
    Stretch,
    waiting_rows,
)
from diwan_core.register.admission.reach import Hiding
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.records.type_plan import PLANS, TypePlan

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
_encode = msgspec.json.encode
_decode = msgspec.json.decode


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


def read_lines(lines: bytes) -> Sequence[Line]:
    """The lines of a slice. Raises msgspec.DecodeError on what is no such slice."""
    found: Sequence[Line] = _decoder.decode_lines(lines)
    return found
