"""Copies databases while people work, and reads what a copy holds, for backups (ADR 35).

A copy is made by SQLite's online backup in one step, so that it is one moment of the original, with all that was
committed to the write-ahead log until then. It needs no log of its own: nothing lies beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core import world
from diwan_core.register.storage.database import Store, connect, translate_error

_WAIT_S: Final = 20.0
_COPY_CACHE_KIB: Final = 65_536


class EpochHead(NamedTuple):
    """Where an epoch of an origin stands. `whole`: up to this row the pictures of all rows are there too."""

    epoch: str
    origin: str
    seq: int
    hash: bytes
    whole: int


def copy_database(source: Path, target: Path, scrub: Iterable[str] = ()) -> None:
    """Copy a database in one step into a new file of its owner alone, on the disk when this returns. `scrub` are
    statements that take secrets out of the copy, whose bytes are overwritten. Raises RegisterError, OSError."""
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with (
            closing(connect(source, read_only=True, wait_s=_WAIT_S)) as original,
            closing(connect(target)) as copy,
        ):
            copy.execute("PRAGMA synchronous=OFF")
            original.backup(copy, pages=-1)
            copy.execute("PRAGMA journal_mode=DELETE")  # the copied header says WAL
            _scrub(copy, scrub)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise translate_error(error, source) from error
    with target.open("rb") as file:
        world.sync_file(file.fileno())


def _scrub(copy: sqlite3.Connection, statements: Iterable[str]) -> None:
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    due = [one for one in statements if one.split()[2] in tables]
    if not due:
        return
    copy.execute("PRAGMA secure_delete=ON")
    for statement in due:
        copy.execute(statement)
    copy.execute("VACUUM")  # pages that were free before hold what was deleted from them


def use_wal(path: Path) -> None:
    """Let a database that was put back keep a write-ahead log again, and take away a log that lay beside it before:
    it is another file's. Raises RegisterError."""
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    try:
        with closing(connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def fault_of(path: Path) -> str:
    """Why a database cannot be used, by SQLite's own check of every page; "" where it is sound."""
    try:
        with closing(_opened(path)) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.Error as error:
        return str(error)
    return "" if found == ["ok"] else "; ".join(found)[:300]


def row_counts(path: Path) -> dict[str, int]:
    """How many rows each table has; tables of the search index, which are derived, are left out. Raises
    RegisterError."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    try:
        with closing(_opened(path)) as connection:
            tables = connection.execute(sql).fetchall()
            derived = [name for name, text in tables if text.upper().startswith("CREATE VIRTUAL")]
            plain = [name for name, _ in tables if not any(f"{name}_".startswith(f"{one}_") for one in derived)]
            return {name: connection.execute(f"SELECT count(*) FROM [{name}]").fetchone()[0] for name in plain}
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def heads_of(path: Path, pictures: Iterable[str] | None = None) -> list[EpochHead]:
    """The head of every epoch in a register's file; with the names of the pictures that are in the same archive, how
    far each is whole. Raises RegisterError."""
    try:
        with closing(_opened(path)) as connection:
            return _heads(connection, pictures)
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def _heads(connection: sqlite3.Connection, pictures: Iterable[str] | None) -> list[EpochHead]:
    first_lacking = _first_lacking(connection, None if pictures is None else set(pictures))
    found = connection.execute("SELECT no, id, origin, seq, hash FROM epoch ORDER BY no").fetchall()
    return [
        EpochHead(epoch, origin, seq, digest, min(seq, first_lacking.get(no, seq + 1) - 1))
        for no, epoch, origin, seq, digest in found
    ]


def _first_lacking(connection: sqlite3.Connection, pictures: set[str] | None) -> dict[int, int]:
    """By the number of an epoch: its first row whose picture is not there."""
    if pictures is None:
        return dict(
            connection.execute(
                "SELECT j.epoch, min(j.seq) FROM record_attachment t JOIN journal j ON j.no=t.base "
                "LEFT JOIN blob b ON b.sha256=t.sha256 WHERE b.sha256 IS NULL OR b.have<b.size GROUP BY j.epoch"
            ).fetchall()
        )
    lacking: dict[int, int] = {}
    for epoch, seq, name in connection.execute(
        "SELECT j.epoch, j.seq, t.sha256 FROM record_attachment t JOIN journal j ON j.no=t.base "
        "WHERE t.sha256 IS NOT NULL"
    ):
        if name not in pictures:
            lacking[epoch] = min(seq, lacking.get(epoch, seq))
    return lacking


def held_in(store: Store, tables: Iterable[str]) -> dict[str, int]:
    """How many rows each of these tables of an open register has. Raises RegisterError."""
    return {name: int(store.one(f"SELECT count(*) FROM [{name}]")) for name in tables}


def heads_in(store: Store) -> list[EpochHead]:
    """The head of every epoch of an open register; those pictures count that are complete here. Raises
    RegisterError."""
    with store.read() as connection:
        return _heads(connection, None)


def ledger_of(path: Path) -> tuple[int, bytes]:
    """How many entries the ledger in a register's file has, and the last one. Raises RegisterError."""
    try:
        with closing(_opened(path)) as connection:
            found = connection.execute("SELECT number, entry FROM ledger ORDER BY number DESC LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise translate_error(error, path) from error
    return (0, b"") if found is None else (int(found[0]), bytes(found[1]))


def last_erasure(path: Path) -> int:
    """The number of the ledger's last entry that ordered an erasure; 0 where none did. Raises RegisterError."""
    try:
        with closing(_opened(path)) as connection:
            return int(connection.execute("SELECT coalesce(max(entry), 0) FROM erasure").fetchone()[0])
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def complete_pictures(path: Path) -> dict[str, int]:
    """The pictures that a register's file says are here whole, and their sizes. Raises RegisterError."""
    try:
        with closing(_opened(path)) as connection:
            return dict(connection.execute("SELECT sha256, size FROM blob WHERE have=size").fetchall())
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def schema_mark(path: Path) -> int:
    """Which release's schema a register's file has. Raises RegisterError."""
    try:
        with closing(_opened(path)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def differences(found: Iterable[EpochHead], wanted: Mapping[str, tuple[int, bytes]]) -> list[str]:
    """In words: which epochs of a copy are not what its manifest says."""
    held = {head.epoch: (head.seq, head.hash) for head in found}
    names = sorted({*held, *wanted})
    return [f"epoch {name}: {_said(held.get(name))} instead of {_said(wanted.get(name))}" for name in names
            if held.get(name) != wanted.get(name)]  # fmt: skip


def _said(head: tuple[int, bytes] | None) -> str:
    return "none" if head is None else f"row {head[0]} ({head[1].hex()[:8]})"


def _opened(path: Path) -> sqlite3.Connection:
    """A file nobody else has: `immutable` leaves no log beside it."""
    connection = connect(path, read_only=True, immutable=True)
    connection.execute(f"PRAGMA cache_size=-{_COPY_CACHE_KIB}")
    return connection
