"""Indexes what was left pending (`index.pending`), beside the writers: once no more come in bulk, a portion at a
time."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core import world
from diwan_core.register.index.pending import index_some, pending
from diwan_core.register.records.apply import PLANS
from diwan_core.register.storage.steps import take_step

AT_ONCE: Final = 1_000
"""Records indexed in one transaction: of fewer, the index would get many small segments, which have to be merged. A
save that comes meanwhile waits for 25 ms on a server."""
BULK: Final = 200
"""Records that came since it looked last: with more, a writer is at work that is not to be kept waiting."""
LOOKS_EVERY_S: Final = 1.0
PAUSE_S: Final = 0.02


class Indexing:
    """Takes a step whenever it is asked, until nothing is left."""

    def __init__(self) -> None:
        self._last, self._looks_at = 0, 0.0
        """The number of the newest record when it looked last, and when it looks again whether more come."""

    def turn(self, connection: sqlite3.Connection) -> float | None:
        """A step, unless many have just come; seconds until the next turn, None when nothing is left. Raises
        sqlite3.Error."""
        if pending(connection) is None:
            return None
        now = world.monotonic_s()
        if now < self._looks_at:
            return self._looks_at - now
        last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        before, self._last = self._last, last
        if last - before > BULK:
            self._looks_at = now + LOOKS_EVERY_S
            return LOOKS_EVERY_S
        return PAUSE_S if take_step(connection, _some) else None


def _some(connection: sqlite3.Connection) -> bool:
    return index_some(connection, PLANS, AT_ONCE)
