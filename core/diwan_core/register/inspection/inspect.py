"""Read all of a register from one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from diwan_core.register.inspection.epochs import EpochReading
from diwan_core.register.inspection.evidence import CaseReading
from diwan_core.register.inspection.network import NetworkReading
from diwan_core.register.inspection.states import StateReading
from diwan_core.register.storage.database import Store

_FAULTS_AT_MOST: Final = 20


class Inspection:
    """The view of a register in one read transaction: `journal`, `network`, `states` and `case` each read a part."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.journal = EpochReading(connection)
        self.network = NetworkReading(connection)
        self.states = StateReading(connection)
        self.case = CaseReading(connection)

    def file_faults(self) -> list[str]:
        """The faults that SQLite's own check of every page and index finds, in its words."""
        found = self._connection.execute(f"PRAGMA integrity_check({_FAULTS_AT_MOST})")
        return [str(fault) for (fault,) in found if fault != "ok"]

    def complete_blobs(self) -> Iterator[tuple[str, int]]:
        """(name, bytes) of each picture or document that the register says is whole here."""
        yield from self._connection.execute("SELECT sha256, size FROM blob WHERE have=size")


@contextmanager
def inspect(store: Store) -> Iterator[Inspection]:
    """Read a register inside one read transaction. Raises RegisterError, also while it is read."""
    with store.read() as connection:
        yield Inspection(connection)
