"""Whether a database file is sound, by SQLite's own check, and the search indexes of a register anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from diwan_core.register.index import codes
from diwan_core.register.records.dictionary_upgrade import search_again
from diwan_core.register.storage.damage import is_damage
from diwan_core.register.storage.database import RegisterBusy, connect, errors_named, translate_error

_WAIT_S: Final = 20.0


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with any page or index of a file. Raises RegisterBusy where another program
    holds it."""
    try:
        return _passes(path, "integrity_check(1)")
    except (sqlite3.DatabaseError, OSError) as error:
        if isinstance(error, sqlite3.OperationalError) and not is_damage(error) and "locked" in str(error):
            raise RegisterBusy(f"{path} is in use by another program. Stop it first.") from error
        return False


def is_readable(path: Path) -> bool:
    """Whether a small database can be read from end to end; one that is not there counts as readable. Raises
    RegisterError where something else is wrong with it."""
    if not path.exists():
        return True
    try:
        return _passes(path, "quick_check")
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise translate_error(error, path) from error
        return False


def make_indexes_anew(path: Path) -> None:
    """Make the search indexes of a sound register anew from its records: SQLite's check does not compare them. It is
    done in one transaction, also where the register is marked as damaged. Raises RegisterError."""
    with errors_named(path), closing(connect(path, wait_s=_WAIT_S)) as connection, errors_named(path):
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")  # SQLite does not say when a sync of its own copying fails
        connection.execute("BEGIN IMMEDIATE")
        search_again(connection)
        codes.begin_anew(connection)
        connection.execute("COMMIT")


def _passes(path: Path, check: str) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=_WAIT_S)) as connection:
        return bool(connection.execute(f"PRAGMA {check}").fetchone() == ("ok",))
