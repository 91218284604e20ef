"""The small SQLite file `DIR/accounts.db`: accounts and sessions at every node, enrolment codes at the centre.

It is apart from the register on purpose: credentials are not records, never travel and are never backed up with them.
Of the programs that use accounts this file alone opens the database and knows the errors of SQLite.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from diwan_core import world
from diwan_core.trust.errors import TrustError
from diwan_core.trust.files import write_private

FILE = "accounts.db"
WAIT_SECONDS = 30.0
"""How long a writer waits for other processes of the node."""

SCHEMA = 7
"""`pragma user_version` of a file that has all of `store_migrations`."""

LEAVE_OUT_OF_COPIES: Final = (
    "DELETE FROM session",
    "DELETE FROM secret",
    "DELETE FROM failure",
    "DELETE FROM known_device",
    "DELETE FROM enrolment_code WHERE used_by=x''",
)
"""What takes secrets, and what is of this machine only, out of a copy of the file for a backup."""

Value = str | bytes | int | None
Row: TypeAlias = sqlite3.Row
Connection: TypeAlias = sqlite3.Connection


class RowRefused(Exception):
    """A row breaks a rule of its table, such as a name that is there already. The caller knows what it means."""


class AccountsUnusable(TrustError):
    """The file cannot be opened, read or written. `passing`: the file is in use or the disk is full, so that another
    try may succeed."""

    code = "accounts_unusable"

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Store:
    """One connection for all threads of a process; other processes of the node may have theirs."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.RLock()

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Open (and make or migrate) `accounts.db` in a node's data folder. Raises AccountsUnusable."""
        path = folder / FILE
        try:
            _make_private(path)
            connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        store = cls(connection, path)
        with store._named():
            connection.row_factory = sqlite3.Row
            _use_wal(connection)
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
            if connection.execute("pragma user_version").fetchone()[0] != SCHEMA:
                # Loaded only when it is needed: the library behind it takes 13 MB, and the agent never makes accounts.
                from diwan_core.trust.people.accounts_migrations import migrate

                with store.writing():  # the agent and the console may start at the same moment
                    migrate(connection)
                    connection.execute(f"pragma user_version = {SCHEMA}")
        return store

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[Row]:
        """All rows of a question."""
        with self._lock, self._named():
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Value] = ()) -> Row | None:
        """The first row of a question, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all that is written inside is on the disk when it ends, or none of it."""
        with self._lock, self._named():
            self._connection.execute("begin immediate")
            try:
                yield
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # SQLite may have rolled back by itself: the disk is full
                    self._connection.execute("rollback")
                raise

    def write(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run one statement inside `writing`; how many rows it changed. Raises RowRefused."""
        try:
            return self._connection.execute(sql, values).rowcount
        except sqlite3.IntegrityError as error:
            raise RowRefused(str(error)) from error

    @contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from error


def erase_views(path: Path, names: Callable[[str], bool]) -> None:
    """Delete the saved views whose title or values `names` says yes to, and overwrite their bytes. Raises
    AccountsUnusable."""
    with _erasing(path) as accounts:
        known = accounts.execute("select 1 from sqlite_schema where name='saved_view'").fetchone()
        views = accounts.execute("select name, kind, title, query from saved_view").fetchall() if known else []
        accounts.executemany(
            "delete from saved_view where name=? and kind=? and title=?",
            [(name, kind, title) for name, kind, title, query in views if names(f"{title} {_values(query)}")],
        )


def write_anew(path: Path) -> bool:
    """Write the file anew without what was deleted from it; False where another process is in the way. Raises
    AccountsUnusable."""
    with _erasing(path) as accounts:
        accounts.execute("vacuum")
        return not accounts.execute("pragma wal_checkpoint(truncate)").fetchone()[0]


@contextmanager
def _erasing(path: Path) -> Iterator[Connection]:
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)) as connection:
            connection.execute("pragma secure_delete = on")
            connection.execute("pragma synchronous = full")
            yield connection
    except sqlite3.Error as error:
        raise _unusable(path, error) from error


def _values(query: str) -> str:
    return " ".join(value for _, value in parse_qsl(query))


def _make_private(path: Path) -> None:
    """Make the file with its final mode, which SQLite then gives to its side files.

    Never by opening the file itself: closing it would drop the locks of every connection this process has to it
    ("How To Corrupt An SQLite Database File" §2.2).
    """
    if not path.exists():
        with suppress(FileExistsError):
            write_private(path, b"", replace=False)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging; of all statements this one does not wait for others by itself."""
    end = world.monotonic_s() + WAIT_SECONDS
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or world.monotonic_s() > end:
                raise
            world.sleep(0.01)


def _unusable(path: Path, error: Exception) -> AccountsUnusable:
    return AccountsUnusable(
        f"{path} cannot be used ({error}). Free some disk space, or run as the user who owns the folder; "
        "if the file is damaged, move it away and add the accounts again.",
        passing=isinstance(error, sqlite3.OperationalError | OSError),
    )
