"""Writes the node's own journal: epochs, numbers, the hash chain and its signed checkpoints."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from diwan_core import world
from diwan_core.register.journal import clock
from diwan_core.register.journal.row import ANCHOR, OPENING, Meta, Ref, Row, chain_start, encode, link
from diwan_core.register.journal.trusted_time import wall_clock
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import mint_id

CHECKPOINT_DOMAIN: Final = b"diwan/1/checkpoint"
CHECKPOINT_EVERY: Final = 350
CHECKPOINT_BYTES: Final = 700_000
"""Rows of one transaction after which a checkpoint is signed, at the next end of a change set. A parcel ends at one."""

Sign = Callable[[bytes, bytes], bytes]


def checkpoint_message(origin: str, epoch: str, seq: int, head: bytes) -> bytes:
    """The bytes that a checkpoint's signature covers. The head's hash covers every row of the epoch up to seq, and
    the opening row names the parent epoch's head; so each checkpoint vouches for the origin's whole history before
    it."""
    return f"{origin} {epoch} {seq} ".encode("ascii") + head


@dataclass(slots=True)
class OwnEpoch:
    """The epoch this node writes in now. `seq` and `hash` are its head."""

    no: int
    id: str
    seq: int
    hash: bytes


class Draft(NamedTuple):
    """A row before it has a number: what `append` turns into journal rows. `record` is an id, new or known; of the
    values only their bytes are kept."""

    type: str
    record: str
    seen: str | None
    rest_json: bytes
    nominal_json: bytes | None


class TakesRows(Protocol):
    """The interface to which a journal hands its rows: it writes them down and applies them to their records."""

    def add(self, epoch_no: int, epoch: str, row: Row, signature: bytes | None) -> object:
        """Take one row of an epoch, with the checkpoint's signature where it ends one."""
        ...


class Journal:
    """The writer of a node's own journal, inside a transaction."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        node_id: str,
        sign: Sign,
        identity: str,
        dictionary: int,
        tail: Ref | None = None,
    ) -> None:
        """`identity` names this boot of this machine writing this file; `tail` is the last row it is known to have
        written. Where either says that the database is not the one last written here, a new epoch is opened."""
        self._connection = connection
        self._node = node_id
        self._sign = sign
        self._identity = identity
        self._dictionary = dictionary
        self._tail = tail
        self.epoch = self._current()
        self._last: int = get_state(connection, "hlc") or 0
        self._wall = wall_clock(connection, identity)
        self._rows: list[tuple[Row, bool]] = []
        self._handed_on = self._unsigned = self._unsigned_bytes = 0
        self._offset, self._mono = clock.offset_minutes(), clock.monotonic_ms()
        self._authors: dict[str, str] = {}
        self._salts: list[bytes] = []

    def _current(self) -> OwnEpoch:
        if get_state(self._connection, "writer") == self._identity:
            row = self._connection.execute(
                "SELECT no, id, seq, hash FROM epoch WHERE no=?", (get_state(self._connection, "own_epoch"),)
            ).fetchone()
            if row is not None and (self._tail is None or (self._tail[0] == row[1] and self._tail[1] <= row[2])):
                return OwnEpoch(*row)
        epoch = mint_id()
        return OwnEpoch(0, epoch, 0, chain_start(self._node, epoch))

    def _open(self) -> None:
        """Mint the epoch: its opening row names the parent epoch and the head this writer knew of it."""
        connection, epoch = self._connection, self.epoch
        # The branch last written here goes first: epochs that were lost with a database put back, and came again from
        # the centre, are own ones too, and later in the table.
        parent = connection.execute(
            "SELECT id, seq, hash FROM epoch WHERE own=1 AND seq>0 ORDER BY no IS ? DESC, no DESC LIMIT 1",
            (get_state(connection, "own_epoch"),),
        ).fetchone()
        cursor = connection.execute(
            "INSERT INTO epoch (id, origin, own, parent, parent_seq, parent_hash, hash) VALUES (?, ?, 1, ?, ?, ?, ?)",
            (epoch.id, self._node, *(parent or (None, None, None)), epoch.hash),
        )
        epoch.no = int(cursor.lastrowid or 0)
        set_state(connection, "writer", self._identity)
        set_state(connection, "own_epoch", epoch.no)
        rest = {
            "origin": self._node,
            "epoch": epoch.id,
            "parent": None if parent is None else [parent[0], parent[1], parent[2].hex()],
            "boot": hashlib.sha256(self._identity.encode()).hexdigest()[:16],
        }
        self._append("", OPENING, "system", 0, "null", encode(rest), None)

    def append(self, drafts: Sequence[Draft], author: str) -> tuple[str, int]:
        """Number, stamp and chain one change set; its rows are written by `finish`. Returns its last row's ref."""
        self._begin()
        for left, draft in zip(range(len(drafts) - 1, -1, -1), drafts, strict=True):
            kind, record, seen, rest_json, nominal_json = draft
            self._append(record, kind, author, int(left > 0), seen or "null", rest_json, nominal_json)
        return self.epoch.id, self.epoch.seq

    def anchor(self, head: dict[str, Any]) -> None:
        """A row that holds the head of the log of reads: a change set of its own."""
        self._begin()
        self._append("", ANCHOR, "system", 0, "null", encode(head), None)

    def _begin(self) -> None:
        if self.epoch.no == 0:
            self._last = clock.tick(self._last, self._wall)
            self._open()
        self._last = clock.tick(self._last, self._wall)

    def year(self) -> int:
        """The local year of the row that comes next."""
        moment_s = (clock.tick(self._last, self._wall) >> 16) / 1000 + self._offset * 60
        return datetime.fromtimestamp(moment_s, UTC).year

    @property
    def begun(self) -> bool:
        """Whether there are rows that `finish` will write."""
        return bool(self._rows)

    def _salt(self) -> bytes:
        if not self._salts:
            many = world.random_bytes(16 * 64)
            self._salts = [many[at : at + 16] for at in range(0, len(many), 16)]
        return self._salts.pop()

    def _quoted(self, author: str) -> str:
        if author not in self._authors:
            self._authors[author] = encode(author).decode()
        return self._authors[author]

    def _append(
        self,
        record: str,
        kind: str,
        author: str,
        more: int,
        seen: str,
        rest_json: bytes,
        nominal_json: bytes | None,
    ) -> None:
        epoch, hlc, offset, mono = self.epoch, self._last, self._offset, self._mono
        quoted = self._quoted(author)
        meta = f'["{record}","{kind}",{hlc},{offset},{mono},{quoted},{more},{self._dictionary},{seen}]'.encode()
        salt = self._salt()
        epoch.hash = link(epoch.hash, salt, meta, rest_json, nominal_json)
        epoch.seq += 1
        decoded = Meta(
            record, kind, hlc, offset, mono, author, more, self._dictionary, None if seen == "null" else _seen(seen)
        )
        row = Row(epoch.seq, decoded, meta, rest_json, nominal_json, None, None, salt, epoch.hash)
        self._rows.append((row, more == 0))

    def hand_on(self, applier: TakesRows) -> None:
        """Hand the rows gathered so far to `applier` with their checkpoints, all but the last, which may be the one
        that the transaction ends with: so a row is written and applied while it is in the processor's cache."""
        for row, ends in self._rows[:-1]:
            self._hand_on(applier, row, ends=ends)
        del self._rows[:-1]

    def _hand_on(self, applier: TakesRows, row: Row, *, ends: bool, last: bool = False) -> None:
        signature = None
        self._unsigned += 1
        self._unsigned_bytes += len(row.meta_json) + len(row.rest_json) + len(row.nominal_json or b"")
        enough = self._unsigned >= CHECKPOINT_EVERY or self._unsigned_bytes >= CHECKPOINT_BYTES
        if ends and (enough or last):
            message = checkpoint_message(self._node, self.epoch.id, row.seq, row.hash)
            signature = self._sign(CHECKPOINT_DOMAIN, message)
            self._unsigned = self._unsigned_bytes = 0
        applier.add(self.epoch.no, self.epoch.id, row, signature)
        self._handed_on += 1

    def finish(self, applier: TakesRows) -> bool:
        """Hand the rows that are left to `applier`, the last one with a checkpoint, and remember the epoch's new head
        and the clock; whether there were any."""
        if not self._rows:
            return False
        self.hand_on(applier)
        row, ends = self._rows.pop()
        self._hand_on(applier, row, ends=ends, last=True)
        self._connection.execute(
            "UPDATE epoch SET seq=?, hash=?, signed=?, applied=applied+? WHERE no=?",
            (self.epoch.seq, self.epoch.hash, self.epoch.seq, self._handed_on, self.epoch.no),
        )
        set_state(self._connection, "hlc", self._last)
        self._handed_on = 0
        return True


_seen_decoder = msgspec.json.Decoder(dict[str, list[tuple[str, int]]])
_seen = _seen_decoder.decode


def raise_floor(connection: sqlite3.Connection, time_ms: int) -> None:
    """Let no change be stamped before this time of the centre, also after a boot in 1970 without a line."""
    last = get_state(connection, "hlc") or 0
    seen = clock.observe(last, time_ms << 16)
    if seen > last:
        set_state(connection, "hlc", seen)
