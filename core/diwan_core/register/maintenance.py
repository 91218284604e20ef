"""Maintenance beside the writers, so that no save waits for it: a thread of the node's long-running process copies
the write-ahead log into the database (`checkpointing`), indexes what came in bulk (`index_later`), merges the search
index (`fts_merge`), indexes again what an earlier release folded otherwise (`reindex`), enters coded values in their
index (`coding`), and works amounts out again (`amounts_again`)."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from diwan_core import world
from diwan_core.health.findings import Findings
from diwan_core.register.records import amounts_again
from diwan_core.register.search.coding import Coding
from diwan_core.register.search.index_later import Indexing
from diwan_core.register.search.reindex import Refolding
from diwan_core.register.storage.blobs import BlobStore
from diwan_core.register.storage.checkpointing import LogCopier
from diwan_core.register.storage.database import (
    RegisterDamaged,
    RegisterError,
    connect,
    errors_named,
    refuse_if_unusable,
)
from diwan_core.register.storage.fts_merge import Merging

EVERY_S: Final = 1.0
AFTER_ERROR_S: Final = 60.0
"""A full disk, say, is left alone for so long."""
PART: Final = "upkeep"
"""Under this name it notes that the register cannot be written."""

log = logging.getLogger("diwan.register")


class Upkeep:
    """Runs from `with` to its end."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._end = threading.Event()
        self._thread = world.background(self._run, "upkeep")

    def __enter__(self) -> Upkeep:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(turns(self._database)) as waits:
            for pause in waits:
                if self._end.wait(pause):
                    break


def turns(database: Path) -> Generator[float, None, None]:
    """Do what is due, and give the seconds to wait before the next turn; for ever, until it is closed."""
    findings = Findings(database.parent, PART)
    with suppress(OSError):
        BlobStore(database.parent / "blobs").forget_abandoned()
    while True:
        try:
            with upkeep_connection(database) as connection:
                findings.clear(*findings.codes())
                yield from _turns(database, connection)
        except RegisterError as error:
            log.warning("the log is not kept short, or the search index not merged: %s", error)
            if isinstance(error, RegisterDamaged):
                findings.note(f"register_{error.kind}", reason=" ".join(str(error).split()))
            yield AFTER_ERROR_S


def _turns(database: Path, connection: sqlite3.Connection) -> Generator[float, None, None]:
    copier, merging, refolding, indexing, coding = LogCopier(database), Merging(), Refolding(), Indexing(), Coding()
    pause, since = EVERY_S, 0.0
    while True:
        yield pause
        refuse_if_unusable(database)
        since += pause
        if since >= EVERY_S:
            since = 0.0
            copier.turn(connection)
        pause = min(work.turn(connection) or EVERY_S for work in (refolding, indexing))
        if pause < EVERY_S:
            merging.again()
        others = (coding.turn(connection), merging.turn(connection), amounts_again.turn(connection))
        pause = min(pause, *(waits or EVERY_S for waits in others))


@contextmanager
def upkeep_connection(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection for this work, which waits for nobody and syncs as a writer does. An error of a sync is noted before
    it is closed, so that the log stays. Raises RegisterError."""
    refuse_if_unusable(database)
    with errors_named(database), closing(connect(database)) as connection, errors_named(database):
        connection.execute("PRAGMA busy_timeout=0")
        # What is committed here is told to nobody, but what is saved after it stands behind it in the log.
        # If it were not synced at once, and the next sync failed, Linux would hold it for written, and a power cut
        # would cut off the saves behind it, though each of them was synced.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-1024")
        # SQLite does not say when a sync of its own copying fails.
        connection.execute("PRAGMA wal_autocheckpoint=0")
        yield connection
