"""What a register holds of one case: its records, the stretches of the journal that hold their rows, its pictures."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class Stretch(NamedTuple):
    """The part of an epoch from the first row of a case to its last. `receipt` is the centre's for the epoch, `heard`
    the time (ms since 1970 UTC) at which the centre last heard of the epoch."""

    epoch_no: int
    epoch: str
    origin: str
    own: int
    first: int
    last: int
    receipt: bytes | None
    heard: int | None


class CaseReading:
    """Reads what belongs to one case inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def records_of_case(self, record: str) -> dict[int, str]:
        """The numbers and ids of a record and of the pictures attached to it; empty where there is no such record."""
        held = self._connection.execute("SELECT no FROM record WHERE id=?", (record,)).fetchone()
        if held is None:
            return {}
        attached = self._connection.execute(
            "SELECT r.no, r.id FROM record_attachment a JOIN record r ON r.no=a.no WHERE a.subject=?", (record,)
        )
        return {held[0]: record, **dict(attached.fetchall())}

    def stretches(self, records: dict[int, str]) -> list[Stretch]:
        """The stretches that hold the rows of these records, by the ids of their epochs."""
        found = self._connection.execute(
            "SELECT e.no, e.id, e.origin, e.own, min(j.seq), max(j.seq), e.receipt, e.heard "
            f"FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.record IN ({_marks(records)}) "
            "GROUP BY e.no ORDER BY e.id",
            list(records),
        )
        return [Stretch(*row) for row in found]

    def next_checkpoint(self, epoch: int, seq: int) -> int | None:
        """The first row from `seq` on that its author signed; None where none is."""
        found: int | None = self._connection.execute(
            "SELECT min(seq) FROM journal WHERE epoch=? AND seq>=? AND signature IS NOT NULL", (epoch, seq)
        ).fetchone()[0]
        return found

    def picture_names(self, records: dict[int, str]) -> list[str]:
        """The names of the pictures that these records hold, sorted."""
        found = self._connection.execute(
            f"SELECT DISTINCT sha256 FROM record_attachment WHERE no IN ({_marks(records)}) AND sha256 IS NOT NULL "
            "ORDER BY sha256",
            list(records),
        )
        return [row[0] for row in found]


def _marks(records: dict[int, str]) -> str:
    return ",".join("?" * len(records))
