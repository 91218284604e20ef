"""Telling a restored card from a cloned one, by the epochs of an origin as they reach the centre.

Every epoch names the head its writer knew. Two epochs that go on from the same row are a fork. After a restore
only the newer branch goes on; where rows of the older branch still come in from the line, two machines write as
one node: a clone.

New keys end a fork: whoever enrolled them chose one card, and brings back what the other one wrote. So epochs that were
here before a node's present keys are no sign of a second machine."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core.register.journal import get_state, set_state

MAX_DEPTH: Final = 10_000
_SETTLED: Final = "settled:"


def keys_changed(connection: sqlite3.Connection, origin: str) -> None:
    """At the centre: a node has other keys from now on. The branches known by now are settled."""
    (last,) = connection.execute("SELECT coalesce(max(no), 0) FROM epoch").fetchone()
    set_state(connection, _SETTLED + origin, last)


def is_clone(connection: sqlite3.Connection, epoch_no: int) -> bool:
    """Whether rows just taken into an epoch belong to a branch beside which a newer one has been opened here."""
    child = settled = 0
    number: int | None = epoch_no
    seen: set[int | None] = set()
    while number not in seen and len(seen) < MAX_DEPTH:  # an evil post's epochs may name each other
        seen.add(number)
        name, origin, parent, seq = connection.execute(
            "SELECT id, origin, parent, seq FROM epoch WHERE no=?", (number,)
        ).fetchone()
        settled = settled or get_state(connection, _SETTLED + origin) or 0
        beside = connection.execute(
            "SELECT 1 FROM epoch WHERE origin=? AND parent=? AND no>? AND (? OR parent_seq<?) LIMIT 1",
            (origin, name, max(child, settled), child > 0, seq),
        ).fetchone()
        if beside is not None:
            return True
        if parent is None:
            return False
        row = connection.execute("SELECT no FROM epoch WHERE id=? AND origin=?", (parent, origin)).fetchone()
        if row is None:
            return False
        child, number = number or 0, row[0]
    return False


class Branches:
    """`is_clone`, asked for every parcel: the way back through all boots of an origin is walked once, and again where
    another epoch of it is opened or its keys changed."""

    def __init__(self) -> None:
        self._single: dict[int, tuple[int, int]] = {}

    def is_clone(self, connection: sqlite3.Connection, epoch_no: int) -> bool:
        """See the function."""
        name, origin, seq = connection.execute("SELECT id, origin, seq FROM epoch WHERE no=?", (epoch_no,)).fetchone()
        (latest,) = connection.execute("SELECT max(no) FROM epoch WHERE origin=?", (origin,)).fetchone()
        mark = (latest, get_state(connection, _SETTLED + origin) or 0)
        # What else can change without a new epoch: rows of this one behind those that another goes on from.
        left = connection.execute(
            "SELECT 1 FROM epoch WHERE origin=? AND parent=? AND parent_seq<?", (origin, name, seq)
        ).fetchone()
        if left is None and self._single.get(epoch_no) == mark:
            return False
        if is_clone(connection, epoch_no):
            return True
        if len(self._single) > MAX_DEPTH:
            self._single.clear()
        self._single[epoch_no] = mark
        return False
