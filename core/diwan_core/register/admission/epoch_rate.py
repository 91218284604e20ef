"""The rate at which a node may open epochs at the centre.

An epoch is a boot of a machine. Each one stays in every register of the country for ever, so a node that opens them as
fast as a line carries them would fill all cards. Every node may open many at once (a post that comes back after months
brings one for each power cut), and after that some in an hour. What is over the rate is not admitted and not receipted:
it stays at its node, which sends it again later."""

from __future__ import annotations

import logging
import sqlite3
from typing import Final

from diwan_core.register.admission.bundle import Bundle
from diwan_core.register.storage.database import now_ms

AT_ONCE: Final = 500
EACH_MS: Final = 60_000
"""One more for each minute that passes, until there are AT_ONCE again."""

log = logging.getLogger("diwan.ingest")


def may_open(connection: sqlite3.Connection, bundle: Bundle) -> bool:
    """Whether rows may be admitted: always those of an epoch that is known here; else where its node has not opened too
    many."""
    if connection.execute("SELECT 1 FROM epoch WHERE id=?", (bundle.epoch,)).fetchone() is not None:
        return True
    moment = now_ms()
    since, over = _standing(connection, bundle.origin, moment)
    if since + EACH_MS <= moment:
        return True
    if not over:
        log.warning("%s opens epochs faster than one a minute: the rest waits there", bundle.origin)
    connection.execute("INSERT OR REPLACE INTO epoch_rate VALUES (?, ?, ?)", (bundle.origin, since, over + 1))
    return False


def note_opened(connection: sqlite3.Connection, origin: str) -> None:
    """A node has opened an epoch."""
    since, _ = _standing(connection, origin, now_ms())
    connection.execute("INSERT OR REPLACE INTO epoch_rate VALUES (?, ?, 0)", (origin, since + EACH_MS))


def _standing(connection: sqlite3.Connection, origin: str, moment: int) -> tuple[int, int]:
    """The moment from which one epoch a minute makes all that a node has opened, and how often it was put off since.
    The moment is never far in the past, since not more than AT_ONCE are saved up; nor in the future, where the clock
    was wrong."""
    row = connection.execute("SELECT since, over FROM epoch_rate WHERE origin=?", (origin,)).fetchone()
    since, over = row or (0, 0)
    return min(max(since, moment - AT_ONCE * EACH_MS), moment), over
