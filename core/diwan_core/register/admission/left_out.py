"""Rows that a snapshot left out because they waited at the centre when it was made.

Whoever joins by a snapshot holds no rows of before, only what they made: all rows up to the head of each epoch that
the snapshot names are known, except these. They come with the feed when they wait no longer. Kept under a key for each
stretch, until another snapshot is joined: a hostile post may make very many, and each look costs the same."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Final, NamedTuple

from diwan_core.register.storage.state import get_state, set_state

_KEY: Final = "left out:"
_ALL: Final = ("left out:", "left out;")
"""Between these are the keys of all epochs."""
_JOINED: Final = "joined up to:"
_MOST: Final = 10_000
"""Stretches that one part of a snapshot names; there are more only where somebody makes rows wait on purpose."""

Stretch = tuple[int, int]
"""First and last seq."""


class Note(NamedTuple):
    """What is kept of a stretch."""

    epoch: str
    stretch: Stretch


_NOTE: Final = re.compile(f"{_KEY}([a-z2-7]+):([0-9]{{16}})")


def waiting_rows(connection: sqlite3.Connection) -> Iterator[list[tuple[str, list[Stretch]]]]:
    """The stretches of rows that wait, by the ids of their epochs, in as many parts as they need."""
    stretches = _stretches_waiting(connection)
    while part := list(islice(stretches, _MOST)):
        yield [
            (epoch, [(first, last) for _, first, last in held])
            for epoch, held in groupby(sorted(part), key=lambda found: found[0])
        ]


def _stretches_waiting(connection: sqlite3.Connection) -> Iterator[tuple[str, int, int]]:
    """Epoch, first and last seq, in the order in which the rows came: they need not all be known at once."""
    waiting = "SELECT e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=2 ORDER BY j.no"
    held: tuple[str, int, int] | None = None
    for epoch, seq in connection.execute(waiting):
        if held is not None and (held[0], held[2] + 1) == (epoch, seq):
            held = (epoch, held[1], seq)
            continue
        if held is not None:
            yield held
        held = (epoch, seq, seq)
    if held is not None:
        yield held


def note_joined(connection: sqlite3.Connection, epoch: str, seq: int) -> None:
    """The snapshot that was joined holds what the rows of an epoch up to this one made, but for those left out."""
    set_state(connection, f"{_JOINED}{epoch}", seq)


def joined_up_to(connection: sqlite3.Connection, epoch: str) -> int | None:
    """See `note_joined`; None where no snapshot named the epoch, or a release joined it that did not note this."""
    found = get_state(connection, f"{_JOINED}{epoch}")
    return None if found is None else int(found)


def forget_joined(connection: sqlite3.Connection) -> None:
    """Another snapshot is being joined."""
    connection.execute("DELETE FROM state WHERE key GLOB ?", (f"{_JOINED}*",))


def note_left_out(connection: sqlite3.Connection, epoch: str, stretches: Iterable[Stretch]) -> None:
    """The snapshot that is being joined left out these rows too."""
    for first, last in stretches:
        set_state(connection, _key(epoch, last), str(first))


def _key(epoch: str, last: int) -> str:
    return f"{_KEY}{epoch}:{last:016d}"


def read_note(key: str, value: str) -> Note | None:
    """What a key and a value of the table `state` say of an epoch; None where they say something else, or are
    damaged."""
    found = _NOTE.fullmatch(key)
    if found is None or not value.isdecimal():
        return None
    return Note(found[1], (int(value), int(found[2])))


def forget_left_out(connection: sqlite3.Connection) -> None:
    """Another snapshot is joined: what the one before it left out counts no more."""
    connection.execute("DELETE FROM state WHERE key>? AND key<?", _ALL)


def is_anything_left_out(connection: sqlite3.Connection) -> bool:
    """Whether the snapshot by which this register was joined left out any row."""
    return connection.execute("SELECT 1 FROM state WHERE key>? AND key<? LIMIT 1", _ALL).fetchone() is not None


def stretches_left_out(
    connection: sqlite3.Connection, epoch: str, first: int = 1, last: int = 10**16 - 1
) -> Iterator[Stretch]:
    """The rows of an epoch, among these, that the snapshot left out by which this register was joined; those that have
    come since included."""
    found = connection.execute(
        "SELECT CAST(substr(key, -16) AS INTEGER), CAST(value AS INTEGER) FROM state WHERE key BETWEEN ? AND ? "
        "ORDER BY key",
        (_key(epoch, first), _key(epoch, 10**16 - 1)),
    )
    for end, start in found:
        if start > last:
            return
        yield max(first, start), min(last, end)


def left_out_of(connection: sqlite3.Connection, epoch: str, first: int, last: int) -> Iterator[int]:
    """Which of the rows `first` to `last` of an epoch the snapshot left out."""
    for start, end in stretches_left_out(connection, epoch, first, last):
        yield from range(start, end + 1)
