"""Rows that a snapshot left out because they waited at the centre when it was made.

Whoever joins by a snapshot holds no rows of before, only what they made: all rows up to the head of each epoch that
the snapshot names are known, except these. They come with the feed when they wait no longer. Kept under a key for each
epoch, until another snapshot is joined."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from diwan_core.register.storage.state import set_state

_KEY: Final = "left out:"
_MOST: Final = 10_000
"""Stretches that one part of a snapshot names; there are more only where somebody makes rows wait on purpose."""

Stretch = tuple[int, int]
"""First and last seq."""


class Note(NamedTuple):
    """What is kept of one epoch."""

    epoch: str
    stretches: list[Stretch]


_stretches = msgspec.json.Decoder(list[Stretch]).decode


def waiting_rows(connection: sqlite3.Connection) -> list[list[tuple[str, list[Stretch]]]]:
    """The stretches of rows that wait, by the ids of their epochs, divided into as many parts as they need; one part
    at least."""
    found = connection.execute(
        "SELECT id, min(seq), max(seq) FROM (SELECT e.id, j.seq, j.seq - row_number() OVER (PARTITION BY e.id "
        "ORDER BY j.seq) AS gap FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=2) "
        "GROUP BY id, gap ORDER BY id, min(seq)"
    ).fetchall()
    parts = [found[at : at + _MOST] for at in range(0, len(found), _MOST)] or [[]]
    return [
        [(epoch, [(first, last) for _, first, last in held]) for epoch, held in groupby(part, key=lambda row: row[0])]
        for part in parts
    ]


def note_left_out(connection: sqlite3.Connection, epoch: str, stretches: Iterable[Stretch]) -> None:
    """The snapshot that is being joined left out these rows too."""
    held = left_out(connection).get(epoch, [])
    set_state(connection, _KEY + epoch, msgspec.json.encode([*held, *stretches]).decode())


def read_note(key: str, value: str) -> Note | None:
    """What a key and a value of the table `state` say of an epoch; None where they say something else, or are
    damaged."""
    if not key.startswith(_KEY):
        return None
    try:
        return Note(key.removeprefix(_KEY), _stretches(value))
    except msgspec.DecodeError:
        return None


def forget_left_out(connection: sqlite3.Connection) -> None:
    """Another snapshot is joined: what the one before it left out counts no more."""
    connection.execute("DELETE FROM state WHERE key GLOB ?", (f"{_KEY}*",))


def left_out(connection: sqlite3.Connection) -> dict[str, list[Stretch]]:
    """The rows that the snapshot left out by which this register was joined, those that have come since included."""
    found = connection.execute(
        "SELECT substr(key, ?), value FROM state WHERE key GLOB ?", (len(_KEY) + 1, f"{_KEY}*")
    ).fetchall()
    return {epoch: _stretches(value) for epoch, value in found}


def left_out_of(connection: sqlite3.Connection, epoch: str, first: int, last: int) -> Iterator[int]:
    """Which of the rows `first` to `last` of an epoch the snapshot left out."""
    for start, end in left_out(connection).get(epoch, []):
        yield from range(max(first, start), min(last, end) + 1)
