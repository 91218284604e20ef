"""The log of a register is copied into it when enough has gathered, and not again for every little save after that."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.register.storage.checkpointing import WORTH_BYTES, LogCopier


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "some.db"


@pytest.fixture
def writer(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE word (text TEXT)")
        yield connection


@pytest.fixture
def beside(database: Path, writer: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        yield connection


def write_enough(writer: sqlite3.Connection) -> None:
    writer.execute("INSERT INTO word VALUES (?)", ("x" * (WORTH_BYTES + 100_000),))


def is_written_to_by(copier: LogCopier, beside: sqlite3.Connection, database: Path) -> bool:
    """Whether a turn writes to the database. Closing its file here would free SQLite's locks on it."""
    os.utime(database, (0, 0))
    copier.turn(beside)
    return database.stat().st_mtime_ns != 0


def test_a_little_in_the_log_is_left_there(
    database: Path, writer: sqlite3.Connection, beside: sqlite3.Connection
) -> None:
    assert not is_written_to_by(LogCopier(database), beside, database)


def test_a_database_without_a_log_is_left_alone(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        LogCopier(database).turn(connection)
    assert not database.exists() or not database.stat().st_size


def test_enough_is_copied(database: Path, writer: sqlite3.Connection, beside: sqlite3.Connection) -> None:
    write_enough(writer)
    assert is_written_to_by(LogCopier(database), beside, database)
    assert database.stat().st_size > WORTH_BYTES


def test_enough_in_many_small_saves_is_copied_too(
    database: Path, writer: sqlite3.Connection, beside: sqlite3.Connection
) -> None:
    writer.execute("PRAGMA synchronous=OFF")
    copier, saves = LogCopier(database), 0
    while not is_written_to_by(copier, beside, database):
        for _ in range(50):
            writer.execute("INSERT INTO word VALUES ('a word')")
        saves += 50
        assert saves < 5000
    (page,) = writer.execute("PRAGMA page_size").fetchone()
    assert saves * page * 0.9 < WORTH_BYTES <= (saves + 3) * page


def test_after_that_a_little_waits_again_although_the_file_of_the_log_is_long(
    database: Path, writer: sqlite3.Connection, beside: sqlite3.Connection
) -> None:
    copier = LogCopier(database)
    write_enough(writer)
    copier.turn(beside)
    assert not is_written_to_by(copier, beside, database)
    writer.execute("INSERT INTO word VALUES ('little')")
    assert database.with_name("some.db-wal").stat().st_size >= WORTH_BYTES
    assert not is_written_to_by(copier, beside, database)
    write_enough(writer)
    assert is_written_to_by(copier, beside, database)


def test_what_a_reader_held_up_is_copied_once_it_is_gone(
    database: Path, writer: sqlite3.Connection, beside: sqlite3.Connection
) -> None:
    copier = LogCopier(database)
    writer.execute("INSERT INTO word VALUES ('one')")
    with closing(sqlite3.connect(database, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM word").fetchall()
        write_enough(writer)
        copier.turn(beside)
        assert database.stat().st_size < WORTH_BYTES
        reader.execute("COMMIT")
    copier.turn(beside)
    assert database.stat().st_size > WORTH_BYTES
