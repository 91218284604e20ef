"""The scratch database in which a salvage keeps what it found, and which of it the chains prove.

It is thrown away at the end, so nothing of it has to survive a power cut."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from diwan_core.register.storage.database import errors_named

_TABLES: Final = """
CREATE TABLE row (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, no INTEGER NOT NULL, live INTEGER NOT NULL, verdict INTEGER NOT NULL,
    meta TEXT NOT NULL,
    rest TEXT, nominal TEXT, salt BLOB, hash BLOB NOT NULL, signature BLOB, commitments BLOB, content BLOB NOT NULL,
    PRIMARY KEY (epoch, seq, content)
) WITHOUT ROWID;
CREATE TABLE record (no INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL);
CREATE TABLE state (
    no INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, created INTEGER NOT NULL,
    updated INTEGER NOT NULL, heads TEXT, rest TEXT NOT NULL, nominal TEXT
);
CREATE TABLE base (no INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
CREATE TABLE alternative (
    record INTEGER NOT NULL, key TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hlc INTEGER NOT NULL,
    nominal INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (record, key, epoch, seq)
) WITHOUT ROWID;
CREATE TABLE proven (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, no INTEGER NOT NULL, content BLOB NOT NULL, hash BLOB NOT NULL,
    edge INTEGER NOT NULL, more INTEGER NOT NULL, signed INTEGER NOT NULL, PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE TABLE ledger (number INTEGER NOT NULL, entry BLOB NOT NULL, PRIMARY KEY (number, entry)) WITHOUT ROWID;
"""
_ROW: Final = "seq, no, content, meta, rest, nominal, salt, hash, signature, commitments"


class FoundRow(NamedTuple):
    """A possible row of the journal. `no` was its number in the damaged register; `content` is a hash of the rest, by
    which two different candidates for one row are told apart."""

    seq: int
    no: int
    content: bytes
    meta: str
    rest: str | None
    nominal: str | None
    salt: bytes | None
    hash: bytes
    signature: bytes | None
    commitments: bytes | None


class FoundState(NamedTuple):
    """A possible state of an edited record, or of one that came by a snapshot."""

    no: int
    record: str
    type: str
    epoch: str
    seq: int
    created: int
    updated: int
    heads: str | None
    rest: str
    nominal: str | None


class ProvenRow(NamedTuple):
    """A row in its place in the chain. `edge`: it stands behind a gap, so that it is not proven itself. `more`: its
    change set goes on with the next row."""

    epoch: int
    seq: int
    no: int
    content: bytes
    hash: bytes
    edge: bool
    more: bool
    signed: bool


class Scratch:
    """The open scratch database, at a path where there is no file yet. Epochs are given by their numbers in the damaged
    register."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with errors_named(path):
            self._connection = sqlite3.connect(path, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=OFF")
            self._connection.execute("PRAGMA synchronous=OFF")
            self._connection.executescript(_TABLES)

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Write many rows in one transaction, which is quicker. Raises RegisterError, such as DiskFull."""
        with errors_named(self._path):
            self._connection.execute("BEGIN")
            yield
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the database."""
        self._connection.close()

    # -- what was found -------------------------------------------------------------------------------------------

    def add_row(self, epoch: int, row: FoundRow, *, live: bool, verdict: int) -> None:
        """A candidate for a row of the journal; `live` ones are of the database as its last commit left it."""
        self._connection.execute(
            "INSERT OR IGNORE INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (epoch, row.seq, row.no, live, verdict, *row[3:], row.content),
        )

    def add_ledger_entry(self, number: int, entry: bytes) -> None:
        """A candidate for an entry of the ledger."""
        self._connection.execute("INSERT OR IGNORE INTO ledger VALUES (?, ?)", (number, entry))

    def add_record(self, number: int, record: str, kind: str) -> None:
        """A record's number, id and type."""
        self._connection.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (number, record, kind))

    def add_base(self, number: int, epoch: str) -> None:
        """A record's creating row, by its number in the damaged register, and the id of that row's epoch."""
        self._connection.execute("INSERT OR IGNORE INTO base VALUES (?, ?)", (number, epoch))

    def add_state(
        self,
        number: int,
        epoch: str,
        seq: int,
        created: int,
        updated: int,
        heads: str | None,
        rest: str,
        nominal: str | None,
    ) -> None:
        """A record's state; of several the one that was written last is kept."""
        self._connection.execute(
            "INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO UPDATE SET "
            "updated=excluded.updated, heads=excluded.heads, rest=excluded.rest, nominal=excluded.nominal "
            "WHERE excluded.updated>updated",
            (number, epoch, seq, created, updated, heads, rest, nominal),
        )

    def add_alternative(self, row: tuple[int, str, str, int, int, int, str]) -> None:
        """One of the values that stand side by side: (record, key, epoch, seq, stamp, nominal, value)."""
        self._connection.execute("INSERT OR REPLACE INTO alternative VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    # -- reading it -----------------------------------------------------------------------------------------------

    def _all(self, sql: str, *parameters: object) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()

    def epochs(self) -> list[int]:
        """The epochs of which there are rows."""
        return [number for (number,) in self._all("SELECT DISTINCT epoch FROM row")]

    def first_rows(self) -> list[tuple[int, str, str | None]]:
        """(epoch, meta, rest) of everything that may be the first row of an epoch."""
        return self._all("SELECT epoch, meta, rest FROM row WHERE seq=1")

    def hashes(self, epoch: int) -> Iterator[bytes]:
        """The hashes of all candidates of an epoch."""
        for (digest,) in self._connection.execute("SELECT hash FROM row WHERE epoch=?", (epoch,)):
            yield digest

    def names_by_records(self, epoch: int) -> list[str]:
        """The ids that records give to the epoch in which their creating rows stand."""
        found = self._all("SELECT DISTINCT b.epoch FROM row r JOIN base b ON b.no=r.no WHERE r.epoch=?", epoch)
        return [name for (name,) in found]

    def checkpoints(self, epoch: int) -> list[tuple[int, bytes, bytes]]:
        """(row, hash, signature) of some signed candidates of an epoch."""
        return self._all("SELECT seq, hash, signature FROM row WHERE epoch=? AND signature IS NOT NULL LIMIT 50", epoch)

    def candidates(self, epoch: int, first: int) -> Iterator[FoundRow]:
        """Every candidate of an epoch from a row on; of one row those of the live database come first."""
        for row in self._connection.execute(
            f"SELECT {_ROW} FROM row WHERE epoch=? AND seq>=? ORDER BY seq, live DESC, signature IS NULL",
            (epoch, first),
        ):
            yield FoundRow(*row)

    def ledger_entries(self, number: int) -> list[bytes]:
        """The candidates for an entry of the ledger, the shortest first."""
        return [
            entry for (entry,) in self._all("SELECT entry FROM ledger WHERE number=? ORDER BY length(entry)", number)
        ]

    def states(self) -> list[FoundState]:
        """The states of all records whose ids are known."""
        sql = (
            "SELECT s.no, r.id, r.type, s.epoch, s.seq, s.created, s.updated, s.heads, s.rest, s.nominal "
            "FROM state s JOIN record r ON r.no=s.no"
        )
        return [FoundState(*row) for row in self._all(sql)]

    def alternatives(self, number: int) -> list[tuple[str, str, int, int, int, str]]:
        """(key, epoch, seq, stamp, nominal, value) of a record's values that stand side by side."""
        return self._all("SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", number)

    # -- what the chains prove ------------------------------------------------------------------------------------

    def add_proven(self, row: ProvenRow) -> None:
        """A row has its place in the chain of its epoch."""
        self._connection.execute("INSERT INTO proven VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def proven_places(self, epoch: int) -> list[tuple[int, int, int]]:
        """(row, edge, more) of all rows of an epoch that have their places, in order."""
        return self._all("SELECT seq, edge, more FROM proven WHERE epoch=? ORDER BY seq", epoch)

    def proven_content(self, epoch: int, seq: int) -> bytes | None:
        """Which candidate has the place of a row."""
        found = self._all("SELECT content FROM proven WHERE epoch=? AND seq=?", epoch, seq)
        return found[0][0] if found else None

    def proven_hash(self, epoch: int, seq: int) -> bytes:
        """The hash of the row that has this place; none where no row has it."""
        found = self._all("SELECT hash FROM proven WHERE epoch=? AND seq=?", epoch, seq)
        return bytes(found[0][0]) if found else b""

    def is_proven(self, epoch: int, seq: int) -> bool:
        """Whether a row is what its author wrote."""
        return bool(self._all("SELECT 1 FROM proven WHERE epoch=? AND seq=? AND edge=0", epoch, seq))

    def proven_rows(self) -> Iterator[tuple[int, FoundRow]]:
        """(epoch, row) of all that is proven, in the order in which the rows came into the damaged register."""
        columns = ", ".join(f"r.{name.strip()}" for name in _ROW.split(","))
        for epoch, *values in self._connection.execute(
            f"SELECT r.epoch, {columns} FROM proven p "
            "JOIN row r ON r.epoch=p.epoch AND r.seq=p.seq AND r.content=p.content "
            "WHERE p.edge=0 ORDER BY p.no, p.epoch, p.seq"
        ):
            yield epoch, FoundRow(*values)
