"""Keeps the write-ahead log short without making a save wait for it.

Left to itself SQLite copies the log into the database within some commit, which then takes tens of milliseconds. It is
done beside the writers instead (`upkeep`): a passive checkpoint takes no lock they need."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

WORTH_BYTES: Final = 4 * 1024 * 1024


class LogCopier:
    """Copies a database's log into it, once it is worth it."""

    def __init__(self, database: Path) -> None:
        self._log = database.with_name(database.name + "-wal")
        self._done = 0

    def turn(self, connection: sqlite3.Connection) -> None:
        """Copy what can be. Raises sqlite3.Error."""
        size = self._log.stat().st_size if self._log.exists() else 0
        if size < WORTH_BYTES and self._done == 0:
            return
        # (busy, pages in the log, pages copied): nothing new to copy means that the log starts over by itself.
        _, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._done = 0 if pages == copied else copied
