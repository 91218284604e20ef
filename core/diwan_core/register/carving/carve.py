"""Takes the rows of a register from everything that can be read as a row, and keeps them in the scratch database.

A row is known by the types and shapes of its columns. What is taken here proves nothing yet: a free page, or a damaged
one, may hold rows that were replaced or never were. The rows of the journal are proven by their chains (`chains`), the
entries of the ledger by the centre's signatures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diwan_core.register.admission.left_out import Stretch, read_note
from diwan_core.register.carving.row_format import Cell, Value
from diwan_core.register.carving.scratch import FoundRow, Scratch
from diwan_core.register.records.type_plan import PLANS

_ID: Final = re.compile(r"[a-z2-7]{13}\Z", re.ASCII)
_RECORD: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)
_BLOB: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_MOST: Final = 1 << 48


@dataclass
class Epoch:
    """An epoch as the damaged table of epochs gives it."""

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
    """The rows that were found. Journal, records and ledger are in the scratch database."""

    scratch: Scratch
    epochs: dict[int, Epoch] = field(default_factory=dict)
    joints: dict[tuple[int, int], bytes] = field(default_factory=dict)
    left_out: dict[str, list[Stretch]] = field(default_factory=dict)
    """Rows that the snapshot did not bring by which the register was joined, by the ids of their epochs."""
    blobs: dict[str, tuple[int, str, int, int]] = field(default_factory=dict)
    """Name -> size, media type, whether its own node's, whether the centre has it."""
    nodes: dict[str, tuple[Value, ...]] = field(default_factory=dict)


def carve(scratch: Path, rows: Iterable[Cell], stale: Iterable[Cell]) -> Carved:
    """Take everything of a register from these cells; `scratch` is the path of a new file. Of `stale` cells only rows
    of the journal and of the ledger are taken, which never change: all else there may be old."""
    found = Carved(Scratch(scratch))
    with found.scratch.filling():
        for cell in rows:
            _take(found, cell)
        for cell in stale:
            _take_lasting(found, cell, live=False)
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
                found.scratch.add_record(cell.rowid, record, kind)
            case (
                str(epoch), int(seq), None | int() as base, int(created), int(updated), None | str() as heads, int(),
                None | str() as rest, None | str() as nominal, *_,
            ) if _ID.match(epoch):  # fmt: skip
                if base is not None:
                    found.scratch.add_base(base, epoch)
                if rest is None or not rest.startswith("{"):
                    return
                found.scratch.add_state(cell.rowid, epoch, seq, created, updated, heads, rest, nominal)


def _take_lasting(found: Carved, cell: Cell, *, live: bool) -> bool:
    """Take a row of the journal or an entry of the ledger; whether the cell is one."""
    match cell.values:
        case (
            None, int(epoch), int(seq), None | int(), 0 | 1 | 2 as verdict, str(meta), None | str() as rest,
            None | str() as nominal, None | bytes() as salt, bytes(digest), None | bytes() as signature,
            None | bytes() as commitments, *_,
        ) if (
            cell.rowid is not None and meta.startswith("[") and len(digest) == 32 and 0 < epoch < _MOST
            and 0 < seq < _MOST
        ):  # fmt: skip
            content = (meta, rest, nominal, salt, digest, signature, commitments)
            mark = hashlib.blake2b(repr(content).encode(), digest_size=16).digest()
            row = FoundRow(seq, cell.rowid, mark, *content)
            found.scratch.add_row(epoch, row, live=live, verdict=int(verdict))
            return True
        case (None, bytes(entry)) if cell.rowid is not None and 0 < cell.rowid < 1_000_000 and len(entry) < 200_000:
            found.scratch.add_ledger_entry(cell.rowid, entry)
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
        case (str(key), str(value)) if (note := read_note(key, value)) is not None:
            found.left_out.setdefault(note.epoch, []).append(note.stretch)
        case (str(name), int(size), str(kind), int(), int(stored), int(), 0 | 1 as own, int()) if _BLOB.match(name):
            before = found.blobs.get(name, (size, kind, 0, 0))
            found.blobs[name] = (size, kind, max(int(own), before[2]), max(stored, before[3]))
        case (int(record), str(key), str(epoch), int(seq), int(hlc), 0 | 1 as nominal, str(value)) if _ID.match(epoch):
            found.scratch.add_alternative((record, key, epoch, seq, hlc, int(nominal), value))
        case (str(node), str(), str(), "post" | "central", bytes(signing), bytes(sealing), *_) if (
            _ID.match(node) and len(signing) == len(sealing) == 32
        ):
            found.nodes[node] = values
