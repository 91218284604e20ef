"""Notes which records are still in the search index as the first folding left them: a range of numbers in the node's
state."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core.dictionary.folding import FOLD_VERSION
from diwan_core.register.index.folding import FIRST, PRESENT, Folding

LEFT: Final = "refold"
"""State: "first:last" of these records; there is none once all are indexed anew."""
KEPT: Final = "folding"
"""State: the mark of the last release that opened the register, and the version of its folding."""


def folding_of(connection: sqlite3.Connection, number: int) -> Folding:
    """How a record stands in the index."""
    held = first_left(connection)
    return FIRST if held is not None and held[0] <= number <= held[1] else PRESENT


def first_left(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """The first and the last of them; None where all are indexed anew."""
    found = connection.execute("SELECT value FROM state WHERE key=?", (LEFT,)).fetchone()
    if found is None:
        return None
    first, last = str(found[0]).split(":")
    return int(first), int(last)


def is_left(connection: sqlite3.Connection) -> bool:
    """Whether there may be any: also in a register that no writer of this release has opened yet."""
    known = connection.execute("SELECT 1 FROM state WHERE key=?", (KEPT,)).fetchone()
    return known is None or first_left(connection) is not None


def note_left(connection: sqlite3.Connection, first: int, last: int) -> None:
    """Note that the records from `first` to `last` are left."""
    if first > last:
        connection.execute("DELETE FROM state WHERE key=?", (LEFT,))
    else:
        connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (LEFT, f"{first}:{last}"))


def note_folding(connection: sqlite3.Connection, before: int, mark: int) -> bool:
    """At the start of a release: note what its folding finds. `before` is the mark of the release that had the register
    open last, `mark` this one's. False where one that does not know of this has written since: then nobody can say how
    each record stands in the index, and it has to be made from scratch."""
    found = connection.execute("SELECT value FROM state WHERE key=?", (KEPT,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (KEPT, f"{mark}:{FOLD_VERSION}"))
    if found is None:
        note_left(connection, 1, connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0])
        return True
    return str(found[0]) == f"{before}:{FOLD_VERSION}"
