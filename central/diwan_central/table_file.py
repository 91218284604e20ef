"""A database file that the centre keeps beside the register (assets, roll-out). Migrations only add."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Final, Self, TypeAlias

from diwan_core.node import NodeError
from diwan_core.trust.files import write_private

_WAIT_S: Final = 20.0
Value = str | int | bytes
Row: TypeAlias = sqlite3.Row


class FileUnusable(NodeError):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class TableFile:
    """One connection for all threads of a process; other processes of the centre may have theirs."""

    name: ClassVar[str]
    """Of the file, in the centre's folder."""
    schema: ClassVar[tuple[str, ...]]
    """One script for each version, of statements that end with a semicolon. Scripts are only added."""
    unusable: ClassVar[type[FileUnusable]]

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self.path, self._lock = connection, path, threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open (make, migrate) the file in the centre's folder. Raises FileUnusable."""
        path = folder / cls.name
        try:
            with suppress(FileExistsError):
                write_private(path, b"", replace=False)
            connection = sqlite3.connect(path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
        except (OSError, sqlite3.Error) as error:
            raise cls._failed(path, error) from error
        store = cls(connection, path)
        if int(store.rows("pragma user_version")[0][0]) != len(cls.schema):
            store._migrate()
        return store

    def _migrate(self) -> None:
        with self.writing():
            version = int(self.rows("pragma user_version")[0][0])
            for number, script in enumerate(self.schema[version:], version + 1):
                for statement in script.split(";"):
                    if statement.strip():
                        self.write(statement)
                self.write(f"pragma user_version = {number}")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a question. Raises FileUnusable."""
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed(self.path, error) from error

    def write(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run a statement; the id of the row it made. Raises FileUnusable."""
        with self._lock:
            try:
                return self._connection.execute(sql, values).lastrowid or 0
            except sqlite3.Error as error:
                raise self._failed(self.path, error) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing. Raises FileUnusable."""
        with self._lock:
            self.write("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.rollback()
                raise
            self.write("commit")

    @classmethod
    def _failed(cls, path: Path, error: Exception) -> FileUnusable:
        return cls.unusable(
            f"{path} cannot be used: {error}. Check the disk; put it back from a backup if it is damaged."
        )
