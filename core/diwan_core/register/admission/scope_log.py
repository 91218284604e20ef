"""The log of a scope, kept at the centre: the rows that its members read, numbered without gaps and chained by
hashes.

A run is a stretch of consecutive rows of one epoch. Its feed hash covers the hash of its last row, so that a
member who holds the feed's head holds every row before it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from diwan_core.register.journal.stretches import divide

NATIONAL: Final = "national"
RUN_BYTES: Final = 1_000_000
"""Rows of one run. A run travels whole: one that no parcel can hold would stop the feed for all its members."""
FEED_DOMAIN: Final = b"diwan/1/feed"


class Run(NamedTuple):
    """Numbers `first`..`last` of a scope are rows `first_seq`..`last_seq` of the epoch with number `epoch_no`
    here."""

    first: int
    last: int
    epoch_no: int
    first_seq: int
    last_seq: int
    feed_hash: bytes


def feed_start(scope: str) -> bytes:
    """The feed's hash before its first run."""
    return hashlib.sha256(f"diwan/1 feed {scope}".encode()).digest()


def feed_link(previous: bytes, last: int, epoch: str, first_seq: int, last_seq: int, row_hash: bytes) -> bytes:
    """The feed's hash after a run."""
    return hashlib.sha256(previous + row_hash + f"{last} {epoch} {first_seq} {last_seq}".encode("ascii")).digest()


def feed_head(connection: sqlite3.Connection, scope: str) -> tuple[int, bytes]:
    """The last number given in a scope and the feed's hash there."""
    row = connection.execute(
        "SELECT last, feed_hash FROM scope_run WHERE scope=? ORDER BY first DESC LIMIT 1", (scope,)
    ).fetchone()
    return (0, feed_start(scope)) if row is None else (row[0], row[1])


def append_runs(
    connection: sqlite3.Connection,
    scope: str,
    epoch_no: int,
    epoch: str,
    runs: Iterable[tuple[int, int]],
    size: int | None = None,
) -> list[Run]:
    """Number stretches of rows just applied; part of the transaction that applied them. `size`: bytes that they are
    together at the most, where that is known: else each stretch is read to weigh it."""
    number, feed_hash = feed_head(connection, scope)
    made = []
    if size is None or size > RUN_BYTES:
        runs = (part for run in runs for part in divide(connection, epoch_no, *run, RUN_BYTES))
    for first_seq, last_seq in runs:
        (row_hash,) = connection.execute(
            "SELECT hash FROM journal WHERE epoch=? AND seq=?", (epoch_no, last_seq)
        ).fetchone()
        first, number = number + 1, number + last_seq - first_seq + 1
        feed_hash = feed_link(feed_hash, number, epoch, first_seq, last_seq, row_hash)
        made.append(Run(first, number, epoch_no, first_seq, last_seq, feed_hash))
    connection.executemany(
        "INSERT INTO scope_run (scope, first, last, epoch, first_seq, last_seq, feed_hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(scope, *run) for run in made],
    )
    return made


def feed_at(connection: sqlite3.Connection, scope: str, number: int) -> bytes | None:
    """The feed's hash after a number; None where no run ends there."""
    if number == 0:
        return feed_start(scope)
    row = connection.execute(
        "SELECT last, feed_hash FROM scope_run WHERE scope=? AND first<=? ORDER BY first DESC LIMIT 1", (scope, number)
    ).fetchone()
    return None if row is None or row[0] != number else bytes(row[1])


def is_place(connection: sqlite3.Connection, scope: str, number: int, mark: bytes) -> bool:
    """Whether a reader who holds numbers up to `number` of a feed whose hash there begins with `mark` follows this
    feed."""
    digest = feed_at(connection, scope, number)
    return digest is not None and digest.startswith(mark)


def are_own(connection: sqlite3.Connection, scope: str, number: int, node: str) -> bool:
    """Whether all rows of a scope up to a number are a node's own: it knows them without having read the scope."""
    of_others = connection.execute(
        "SELECT 1 FROM scope_run r JOIN epoch e ON e.no=r.epoch WHERE r.scope=? AND r.first<=? AND e.origin<>? LIMIT 1",
        (scope, number, node),
    )
    return of_others.fetchone() is None


def runs_after(connection: sqlite3.Connection, scope: str, number: int, limit: int) -> list[Run]:
    """The runs that hold numbers above `number`, in order."""
    return [
        Run(*row)
        for row in connection.execute(
            "SELECT first, last, epoch, first_seq, last_seq, feed_hash FROM scope_run WHERE scope=? AND first>? "
            "ORDER BY first LIMIT ?",
            (scope, number, limit),
        )
    ]
