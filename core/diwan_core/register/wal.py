"""Keeping the write-ahead log short without making a save wait for it.

Left to itself SQLite copies the log into the database within some commit, which then takes tens of milliseconds. A
thread of the node's long-running process does it beside the writers instead (a passive checkpoint takes no lock
they need)."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path
from types import TracebackType
from typing import Final

EVERY_S: Final = 1.0
WORTH_BYTES: Final = 4 * 1024 * 1024

log = logging.getLogger("diwan.register")


class WalKeeper:
    """Runs from `with` to its end."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._log = database.with_name(database.name + "-wal")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wal", daemon=True)

    def __enter__(self) -> WalKeeper:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        connection = sqlite3.connect(self._database, isolation_level=None)
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-256")
        done = 0
        try:
            while not self._end.wait(EVERY_S):
                size = self._log.stat().st_size if self._log.exists() else 0
                if size < WORTH_BYTES and done == 0:
                    continue
                # (busy, pages in the log, pages copied): nothing new to copy means that the log starts over by
                # itself.
                _, pages, copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                done = 0 if pages == copied else copied
        except sqlite3.Error as error:
            log.warning("the write-ahead log is not kept short: %s", error)
        finally:
            connection.close()
