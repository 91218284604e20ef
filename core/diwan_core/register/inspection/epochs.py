"""The journal as it lies in the database: its epochs, and the rows of each in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

_ROWS: Final = (
    "SELECT no, seq, verdict, CAST(meta AS BLOB), CAST(rest AS BLOB), CAST(nominal AS BLOB), salt, hash, signature, "
    "commitments FROM journal WHERE epoch=? AND seq>=? AND seq<=? ORDER BY seq"
)
_ALL: Final = 1 << 60


class HeldRow(NamedTuple):
    """A row of the journal as it lies in the database. `commitments` (C_rest ‖ C_nominal) is there once a half of the
    row was erased; `salt` then belongs to the half that is left."""

    no: int
    seq: int
    verdict: int
    meta: bytes
    rest: bytes | None
    nominal: bytes | None
    salt: bytes | None
    hash: bytes
    signature: bytes | None
    commitments: bytes | None

    @property
    def erased(self) -> bool:
        """Whether a half of the row was erased."""
        return self.commitments is not None


class HeldEpoch(NamedTuple):
    """An epoch as the table of epochs gives it."""

    no: int
    id: str
    origin: str
    own: int
    parent: str | None
    parent_seq: int | None
    parent_hash: bytes | None
    seq: int
    hash: bytes
    signed: int
    stored: int
    receipt: bytes | None
    applied: int
    waiting: int
    quarantined: int


class EpochReading:
    """Reads the journal inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def epochs(self) -> list[HeldEpoch]:
        """Every epoch, in the order in which they became known here."""
        columns = ", ".join(HeldEpoch._fields)
        return [HeldEpoch(*row) for row in self._connection.execute(f"SELECT {columns} FROM epoch ORDER BY no")]

    def own_epoch(self) -> str | None:
        """The id of the epoch that this node writes in; None before its first row.

        The lost epochs of a database that was put back come again from the centre as own ones. The branch that was
        written last is the one that counts."""
        found = self._connection.execute(
            "SELECT id FROM epoch WHERE own=1 AND seq>0 "
            "ORDER BY no IS (SELECT value FROM state WHERE key='own_epoch') DESC, no DESC LIMIT 1"
        ).fetchone()
        return None if found is None else str(found[0])

    def rows(self, epoch: int, first: int = 1, last: int = _ALL) -> Iterator[HeldRow]:
        """The rows of an epoch (by its number here) from `first` to `last`, in order."""
        for row in self._connection.execute(_ROWS, (epoch, first, last)):
            yield HeldRow(*row)

    def row_hash(self, epoch: int, seq: int | None) -> bytes | None:
        """The hash of one row; None where the row is not here."""
        found = self._connection.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (epoch, seq)).fetchone()
        return None if found is None else found[0]

    def joints(self, epoch: int) -> dict[int, bytes]:
        """The rows after which a snapshot let an epoch go on here, each with its hash."""
        return dict(self._connection.execute("SELECT seq, hash FROM joint WHERE epoch=?", (epoch,)).fetchall())

    def hash_before(self, epoch: int, seq: int) -> bytes | None:
        """The hash that a row is chained to: that of the row before it, or of a snapshot's joint there."""
        before = (epoch, seq - 1)
        found = self._connection.execute(
            "SELECT hash FROM journal WHERE epoch=? AND seq=? UNION ALL SELECT hash FROM joint WHERE epoch=? AND seq=?",
            before + before,
        ).fetchone()
        return None if found is None else found[0]

    def rows_of_no_epoch(self) -> list[tuple[int, int, int]]:
        """For each number of an epoch that the table of epochs lacks: (number, first row, how many rows)."""
        return self._connection.execute(
            "SELECT epoch, min(seq), count(*) FROM journal WHERE epoch NOT IN (SELECT no FROM epoch) GROUP BY epoch"
        ).fetchall()
