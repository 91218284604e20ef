"""Indexes what was left pending (`index.pending`): beside the writers once no more come in bulk, a portion at a time;
and, while they come, between the transactions of whoever takes them, before so many are pending that each of these has
to index as many as it adds."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core import world
from diwan_core.register.index.pending import MOST, MOST_BYTES, PORTION, index_some, pending
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import Store
from diwan_core.register.storage.steps import take_step

AT_ONCE: Final = 1_000
"""Records indexed in one transaction while nobody else writes: of fewer, the index would get many small segments, which
have to be merged."""
STEP_S: Final = 0.04
"""How long such a transaction holds the write lock, about. One beside others that write holds it for a single portion:
each of their saves may have to wait for it."""
BULK: Final = 500
"""Records that came since it looked last: with more, a writer is at work that is not to be kept waiting."""
LOOKS_EVERY_S: Final = 3.0
"""Longer than a slow machine takes for a transaction of an import, so that some come between two looks."""
PAUSE_S: Final = 0.02
WHILE_WRITTEN_S: Final = 0.1
ROOM: Final = 800
ROOM_BYTES: Final = 1024 * 1024
"""Where less room than this is left for pending records, some are indexed between two transactions that add to them: a
parcel of cases has 700, and a few hundred kilobytes."""
BETWEEN: Final = 1_200
BETWEEN_S: Final = 0.1
"""So many records in such a step, as long as a parcel takes that somebody who reports may wait for; and no longer than
this, as a step of a parcel on a slow machine."""


class Indexing:
    """Takes a step whenever it is asked, until nothing is left."""

    def __init__(self) -> None:
        self._last, self._due, self._seen = 0, 0.0, -1
        """The number of the newest record when it looked last, when it is to look again, and what others had committed
        then."""

    def turn(self, connection: sqlite3.Connection) -> float | None:
        """A step, unless many have just come; seconds until the next turn, None when nothing is left. Raises
        sqlite3.Error."""
        if pending(connection) is None:
            return None
        now = world.monotonic_s()
        if now < self._due:
            return self._due - now
        # Counts what others have committed; a step of one's own does not change it.
        version: int = connection.execute("PRAGMA data_version").fetchone()[0]
        written, self._seen = version != self._seen, version
        last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        before, self._last = self._last, last
        if last - before > BULK:
            pause = LOOKS_EVERY_S
        elif take_step(connection, _some_while_written if written else _some):
            pause = WHILE_WRITTEN_S if written else PAUSE_S
        else:
            return None
        self._due = now + pause
        return pause


def _some(connection: sqlite3.Connection) -> bool:
    return index_some(connection, PLANS, AT_ONCE, STEP_S)


def _some_while_written(connection: sqlite3.Connection) -> bool:
    return index_some(connection, PLANS, PORTION)


def index_between(store: Store) -> bool:
    """Where nearly as much is pending as may be, index some in a transaction of its own; whether it did.

    Whoever takes rows in bulk calls it between two of its transactions. In them, nobody who saves or reports waits for
    both, and larger portions make fewer segments to merge."""
    with store.statements() as connection:
        held = pending(connection)
        if held is None:
            return False
        last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        if last + 1 - held.first <= MOST - ROOM and held.size <= MOST_BYTES - ROOM_BYTES:
            return False
    with store.write() as connection:
        index_some(connection, PLANS, BETWEEN, BETWEEN_S)
    return True
