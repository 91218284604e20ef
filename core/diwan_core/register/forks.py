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
    for _ in range(MAX_DEPTH):
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
