"""Who looked at what: the append-only log `DIR/audit.db` of this node. Each row carries the hash of the one before it.

It is kept apart from the register, since reading is not a change and never travels, and apart from the accounts, which
may be made anew. Nothing here deletes or changes a row, and the file itself refuses both; who writes to the file behind
our back breaks the chain, and `verify` names the first row that is wrong. Cutting off the end cannot be seen from the
file alone: the auditor's page shows number and seal of the last row, to be written down and compared.
"""

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from .errors import TrustError
from .files import write_private

FILE: Final = "audit.db"
WAIT_SECONDS: Final = 20.0
LONGEST: Final = 500
"""Characters kept of a detail, such as the words somebody searched for."""
FIRST: Final = bytes(32)
"""What stands for the row before the first."""

How = Literal["page", "search", "export", "import", "command line", "people"]

_TABLES: Final = (
    "create table if not exists read (no integer primary key, at integer not null, person text not null, "
    "role text not null, how text not null, record text not null, detail text not null, seal blob not null) strict",
    "create index if not exists read_record on read (record)",
    "create index if not exists read_person on read (person)",
    "create trigger if not exists read_kept before delete on read begin select raise(abort, 'append only'); end",
    "create trigger if not exists read_fixed before update on read begin select raise(abort, 'append only'); end",
)


class AuditUnusable(TrustError):
    """The log cannot be opened, read or written; what cannot be logged is not shown."""

    code = "audit_unusable"


@dataclass(frozen=True)
class Look:
    """One record somebody looked at, or one search or export. `record` is an id, or "" where no single one is meant."""

    how: How
    record: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Logged:
    """A row of the log. `at` is UTC milliseconds."""

    no: int
    at: int
    person: str
    role: str
    how: str
    record: str
    detail: str
    seal: bytes

    def sealed_after(self, before: bytes) -> bytes:
        """The hash this row has to carry after a row with the hash `before`."""
        content = [self.no, self.at, self.person, self.role, self.how, self.record, self.detail]
        return hashlib.sha256(before + json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()).digest()


class ReadLog:
    """The log of a node. Safe to use from several threads; other processes of the node may have it open too."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = time.time) -> "ReadLog":
        """The log in a node's data folder, made where there is none; `clock`: UTC seconds. Raises AuditUnusable."""
        path = folder / FILE
        try:
            if not path.exists():
                with suppress(FileExistsError):
                    write_private(path, b"", replace=False)
            connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            log = cls(connection, path, clock)
            log._prepare()
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        return log

    def _prepare(self) -> None:
        if self._connection.execute("pragma journal_mode").fetchone()[0] != "wal":
            self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        if not self._connection.execute("pragma table_info(read)").fetchall():
            with self._writing():
                for statement in _TABLES:
                    self._connection.execute(statement)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def note(self, person: str, role: str, looks: Iterable[Look]) -> None:
        """Write down what a person looked at: on the disk when this returns. Raises AuditUnusable."""
        with self._lock, self._writing():
            last = self._connection.execute("select no, seal from read order by no desc limit 1").fetchone()
            done, before = last if last else (0, FIRST)
            now = int(self._clock() * 1000)
            for number, look in enumerate(looks, done + 1):
                row = Logged(number, now, person, role, look.how, look.record, _plain(look.detail), b"")
                before = row.sealed_after(before)
                self._connection.execute(
                    "insert into read values (?, ?, ?, ?, ?, ?, ?, ?)",
                    (number, now, person, role, look.how, look.record, row.detail, before),
                )

    def page(self, *, before: int | None = None, person: str = "", record: str = "", limit: int = 50) -> list[Logged]:
        """The newest rows before a number, of one person or one record where asked."""
        conditions, values = ["no < ?"], [before or 1 << 62]
        given = [(column, value) for column, value in (("person", person), ("record", record)) if value]
        conditions += [f"{column} = ?" for column, _ in given]
        sql = f"select * from read where {' and '.join(conditions)} order by no desc limit ?"
        return [Logged(*row) for row in self._rows(sql, (*values, *(value for _, value in given), limit))]

    def head(self) -> tuple[int, bytes]:
        """Number and seal of the last row; 0 and FIRST where there is none."""
        found = self._rows("select no, seal from read order by no desc limit 1", ())
        return (int(found[0][0]), bytes(found[0][1])) if found else (0, FIRST)

    def verify(self) -> int | None:
        """The number of the first row that is missing or is not as it was written; None when all are."""
        before, expected, after = FIRST, 1, 0
        while rows := self._rows("select * from read where no > ? order by no limit 5000", (after,)):
            for row in rows:
                logged = Logged(*row)
                if logged.no != expected or logged.sealed_after(before) != logged.seal:
                    return expected
                before, expected, after = logged.seal, expected + 1, logged.no
        return None

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise _unusable(self._path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._connection.execute("begin immediate")
            try:
                yield
            except BaseException:
                self._connection.execute("rollback")
                raise
            self._connection.execute("commit")
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error


def _plain(detail: str) -> str:
    """A detail as the log keeps it: no control characters, valid text, not endless."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in detail[:LONGEST])


def _unusable(path: Path, error: Exception) -> AuditUnusable:
    return AuditUnusable(
        f"{path} cannot be used ({error}). What cannot be logged is not shown: free some disk space, or run as "
        "the user who owns the folder."
    )
