"""Rows of a register, told by what is in them from whatever else can be read as a row, and kept in a scratch database.

What is taken here proves nothing yet: a page that was given free, or a damaged one, may hold rows that were replaced or
never were. The journal's rows are proven by their chains (`chains`), the ledger's by the centre's signatures.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diwan_core.register.records.apply import PLANS
from diwan_core.salvage.pages import Cell, Value

_ID: Final = re.compile(r"[a-z2-7]{13}\Z", re.ASCII)
_RECORD: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_BLOB: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_MOST: Final = 1 << 48
_TABLES: Final = """
CREATE TABLE row (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, no INTEGER NOT NULL, live INTEGER NOT NULL, verdict INTEGER NOT NULL,
    meta TEXT NOT NULL,
    rest TEXT, nominal TEXT, salt BLOB, hash BLOB NOT NULL, signature BLOB, commitments BLOB, content BLOB NOT NULL,
    PRIMARY KEY (epoch, seq, content)
) WITHOUT ROWID;
CREATE TABLE record (no INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE state (
    no INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, heads TEXT, rest TEXT NOT NULL, nominal TEXT
);
CREATE TABLE base (no INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
CREATE TABLE alternative (
    record INTEGER NOT NULL, key TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hlc INTEGER NOT NULL,
    nominal INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, key, epoch, seq)
) WITHOUT ROWID;
CREATE TABLE proven (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, no INTEGER NOT NULL, content BLOB NOT NULL, hash BLOB NOT NULL,
    edge INTEGER NOT NULL, more INTEGER NOT NULL, signed INTEGER NOT NULL, PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE TABLE ledger (number INTEGER NOT NULL, entry BLOB NOT NULL, PRIMARY KEY (number, entry)) WITHOUT ROWID;
"""


@dataclass
class Epoch:
    """What the table of epochs said of one."""

    no: int
    id: str
    origin: str
    own: bool
    parent: tuple[str, int, bytes] | None
    seq: int
    stored: int
    safe: int
    receipt: bytes | None
    heard: int | None


@dataclass
class Carved:
    """What was found. Journal, records and ledger are in the scratch database."""

    scratch: sqlite3.Connection
    epochs: dict[int, Epoch] = field(default_factory=dict)
    joints: dict[tuple[int, int], bytes] = field(default_factory=dict)
    blobs: dict[str, tuple[int, str, int, int]] = field(default_factory=dict)
    """Name -> size, media type, whether its own node's, whether the centre has it."""
    nodes: dict[str, tuple[Value, ...]] = field(default_factory=dict)


def carved(scratch: Path, rows: Iterable[Cell], stale: Iterable[Cell]) -> Carved:
    """Everything of a register among these cells. `stale` gives rows of the journal and of the ledger alone, which
    never change: others of it may be old."""
    connection = sqlite3.connect(scratch, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(_TABLES)
    connection.execute("BEGIN")
    found = Carved(connection)
    for cell in rows:
        _take(found, cell)
    for cell in stale:
        _take_lasting(found, cell, live=False)
    connection.execute("COMMIT")
    return found


def _take(found: Carved, cell: Cell) -> None:
    values = cell.values
    if cell.rowid is None:
        _take_indexed(found, values)
    elif 0 < cell.rowid < _MOST and values and values[0] is None and not _take_lasting(found, cell, live=True):
        match values[1:]:
            case (str(epoch), str(origin), 0 | 1 as own, *_) if len(values) >= 18 and _ID.match(epoch):
                _take_epoch(found, cell.rowid, epoch, origin, bool(own), values)
            case (str(record), str(kind)) if _RECORD.match(record) and kind in PLANS:
                found.scratch.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (cell.rowid, record, kind))
            case (
                str(epoch), int(seq), None | int() as base, int(created), int(updated), None | str() as heads, int(),
                None | str() as rest, None | str() as nominal, *_,
            ) if _ID.match(epoch):  # fmt: skip
                if base is not None:
                    found.scratch.execute("INSERT OR IGNORE INTO base VALUES (?, ?)", (base, epoch))
                if rest is None or not rest.startswith("{"):
                    return
                found.scratch.execute(
                    "INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO UPDATE SET "
                    "updated=excluded.updated, heads=excluded.heads, rest=excluded.rest, nominal=excluded.nominal "
                    "WHERE excluded.updated>updated",
                    (cell.rowid, epoch, seq, created, updated, heads, rest, nominal),
                )


def _take_lasting(found: Carved, cell: Cell, *, live: bool) -> bool:
    """A row of the journal, or an entry of the ledger; whether it is one."""
    match cell.values:
        case (
            None, int(epoch), int(seq), None | int(), 0 | 1 | 2 as verdict, str(meta), None | str() as rest,
            None | str() as nominal, None | bytes() as salt, bytes(digest), None | bytes() as signature,
            None | bytes() as commitments, *_,
        ) if meta.startswith("[") and len(digest) == 32 and 0 < epoch < _MOST and 0 < seq < _MOST:  # fmt: skip
            content = (meta, rest, nominal, salt, digest, signature, commitments)
            mark = hashlib.blake2b(repr(content).encode(), digest_size=16).digest()
            found.scratch.execute(
                "INSERT OR IGNORE INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (epoch, seq, cell.rowid, live, verdict, *content, mark),
            )
            return True
        case (None, bytes(entry)) if cell.rowid is not None and 0 < cell.rowid < 1_000_000 and len(entry) < 200_000:
            found.scratch.execute("INSERT OR IGNORE INTO ledger VALUES (?, ?)", (cell.rowid, entry))
            return True
    return False


def _take_epoch(found: Carved, no: int, epoch: str, origin: str, own: bool, values: tuple[Value, ...]) -> None:
    parent, parent_seq, parent_hash, seq, _, _, _, _, _, _, stored, safe, receipt, heard = values[4:18]
    if not (isinstance(seq, int) and isinstance(stored, int) and isinstance(safe, int) and _ID.match(origin)):
        return
    before = found.epochs.get(no)
    if before is not None and (before.seq, before.stored) >= (seq, stored):
        return
    known = (
        (parent, parent_seq, parent_hash)
        if isinstance(parent, str) and isinstance(parent_seq, int) and isinstance(parent_hash, bytes)
        else None
    )
    found.epochs[no] = Epoch(
        no, epoch, origin, own, known, seq, stored, safe,
        receipt if isinstance(receipt, bytes) else None, heard if isinstance(heard, int) else None,
    )  # fmt: skip


def _take_indexed(found: Carved, values: tuple[Value, ...]) -> None:
    match values:
        case (int(epoch), int(seq), bytes(digest)) if len(digest) == 32:
            found.joints[epoch, seq] = digest
        case (str(name), int(size), str(kind), int(), int(stored), int(), 0 | 1 as own, int()) if _BLOB.match(name):
            before = found.blobs.get(name, (size, kind, 0, 0))
            found.blobs[name] = (size, kind, max(int(own), before[2]), max(stored, before[3]))
        case (int(record), str(key), str(epoch), int(seq), int(hlc), 0 | 1 as nominal, str(value)) if _ID.match(epoch):
            row: tuple[Any, ...] = (record, key, epoch, seq, hlc, nominal, value)
            found.scratch.execute("INSERT OR REPLACE INTO alternative VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        case (str(node), str(), str(), "post" | "central", bytes(signing), bytes(sealing), *_) if (
            _ID.match(node) and len(signing) == len(sealing) == 32
        ):
            found.nodes[node] = values
