"""Rows of a damaged register that no chain holds any more, because a row before them is lost, and that the centre has
not receipted. They wait beside the journal until the centre has said that it does not have them. They are then
written again as new changes of the same people (`diwan_core.salvage.pending`).

The table is there only in a register that was salvaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from diwan_core.register.storage.database import Store
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
    """Keep these rows beside the journal."""
    connection.execute(_TABLE)
    connection.executemany("INSERT OR REPLACE INTO salvaged_row VALUES (?, ?, ?, ?, ?, ?)", rows)


class SalvagedRows:
    """The rows of one open register that wait."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self) -> int:
        """How many rows wait."""
        if self._store.one("SELECT 1 FROM sqlite_schema WHERE name='salvaged_row'") is None:
            return 0
        return int(self._store.one("SELECT count(*) FROM salvaged_row"))

    def epochs(self) -> dict[str, int]:
        """The epochs of which rows wait, each with its last row in the journal."""
        if not self.count():
            return {}
        return dict(
            self._store.rows(
                "SELECT s.epoch, coalesce(max(e.seq), 0) FROM salvaged_row s LEFT JOIN epoch e ON e.id=s.epoch "
                "GROUP BY s.epoch"
            )
        )

    def of_epoch(self, epoch: str) -> list[SalvagedRow]:
        """The rows of an epoch that wait, in order."""
        found = self._store.rows("SELECT * FROM salvaged_row WHERE epoch=? ORDER BY seq", (epoch,))
        return [SalvagedRow(*row) for row in found]

    def any_known(self) -> bool:
        """Whether any of the rows have come back from the centre."""
        sql = "SELECT 1 FROM salvaged_row s JOIN epoch e ON e.id=s.epoch WHERE e.seq>=s.seq LIMIT 1"
        return self._store.one(sql) is not None

    def forget_known(self) -> int:
        """Take away the rows that have come back from the centre; how many. Raises RegisterError."""
        with self._store.write() as connection:
            return connection.execute(
                "DELETE FROM salvaged_row WHERE EXISTS (SELECT 1 FROM epoch e WHERE e.id=salvaged_row.epoch "
                "AND e.seq>=salvaged_row.seq)"
            ).rowcount

    def forget(self, rows: Iterable[SalvagedRow]) -> None:
        """Take away rows that were written anew. Raises RegisterError."""
        with self._store.write() as connection:
            connection.executemany(
                "DELETE FROM salvaged_row WHERE epoch=? AND seq=?", [(row.epoch, row.seq) for row in rows]
            )

    def refuse(self, rows: Iterable[SalvagedRow], why: str) -> None:
        """Note why rows cannot be written anew; they stay. Raises RegisterError."""
        with self._store.write() as connection:
            connection.executemany(
                "UPDATE salvaged_row SET refused=? WHERE epoch=? AND seq=?", [(why, row.epoch, row.seq) for row in rows]
            )

    def last_rows(self) -> dict[str, int]:
        """The last row in the journal of every epoch that is known here."""
        return dict(self._store.rows("SELECT id, seq FROM epoch"))
