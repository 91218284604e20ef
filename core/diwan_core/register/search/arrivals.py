"""Whether records come in bulk: work beside the writers that can wait then does, since an import and an ingest need
every processor there is."""

from __future__ import annotations

import sqlite3
from typing import Final

BULK: Final = 500
"""Records that came since it looked last: with more, a writer is at work that is not to be kept waiting."""
LOOKS_EVERY_S: Final = 3.0
"""Longer than a slow machine takes for a transaction of an import, so that some come between two looks."""


class Arrivals:
    """Counts the records that came between two looks. The first look finds all there are: a process that starts has
    something better to do than this work."""

    def __init__(self) -> None:
        self._last = 0

    def are_many(self, connection: sqlite3.Connection) -> bool:
        """Whether more than a few hundred came since the last look."""
        last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        before, self._last = self._last, last
        return last - before > BULK
