"""Enters coded values of new records in their index, beside the saves: a little while others write, more when they
pause, nothing for a few records, and nothing before the words of what came in bulk are indexed. A search reads what is
not entered yet itself, and says where that is too much (`together`)."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core import world
from diwan_core.register.index import codes
from diwan_core.register.index.pending import pending
from diwan_core.register.records.type_plan import CODE_READERS
from diwan_core.register.storage.steps import take_step

FEW: Final = 32
"""Fewer records than this are left for later: a transaction after each save would be a second sync for it, and a search
reads so few in a millisecond."""
MOST: Final = 20_000
"""With more than these left it waits no longer."""
BATCH: Final = 500
STEP_S: Final = 0.008
"""How long such a transaction holds the write lock, about; and one beside others that write."""
STEP_WHILE_WRITTEN_S: Final = 0.001
WHILE_WRITTEN_S: Final = 0.25
"""Between two steps while others write: less than a hundredth of their time."""
WHILE_QUIET_S: Final = 0.02


class Coding:
    """Takes a step whenever it is asked, until nothing is left."""

    def __init__(self) -> None:
        self._seen = -1
        self._left = True
        self._due = 0.0

    def turn(self, connection: sqlite3.Connection) -> float | None:
        """A step, if anything was written since the last one or is left; seconds until the next turn, None when nothing
        is left. Raises sqlite3.Error."""
        # Counts what others have committed; a step of one's own does not change it.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        written, self._seen = version != self._seen, version
        if not (written or self._left):
            return None
        now = world.monotonic_s()
        if written and now < self._due:
            self._left = True
            return self._due - now
        if pending(connection) is not None and not _is_far_behind(connection):
            self._left = True
            return None
        self._left = _step(connection, STEP_WHILE_WRITTEN_S if written else STEP_S)
        self._due = now + WHILE_WRITTEN_S
        if not self._left:
            return None
        return WHILE_WRITTEN_S if written else WHILE_QUIET_S


def _is_far_behind(connection: sqlite3.Connection) -> bool:
    last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
    return last - codes.done(connection) > MOST


def _step(connection: sqlite3.Connection, seconds: float) -> bool:
    """Enter some records, if there are more than a few; whether more are left. Where another process writes, it is left
    for later."""

    def fill_some(transaction: sqlite3.Connection) -> bool:
        return codes.fill(transaction, CODE_READERS, most=BATCH, seconds=seconds)

    return codes.is_behind(connection, FEW) and take_step(connection, fill_some)


def fill_all(connection: sqlite3.Connection) -> None:
    """Enter all that is left, in the caller's write transaction."""
    while codes.fill(connection, CODE_READERS, most=BATCH, seconds=None):
        pass
