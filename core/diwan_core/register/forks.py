"""Telling a restored card from a cloned one, by the epochs of an origin as they reach the centre.

Every epoch names the head its writer knew. Two epochs that go on from the same row are a fork. After a restore
only the newer branch goes on; where rows of the older branch still come in from the line, two machines write as
one node: a clone."""

from __future__ import annotations

import sqlite3
from typing import Final

MAX_DEPTH: Final = 10_000


def is_clone(connection: sqlite3.Connection, epoch_no: int) -> bool:
    """Whether rows just taken into an epoch belong to a branch beside which a newer one has been opened here."""
    child = 0
    number: int | None = epoch_no
    for _ in range(MAX_DEPTH):
        name, origin, parent, seq = connection.execute(
            "SELECT id, origin, parent, seq FROM epoch WHERE no=?", (number,)
        ).fetchone()
        beside = connection.execute(
            "SELECT 1 FROM epoch WHERE origin=? AND parent=? AND no>? AND (? OR parent_seq<?) LIMIT 1",
            (origin, name, child, child > 0, seq),
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
