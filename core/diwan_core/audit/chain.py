"""One row's link of the chain, from its values or from what an erasure left of them."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from diwan_core.register.journal.row import NO_COMMITMENT, commitments


class HeldRow(NamedTuple):
    """A row of the journal as it lies on the disk. `commitments` (C_rest ‖ C_nominal) is there once something of the
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
        """Whether a half of it was erased."""
        return self.commitments is not None


_SELECT: Final = (
    "SELECT no, seq, verdict, CAST(meta AS BLOB), CAST(rest AS BLOB), CAST(nominal AS BLOB), salt, hash, signature, "
    "commitments FROM journal WHERE epoch=? AND seq>=? AND seq<=? ORDER BY seq"
)


def rows_of(connection: sqlite3.Connection, epoch_no: int, first: int = 1, last: int = 1 << 60) -> Iterator[HeldRow]:
    """The rows of an epoch held here, in order."""
    for row in connection.execute(_SELECT, (epoch_no, first, last)):
        yield HeldRow(*row)


def committed(
    salt: bytes | None, rest: bytes | None, nominal: bytes | None, kept: bytes | None
) -> tuple[bytes, bytes] | None:
    """C_rest and C_nominal; None where the values, and what an erasure kept of them, do not fit together."""
    if kept is None:
        return None if salt is None or len(salt) != 16 or rest is None else commitments(salt, rest, nominal)
    if len(kept) != 64:
        return None
    one, other = kept[:32], kept[32:]
    if rest is not None and hashlib.sha256((salt or b"") + rest).digest() != one:
        return None
    if nominal is not None and (other == NO_COMMITMENT or hashlib.sha256((salt or b"") + nominal).digest() != other):
        return None
    return one, other
