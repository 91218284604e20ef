"""A bundle: rows of one epoch as a parcel brings them, and the checks before any of them is admitted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from diwan_core.register.admission.left_out import joined_up_to, left_out_of
from diwan_core.register.journal.row import NO_COMMITMENT, Row, chain_start
from diwan_core.register.journal.row_lines import reading_rows
from diwan_core.register.journal.salvaged_rows import has_gaps


class NotAdmitted(Exception):
    """A bundle that cannot be taken; nothing of it was kept. `code` is one of gap, fork, broken, foreign."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Bundle:
    """Consecutive rows of one origin's epoch, as they came out of a parcel.

    `body` is the lines, `salts` 16 bytes a row, `previous` the hash before the first row where a scope feed tells it
    (the receiver knows it otherwise). `signature` is the origin's checkpoint at the last row."""

    origin: str
    role: str
    epoch: str
    first: int
    last: int
    salts: bytes
    body: bytes
    signature: bytes | None
    previous: bytes | None = None
    erased: Mapping[int, bytes] | None = None
    """Commitments of rows that lost a half under the law, by seq."""
    rows: list[Row] | None = None
    """The rows, where they were decoded and chained from `previous` already."""
    marks: Mapping[int, bytes] | None = None
    """Checkpoints of the origin at rows before the last one, by seq."""


Verify = Callable[[int, bytes, bytes], bool]
"""(seq, head hash, signature) -> whether the origin signed that checkpoint."""


def held_rows(connection: sqlite3.Connection, bundle: Bundle, number: int, head_seq: int) -> set[int]:
    """Which of the bundle's rows are here. A scope's feed brings rows that waited at the centre after later ones of
    their epoch. What a snapshot brought is not in the journal, and here all the same, but for what it left out; a
    register that was damaged and salvaged may have lost any row."""
    if bundle.previous is None:
        return set(range(bundle.first, min(bundle.last, head_seq) + 1))
    last = min(bundle.last, known_by_snapshot(connection, bundle.epoch, number, head_seq))
    by_snapshot = set(range(bundle.first, last + 1))
    if by_snapshot:
        by_snapshot.difference_update(left_out_of(connection, bundle.epoch, bundle.first, bundle.last))
    held = "SELECT seq FROM journal WHERE epoch=? AND seq BETWEEN ? AND ?"
    return by_snapshot.union(seq for (seq,) in connection.execute(held, (number, bundle.first, bundle.last)))


def known_by_snapshot(connection: sqlite3.Connection, epoch: str, number: int, head_seq: int) -> int:
    """Up to which row of an epoch a snapshot brought what the rows made; `number` is its own here, `head_seq` its last
    row."""
    if has_gaps(connection, epoch):
        return 0
    noted = joined_up_to(connection, epoch)
    if noted is not None:
        return noted
    # A release that did not note it joined the snapshot: an epoch whose first row is not here came by it.
    return 0 if holds(connection, number, 1) else head_seq


def holds(connection: sqlite3.Connection, number: int, seq: int) -> bool:
    return connection.execute("SELECT 1 FROM journal WHERE epoch=? AND seq=?", (number, seq)).fetchone() is not None


def same_as_known(connection: sqlite3.Connection, bundle: Bundle, number: int, verify: Verify | None) -> None:
    """Rows at numbers already taken must be the rows taken: a database put back and written on would differ."""
    if verify is None or bundle.signature is None:
        return  # vouched for by the centre's signature over the feed
    held = connection.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (number, bundle.last)).fetchone()
    if held is not None and not verify(bundle.last, held[0], bundle.signature):
        raise NotAdmitted("fork", f"rows up to {bundle.last} of epoch {bundle.epoch} are not those known here")


def hash_before(connection: sqlite3.Connection, bundle: Bundle, number: int, head_seq: int, head_hash: bytes) -> bytes:
    """The chain's hash before a bundle's first row. Raises NotAdmitted where rows before it are missing."""
    if bundle.previous is not None:
        return bundle.previous
    if bundle.first > head_seq + 1:
        raise NotAdmitted("gap", f"rows {head_seq + 1} to {bundle.first - 1} of epoch {bundle.epoch} are missing")
    if bundle.first == 1:
        return chain_start(bundle.origin, bundle.epoch)
    if bundle.first == head_seq + 1:
        return head_hash
    row = connection.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (number, bundle.first - 1)).fetchone()
    return bytes(row[0])


def rows_of(bundle: Bundle, previous: bytes, *, from_origin: bool) -> Iterator[Row]:
    """A bundle's rows, chained, one by one."""
    if bundle.rows is not None:
        return iter(bundle.rows)
    return reading_rows(bundle.body, bundle.first, bundle.salts, previous, bundle.erased, canonical=from_origin)


def check(connection: sqlite3.Connection, bundle: Bundle, rows: list[Row], verify: Verify | None) -> None:
    """Check that a bundle's rows are those announced, and that their origin signed them. Raises NotAdmitted."""
    if not rows or rows[-1].seq != bundle.last:
        raise NotAdmitted("broken", f"{len(rows)} rows where {bundle.first} to {bundle.last} were announced")
    if rows[-1].meta.more:
        raise NotAdmitted("broken", "the last change set is cut in two")
    if verify is not None and (bundle.signature is None or not verify(bundle.last, rows[-1].hash, bundle.signature)):
        raise NotAdmitted("fork", f"rows {bundle.first} to {bundle.last} do not continue the chain known here")
    if bundle.erased:
        _ordered(connection, rows, by_feed=verify is None)


def fresh_rows(bundle: Bundle, rows: list[Row], head_seq: int, head_hash: bytes) -> list[Row]:
    """The rows that are not known here; the others must be the ones known. Raises NotAdmitted."""
    fresh = [row for row in rows if row.seq > head_seq]
    if len(fresh) < len(rows) and rows[head_seq - bundle.first].hash != head_hash:
        raise NotAdmitted("fork", f"row {head_seq} of epoch {bundle.epoch} differs from the one known here")
    return fresh


def _ordered(connection: sqlite3.Connection, rows: list[Row], *, by_feed: bool) -> None:
    """Values may be missing only where the ledger orders it: else a sender could keep what it wrote to itself. A feed
    may leave out the nominal halves of types of which the ledger says how far they travel."""
    kept_back = {kind for (kind,) in connection.execute("SELECT type FROM reach")} if by_feed else set()
    erased = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
    for row in rows:
        if row.commitments is not None:
            gone = (not row.rest_json) | (row.nominal_json is None and row.commitments[32:] != NO_COMMITMENT) << 1
            allowed = erased.get(row.meta.record, 0) | (row.meta.type in kept_back) << 1
            if gone & ~allowed:
                raise NotAdmitted(
                    "erasure", f"values of row {row.seq} are left out and no erasure known here orders it"
                )
