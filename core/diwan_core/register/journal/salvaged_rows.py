"""Rows of a damaged register that no chain holds any more: a row before them is lost, and the centre had not receipted
them. They wait beside the journal until the centre has said that it does not have them, and are then written anew as
new changes of the same people (`salvage.pending`).

The table is there only in a register that was salvaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from diwan_core.register.storage.state import get_state, set_state

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS salvaged_row (
    epoch TEXT NOT NULL, seq INTEGER NOT NULL, meta TEXT NOT NULL, rest TEXT, nominal TEXT, refused TEXT,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID
"""
_MARK: Final = "salvaged:"


class SalvagedRow(NamedTuple):
    """A row that waits to be written anew. `refused`: why that was not possible."""

    epoch: str
    seq: int
    meta: str
    rest: str | None
    nominal: str | None
    refused: str | None = None


def has_gaps(connection: sqlite3.Connection, epoch: str) -> bool:
    """Whether rows of an epoch are missing here in the midst of it, because the register was damaged."""
    return get_state(connection, _MARK + epoch) is not None


def note_gaps(connection: sqlite3.Connection, epoch: str) -> None:
    """From now on the rows of this epoch that are here are those that are in the journal, and no others."""
    set_state(connection, _MARK + epoch, 1)


def keep(connection: sqlite3.Connection, rows: Iterable[SalvagedRow]) -> None:
    """Have these rows wait."""
    connection.execute(_TABLE)
    connection.executemany("INSERT OR REPLACE INTO salvaged_row VALUES (?, ?, ?, ?, ?, ?)", rows)


def waiting(connection: sqlite3.Connection) -> int:
    """How many rows wait."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name='salvaged_row'").fetchone() is None:
        return 0
    return int(connection.execute("SELECT count(*) FROM salvaged_row").fetchone()[0])


def epochs(connection: sqlite3.Connection) -> list[tuple[str, int]]:
    """(epoch, its last row in the journal) of all epochs of which rows wait."""
    if not waiting(connection):
        return []
    return [
        (str(epoch), int(seq))
        for epoch, seq in connection.execute(
            "SELECT s.epoch, coalesce(max(e.seq), 0) FROM salvaged_row s LEFT JOIN epoch e ON e.id=s.epoch "
            "GROUP BY s.epoch"
        )
    ]


def any_known(connection: sqlite3.Connection) -> bool:
    """Whether any of them have come back from the centre."""
    found = connection.execute(
        "SELECT 1 FROM salvaged_row s JOIN epoch e ON e.id=s.epoch WHERE e.seq>=s.seq LIMIT 1"
    ).fetchone()
    return found is not None


def forget_known(connection: sqlite3.Connection) -> int:
    """Rows that have come back from the centre wait no more; how many."""
    return connection.execute(
        "DELETE FROM salvaged_row WHERE EXISTS (SELECT 1 FROM epoch e WHERE e.id=salvaged_row.epoch "
        "AND e.seq>=salvaged_row.seq)"
    ).rowcount


def rows_of(connection: sqlite3.Connection, epoch: str) -> list[SalvagedRow]:
    """The rows of an epoch that wait, in order."""
    return [
        SalvagedRow(*row)
        for row in connection.execute("SELECT * FROM salvaged_row WHERE epoch=? ORDER BY seq", (epoch,))
    ]


def forget(connection: sqlite3.Connection, rows: Iterable[SalvagedRow]) -> None:
    """These were written anew."""
    connection.executemany("DELETE FROM salvaged_row WHERE epoch=? AND seq=?", [(row.epoch, row.seq) for row in rows])


def refuse(connection: sqlite3.Connection, rows: Iterable[SalvagedRow], why: str) -> None:
    """These cannot be written anew, and stay."""
    connection.executemany(
        "UPDATE salvaged_row SET refused=? WHERE epoch=? AND seq=?", [(why, row.epoch, row.seq) for row in rows]
    )
