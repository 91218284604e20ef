"""What a register holds of the network: the ledger, the nodes made from it, and the scopes' numbering of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple


class HeldNode(NamedTuple):
    """A node as the table of nodes gives it."""

    id: str
    label: str
    signing_key: bytes
    revoked: int
    confirmed: int


class HeldRun(NamedTuple):
    """Consecutive numbers of a scope and the rows they were given to. `row_hash` is that of the last of these rows, and
    None where it is not here; `epoch_id` is None where its epoch is not known."""

    first: int
    last: int
    epoch: int
    first_seq: int
    last_seq: int
    feed_hash: bytes
    row_hash: bytes | None
    epoch_id: str | None


class NetworkReading:
    """Reads ledger, nodes and scopes inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ledger_entries(self) -> list[tuple[int, bytes]]:
        """The entries of the ledger with their numbers, in order."""
        return self._connection.execute("SELECT number, entry FROM ledger ORDER BY number").fetchall()

    def nodes(self) -> Iterator[HeldNode]:
        """Every node that the register knows."""
        for row in self._connection.execute("SELECT id, label, signing_key, revoked, confirmed FROM node"):
            yield HeldNode(*row)

    def scopes(self) -> list[str]:
        """The scopes that this node numbers: at a post none."""
        return [row[0] for row in self._connection.execute("SELECT DISTINCT scope FROM scope_run")]

    def runs(self, scope: str) -> Iterator[HeldRun]:
        """The runs of a scope, in the order of their numbers."""
        for row in self._connection.execute(
            "SELECT s.first, s.last, s.epoch, s.first_seq, s.last_seq, s.feed_hash, j.hash, e.id FROM scope_run s "
            "LEFT JOIN epoch e ON e.no=s.epoch LEFT JOIN journal j ON j.epoch=s.epoch AND j.seq=s.last_seq "
            "WHERE s.scope=? ORDER BY s.first",
            (scope,),
        ):
            yield HeldRun(*row)

    def places(self) -> list[tuple[str, int, bytes]]:
        """At a post, for each scope that it follows: (scope, the number it has come to, the hash there)."""
        return self._connection.execute("SELECT scope, cursor, hash FROM feed").fetchall()

    def rows_of_others(self) -> int:
        """How many rows of other nodes are in the journal."""
        sql = "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.own=0"
        return int(self._connection.execute(sql).fetchone()[0])
