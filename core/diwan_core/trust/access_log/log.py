"""The log of reads: the append-only log `DIR/audit.db` of who looked at what, each row with the hash of the one
before it.

It is kept apart from the register, since reading is not a change, and apart from the accounts, which
may be made anew. Nothing here deletes or changes a row, and the file itself refuses both; who writes to the file behind
our back breaks the chain, and `verify` names the first row that is wrong. That the end was cut off, or all of it
written anew, shows by the *anchors*: number and seal of the last row, written into the journal from time to time
(`register.journal.log_anchors`).

A row's seal covers a salted commitment to its detail, so that words which name an erased person can go (`forget`) and
the chain still verifies.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from diwan_core import world
from diwan_core.trust.access_log.events import NOTHING_TYPED, Value, event, typed_in
from diwan_core.trust.access_log.log_row import (
    AT_ONCE,
    COLUMNS,
    ERASURE,
    FIRST,
    TABLES,
    How,
    Logged,
    Look,
    commitment,
    page_sql,
    typed_words,
)
from diwan_core.trust.errors import TrustError
from diwan_core.trust.files import write_private

__all__ = ["ERASURE", "FILE", "FIRST", "AuditUnusable", "How", "Logged", "Look", "ReadLog", "head_of"]

FILE: Final = "audit.db"
WAIT_SECONDS: Final = 20.0


class AuditUnusable(TrustError):
    """The log cannot be opened, read or written; what cannot be logged is not shown. `passing`: the file is in use or
    the disk is full, so that another try may succeed."""

    code = "audit_unusable"

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class ReadLog:
    """The log of a node. Safe to use from several threads; other processes of the node may have it open too."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Callable[[], float]) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = world.wall_s) -> "ReadLog":
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

    @classmethod
    def reading(cls, folder: Path) -> "ReadLog":
        """The log of a node, opened for reading only. Raises AuditUnusable."""
        path = folder / FILE
        try:
            return cls(_reader(path), path, world.wall_s)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error

    def _prepare(self) -> None:
        if self._connection.execute("pragma journal_mode").fetchone()[0] != "wal":
            self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = full")
        columns = [row[1] for row in self._connection.execute("pragma table_info(read)")]
        if "commitment" not in columns:
            with self._writing():
                self._make(bool(columns))
        elif "read_how" not in {row[1] for row in self._connection.execute("pragma index_list(read)")}:
            with self._writing():  # a log of before there were events
                for statement in TABLES:
                    self._connection.execute(statement)

    def _make(self, older: bool) -> None:
        """The tables; rows of the layout before 0.1.0, whose seals covered the words themselves, are sealed anew."""
        execute = self._connection.execute
        if older:
            for name in ("index read_record", "index read_person", "trigger read_kept", "trigger read_fixed"):
                execute(f"drop {name}")
            execute("alter table read rename to older")
        for statement in TABLES:
            execute(statement)
        if older:
            for at, person, role, how, record, detail in execute(
                "select at, person, role, how, record, detail from older order by no"
            ).fetchall():
                self._append(at, person, role, [Look(how, record, detail)])
            execute("drop table older")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def note(self, person: str, role: str, looks: Iterable[Look]) -> None:
        """Write down what a person looked at: on the disk when this returns. Raises AuditUnusable."""
        with self._lock, self._writing():
            self._append(int(self._clock() * 1000), person, role, looks)

    def _append(self, at: int, person: str, role: str, looks: Iterable[Look]) -> None:
        last = self._connection.execute("select no, seal from read order by no desc limit 1").fetchone()
        done, before = last if last else (0, FIRST)
        for number, look in enumerate(looks, done + 1):
            salt, detail = world.random_bytes(16), look.kept()
            row = Logged(number, at, person, role, look.how, look.record, detail, salt, None, b"")
            before = row.sealed_after(before)
            self._connection.execute(
                "insert into read values (?, ?, ?, ?, ?, ?, ?, ?, null, ?)",
                (number, at, person, role, look.how, look.record, detail, salt, before),
            )

    def forget(self, record: str, names: Callable[[str], bool]) -> int:
        """Erase the words people typed of which `names` says that they name `record`, in one transaction with a row
        that says which; how many. What is left of them in the file goes with `purge`. Raises AuditUnusable."""
        with self._lock, self._writing():
            self._connection.execute("pragma secure_delete = on")
            found = [
                (no, commitment(salt, detail))
                for no, how, salt, detail in self._connection.execute(
                    "select no, how, salt, detail from read where detail is not null and substr(detail, 1, ?) <> ? "
                    "and (how in ('search', 'export', 'import') or substr(detail, 1, 1) = char(30))",
                    (len(NOTHING_TYPED), NOTHING_TYPED),
                )
                if names(typed_words(how, detail) if (words := typed_in(detail)) is None else words)
            ]
            self._connection.executemany(
                "update read set detail=null, salt=null, commitment=? where no=?", [(kept, no) for no, kept in found]
            )
            numbers = [str(no) for no, _ in found]
            stretches = [numbers[at : at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE)]
            looks = [Look(ERASURE, record, " ".join(stretch)) for stretch in stretches]
            self._append(int(self._clock() * 1000), "", "", looks)
        return len(found)

    def purge(self) -> bool:
        """Write the file anew without what was erased; False where another process is in the way."""
        with self._lock:
            try:
                self._connection.execute("pragma secure_delete = on")
                self._connection.execute("vacuum")
                return not self._connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
            except sqlite3.OperationalError:
                return False

    def page(
        self,
        *,
        before: int | None = None,
        person: str = "",
        record: str = "",
        since: int | None = None,
        until: int | None = None,
        how: str = "",
        limit: int = 50,
    ) -> list[Logged]:
        """The newest rows before a number, of one person, one record, one kind, one stretch of time where asked:
        `since` <= at < `until`, UTC milliseconds."""
        sql, values = page_sql(before, person, record, since, until, how)
        return [Logged(*row) for row in self._rows(f"{sql} limit ?", (*values, limit))]

    def head(self) -> tuple[int, bytes]:
        """Number and seal of the last row; 0 and FIRST where there is none."""
        found = self._rows("select no, seal from read order by no desc limit 1", ())
        return (int(found[0][0]), bytes(found[0][1])) if found else (0, FIRST)

    def verify(self) -> int | None:
        """The number of the first row that is missing or is not as it was written; None when all are."""
        before, expected = FIRST, 1
        for logged in self.rows():
            if logged.no != expected or logged.sealed_after(before) != logged.seal:
                return expected
            before, expected = logged.seal, expected + 1
        return None

    def rows(self) -> Iterator[Logged]:
        """Every row, the oldest first, a few thousand at a time: others may write meanwhile."""
        after = 0
        while rows := self._rows(f"select {COLUMNS} from read where no > ? order by no limit 5000", (after,)):
            yield from (Logged(*row) for row in rows)
            after = rows[-1][0]

    def stretch(self, after: int, upto: int) -> list[Logged]:
        """The rows after one and up to another."""
        sql = f"select {COLUMNS} from read where no > ? and no <= ? order by no"
        return [Logged(*row) for row in self._rows(sql, (after, upto))]

    def seal_of(self, number: int) -> bytes:
        """The seal of a row; FIRST of 0, b"" where there is no such row."""
        found = self._rows("select seal from read where no=?", (number,)) if number else [(FIRST,)]
        return bytes(found[0][0]) if found else b""

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


def head_of(folder: Path) -> tuple[int, bytes]:
    """Number and seal of the last row of a node's log, without making one; 0 and FIRST where there is none. Raises
    AuditUnusable."""
    path = folder / FILE
    if not path.exists():
        return 0, FIRST
    try:
        with closing(_reader(path)) as reader:
            found = reader.execute("select no, seal from read order by no desc limit 1").fetchone()
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return (int(found[0]), bytes(found[1])) if found else (0, FIRST)


def _reader(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        timeout=WAIT_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    columns = [row[1] for row in connection.execute("pragma table_info(read)")]
    if columns and "commitment" not in columns:  # not written since an update
        connection.close()
        ReadLog.open(path.parent).close()
        return _reader(path)
    return connection


def _unusable(path: Path, error: Exception) -> AuditUnusable:
    return AuditUnusable(
        f"{path} cannot be used ({error}). What cannot be logged is not shown: free some disk space, or run as "
        "the user who owns the folder.",
        passing=isinstance(error, sqlite3.OperationalError | OSError),
    )


def note_event(log: ReadLog, person: str, role: str, code: str, /, **parameters: Value) -> None:
    """Write an event into the log: on the disk when this returns. `person` and `role` are those of who did it. Raises
    UnknownEvent, AuditUnusable."""
    log.note(person, role, [event(code, **parameters)])
