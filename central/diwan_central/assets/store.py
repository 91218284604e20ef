"""The file `DIR/assets.db`: machines, the sheets they were accepted by, who changed what. Its schema only grows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from diwan_core.node import NodeError
from diwan_core.trust.files import write_private

FILE: Final = "assets.db"
_WAIT_S: Final = 20.0
_SCHEMA: Final = (
    """
    create table machine (
        id integer primary key, tag text not null, serial text not null, model text not null, profile text not null,
        place text not null, state text not null, since_ms integer not null, warranty_until text not null,
        note text not null, disk text not null, disk_serial text not null
    ) strict;
    create unique index machine_by_serial on machine (serial, model) where serial != '';
    create index machine_by_tag on machine (tag) where tag != '';
    create table sheet (
        name text primary key, machine integer not null references machine (id), signer text not null,
        technician text not null, tag text not null, profile text not null, place text not null, outcome text not null,
        ended_ms integer not null, taken_ms integer not null, taken_by text not null, clock_wrong integer not null
    ) strict;
    create index sheet_of_machine on sheet (machine, ended_ms);
    create table change (
        id integer primary key, machine integer not null references machine (id), at_ms integer not null,
        person text not null, field text not null, before text not null, after text not null
    ) strict;
    create index change_of_machine on change (machine, id);
    """,
)
Value = str | int


class AssetsUnusable(NodeError):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class AssetStore:
    """One connection for all threads of a process; other processes of the centre may have theirs."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self.path, self._lock = connection, path, threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> AssetStore:
        """Open (make, migrate) `assets.db` in the centre's folder. Raises AssetsUnusable."""
        path = folder / FILE
        try:
            with suppress(FileExistsError):
                write_private(path, b"", replace=False)
            connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        store = cls(connection, path)
        with store.writing():
            version = int(store.rows("pragma user_version")[0][0])
            for number, script in enumerate(_SCHEMA[version:], version + 1):
                for statement in script.split(";"):
                    if statement.strip():
                        store.write(statement)
                store.write(f"pragma user_version = {number}")
        return store

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> AssetStore:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[sqlite3.Row]:
        """All rows of a question. Raises AssetsUnusable."""
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise _unusable(self.path, error) from error

    def write(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run a statement; the id of the row it made. Raises AssetsUnusable."""
        with self._lock:
            try:
                return self._connection.execute(sql, values).lastrowid or 0
            except sqlite3.Error as error:
                raise _unusable(self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing. Raises AssetsUnusable."""
        with self._lock:
            self.write("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self.write("commit")


def _unusable(path: Path, error: Exception) -> AssetsUnusable:
    return AssetsUnusable(
        f"{path} cannot be used: {error}. Check the disk; put it back from a backup if it is damaged."
    )
