"""Opens the database file of a node, and offers the one way to write to it."""

from __future__ import annotations

import errno
import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

from diwan_core import crash, world
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import DamageKind, is_marked, kind_of, mark
from diwan_core.register.storage.index_totals import forget_totals
from diwan_core.register.storage.schema import MARK
from diwan_core.register.storage.wall_clock import wall_ms

FILE: Final = "register.db"
CACHE_KIB: Final = 6144
"""Pages a writer keeps in memory, on a Pi too."""
BUSY_MS: Final = 20_000
"""How long a writer waits for another before it gives up; transactions are short, so this is met only when the
disk stalls."""
LOG_LIMIT: Final = 64 * 1024 * 1024
"""How long the log may become where nothing copies it beside the writers (`maintenance`)."""


Transaction: TypeAlias = sqlite3.Connection
"""What `Store.write` and `Store.read` give. Outside the register nobody runs SQL on it: it is handed to functions of
the register, which say by their names what they read or write (`tests/register/test_the_door.py` looks)."""


class RegisterError(Exception):
    """An error that stops the register, in words with the remedy."""


class RegisterBusy(RegisterError):
    """Another process held the database for longer than a writer waits."""


class DiskFull(RegisterError):
    """The disk has no room; nothing of the transaction was kept."""


class RegisterDamaged(RegisterError):
    """The file cannot be used as it is: `kind` says why, the message what to do."""

    def __init__(self, kind: DamageKind, message: str) -> None:
        super().__init__(message)
        self.kind: DamageKind = kind


def damage_error(kind: DamageKind, path: Path, reason: str) -> RegisterDamaged:
    """The error about a file, with its remedy."""
    remedies = {
        "damaged": "it is damaged. Nothing more is written to it. Stop the node and run `diwan post salvage --dir "
        f"{path.parent}`; the handbook's page *The register is damaged* says more",
        "io": "its disk reports errors. Stop the node and save what can be read onto another disk: "
        f"`diwan post salvage --dir {path.parent} --onto FOLDER`",
        "unsynced": "its disk did not confirm what was written. Nothing more is written to it until this machine has "
        "been restarted; nothing that was told saved is lost. If it happens again, stop the node and save it onto "
        f"another disk: `diwan post salvage --dir {path.parent} --onto FOLDER`",
        "readonly": "it cannot be written. Look whether its disk is full of errors and was mounted read-only, and "
        "whether the folder and its files belong to the node's user",
        "missing": f"it is missing, though this node had one. Look whether its disk is mounted at {path.parent}; if it "
        f"is lost, run `diwan post salvage --dir {path.parent}`",
    }
    return RegisterDamaged(kind, f"{path}: {remedies[kind]} ({reason})")


def connect(path: Path, *, read_only: bool = False, immutable: bool = False, wait_s: float = 5.0) -> sqlite3.Connection:
    """A connection to a database file, without transactions of its own. `immutable`: nobody changes the file as long as
    it is open; `wait_s`: how long a statement waits for others. Raises sqlite3.Error."""
    uri = world.database_uri(path, read_only=read_only) + ("&immutable=1" if immutable else "")
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=wait_s)


def connect_memory() -> sqlite3.Connection:
    """A connection to a new database in memory, without transactions of its own; gone when it is closed."""
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)


class Store:
    """One connection to register.db. Writers commit with `synchronous=FULL`: what was told saved survives a power
    cut. `migrate` is called, in a transaction, where a writer finds the schema of another release."""

    def __init__(self, path: Path, *, writer: bool, migrate: Callable[[Transaction], None] | None = None) -> None:
        self.path = path
        self.writer = writer
        self._index_in_doubt = False
        if writer:
            if path.name == FILE:
                unsynced.forget_earlier_boots(path.parent)
                # Also where nobody closes it: Python does, at the end of the process.
                weakref.finalize(self, unsynced.keep_log_if_marked, path)
            refuse_if_unusable(path)
        try:
            if writer:
                _make_private(path)
                self.connection = connect(path)
            else:
                self.connection = connect(path, read_only=True)
            self._prepare(migrate)
        except sqlite3.Error as error:
            raise translate_error(error, path) from error
        except OSError as error:
            if is_disk_full(error):
                raise DiskFull(f"{path}: the disk is full; free some space") from error
            raise RegisterError(f"{path}: cannot be made ({error.strerror}); check the folder and its disk") from error

    def _prepare(self, migrate: Callable[[Transaction], None] | None) -> None:
        execute = self.connection.execute
        # A writer waits in `write`, in steps of half a millisecond; SQLite's own steps grow to a tenth of a second.
        execute(f"PRAGMA busy_timeout={0 if self.writer else BUSY_MS}")
        execute("PRAGMA temp_store=MEMORY")
        execute("PRAGMA foreign_keys=OFF")
        if self.writer:
            self._use_wal()
            execute("PRAGMA synchronous=FULL")
            # SQLite does not say when a sync of its own copying fails: see `_shorten_log`.
            execute("PRAGMA wal_autocheckpoint=0")
            execute(f"PRAGMA journal_size_limit={LOG_LIMIT}")
            execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            if migrate is not None and execute("PRAGMA user_version").fetchone()[0] != MARK:
                with self.write() as connection:
                    migrate(connection)
        else:
            execute("PRAGMA query_only=ON")
            execute("PRAGMA cache_size=-4096")

    def _use_wal(self) -> None:
        """Switch to write-ahead logging; of all statements this one does not wait for other processes by itself."""
        if self._patiently("PRAGMA journal_mode").fetchone()[0] != "wal":
            self._patiently("PRAGMA journal_mode=WAL")

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A write transaction: taken at once (BEGIN IMMEDIATE), committed at the end, rolled back on any error."""
        connection = self.connection
        refuse_if_unusable(self.path)
        try:
            self._patiently("BEGIN IMMEDIATE")
            if self._index_in_doubt:
                forget_totals(connection)
                self._index_in_doubt = False
                self._patiently("BEGIN IMMEDIATE")
            try:
                yield connection
                crash.point("before-commit")
                connection.execute("COMMIT")
                crash.point("after-commit")
            except BaseException:
                self._index_in_doubt = True
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error
        self._shorten_log()

    def is_being_written(self) -> bool:
        """Whether another process or thread has a write transaction open. Raises RegisterError."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                return True
            raise translate_error(error, self.path) from error
        self.connection.execute("ROLLBACK")
        return False

    def _shorten_log(self) -> None:
        """Copy the log into the database where nobody else has done so for long. What was committed is safe whether
        this succeeds or not: an error of a sync is noted, and met by the next write."""
        try:
            if os.stat(f"{self.path}-wal").st_size > LOG_LIMIT:
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        except sqlite3.Error as error:
            translate_error(error, self.path)
        except OSError:
            pass  # there is no log

    def _patiently(self, sql: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run a statement, waiting for other processes up to BUSY_MS."""
        end = world.monotonic_s() + BUSY_MS / 1000
        while True:
            try:
                return self.connection.execute(sql, parameters)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or world.monotonic_s() > end:
                    raise
                world.sleep(0.0005)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A read transaction: every statement in it sees the same moment."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    @contextmanager
    def statements(self) -> Iterator[Transaction]:
        """The connection without a transaction around: each statement sees what is committed when it runs, and an error
        of one says what to do, as in `read`. For whoever reads on and on, and writes or waits in between."""
        try:
            yield self.connection
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    @property
    def in_transaction(self) -> bool:
        """Whether this connection has a transaction open."""
        return self.connection.in_transaction

    def one(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.rows(sql, parameters)
        return found[0][0] if found else None

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows. Raises RegisterError."""
        try:
            return self._patiently(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise translate_error(error, self.path) from error

    def version(self) -> int:
        """A number that is another one once another connection has committed something. Microseconds; no query waits
        for it."""
        return int(self.one("PRAGMA data_version"))

    def close(self) -> None:
        """Close the connection. After an error of a sync, the log stays as it is."""
        if self.writer and self.path.name == FILE:
            unsynced.keep_log_if_marked(self.path)
        self.connection.close()


def refuse_if_unusable(path: Path) -> None:
    """Raise RegisterDamaged where nothing may be written: the register was found damaged, or since the machine was
    started a sync of it has failed."""
    if path.name != FILE:
        return
    if is_marked(path.parent):
        raise damage_error("damaged", path, "it was found damaged before")
    if unsynced.is_marked(path.parent):
        unsynced.keep_log(path)
        raise damage_error("unsynced", path, "an error of a sync since the machine was started")


@contextmanager
def savepoint(transaction: Transaction) -> Iterator[None]:
    """A part of a write transaction: where it raises, what it wrote is undone and the rest of the transaction stays."""
    transaction.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        if transaction.in_transaction:  # a full disk ends the whole transaction
            transaction.execute("ROLLBACK TO part")
            transaction.execute("RELEASE part")
        raise
    transaction.execute("RELEASE part")


def _make_private(path: Path) -> None:
    """A new database is its owner's alone from its first byte; its log and index get the rights it has."""
    with suppress(
        FileExistsError
    ):  # only a file that was not there may be closed: that would free SQLite's locks on it
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


_NO_ROOM: Final = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
"""The last one: the log's index (`-shm`) cannot be made, when a database is opened on a full disk. Where there is no
room for a write, SQLite says the first one; SQLITE_IOERR_WRITE is any other error of a write."""


def translate_error(error: sqlite3.Error, path: Path) -> RegisterError:
    """SQLite's error as one of ours, naming the remedy."""
    text = str(error)
    if "locked" in text or "busy" in text:
        return RegisterBusy(f"{path}: another program is writing for too long; try again, nothing was lost")
    if "disk is full" in text or getattr(error, "sqlite_errorname", "") in _NO_ROOM:
        return DiskFull(f"{path}: the disk is full; free some space, nothing half-written was kept")
    kind = kind_of(error)
    if kind is None:
        return RegisterError(f"{path}: {text}")
    if kind == "damaged" and path.name == FILE:
        mark(path.parent, text)
    if unsynced.is_failed_sync(error) and path.name == FILE:
        unsynced.mark(path, text)
        kind = "unsynced"
    return damage_error(kind, path, text)


@contextmanager
def errors_named(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as RegisterError with the remedy, where a file is opened without a `Store`."""
    try:
        yield
    except sqlite3.Error as error:
        raise translate_error(error, path) from error


def is_disk_full(error: OSError) -> bool:
    """Whether writing a file failed for want of room."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def now_ms() -> int:
    """Milliseconds since 1970 UTC by the system clock: for display and ages, never for order."""
    return wall_ms()
