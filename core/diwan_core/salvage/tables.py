"""A small database of a node (drafts, accounts, the log of reads) that is damaged: what can be read of it, table by
table, row by row, in a new file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from diwan_core.register.storage.damage import is_damage
from diwan_core.salvage.pages import Cell, DamagedFile, Value


def is_whole(path: Path) -> bool:
    """Whether a database is there and can be read from end to end; one that is not there is whole."""
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return False


def copy_readable(path: Path, target: Path) -> tuple[int, int]:
    """Copy all rows that SQLite can read into `target`, which has the tables already; how many were, and how many
    tables have rows that could not be. Raises OSError."""
    copied = broken = 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(target)) as new:
        tables = new.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%'").fetchall()
        for (table,) in tables:
            columns = [row[1] for row in new.execute(f"PRAGMA table_info([{table}])")]
            marks = ", ".join("?" * len(columns))
            listed = ", ".join(f"[{column}]" for column in columns)
            count, whole = _copy(source, new, table, listed, marks)
            copied += count
            broken += not whole
        new.commit()
    return copied, broken


def _copy(source: sqlite3.Connection, new: sqlite3.Connection, table: str, listed: str, marks: str) -> tuple[int, bool]:
    """Rows in the order of the table; behind a damaged place, from its other end."""
    count, whole = 0, True
    keys = [row[1] for row in new.execute(f"PRAGMA table_info([{table}])") if row[5]]
    # Of a table without rowids its key is the order.
    by = ", ".join(f"[{key}] DESC" for key in keys) or "rowid DESC"
    for order in ("", f" ORDER BY {by}"):
        try:
            for row in source.execute(f"SELECT {listed} FROM [{table}]{order}"):
                if not _is_sound(row):
                    whole = False
                    continue
                count += new.execute(f"INSERT OR IGNORE INTO [{table}] ({listed}) VALUES ({marks})", row).rowcount
        except sqlite3.DatabaseError:
            whole = False
            continue
        else:
            break
    return count, whole


def copy_pages(path: Path, target: Path) -> int:
    """Copy the rows that lie in the pages of a damaged file, whatever SQLite makes of it, into tables of `target` that
    rows of this shape fit and that know their rows by a number or a key; how many were not there. Raises OSError."""
    copied = 0
    with closing(DamagedFile(path)) as file, closing(sqlite3.connect(target)) as new:
        tables = new.execute("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%'").fetchall()
        shapes = {table: new.execute(f"PRAGMA table_info([{table}])").fetchall() for (table,) in tables}
        for cell in file.rows():
            for table, shape in shapes.items():
                row = _fitting(cell, shape)
                if row is not None:
                    marks = ", ".join("?" * len(row))
                    copied += new.execute(f"INSERT OR IGNORE INTO [{table}] VALUES ({marks})", row).rowcount
                    break
        new.commit()
    return copied


_KINDS: Final = {"INTEGER": int, "TEXT": str, "BLOB": bytes, "REAL": float}


def _fitting(cell: Cell, shape: list[tuple[int, str, str, int, str | None, int]]) -> tuple[Value, ...] | None:
    """A cell as a row of a table; None where it is of another."""
    if len(cell.values) != len(shape):
        return None
    row = list(cell.values)
    for at, (_, _, kind, filled, _, key) in enumerate(shape):
        if key == 1 and kind == "INTEGER" and row[at] is None:
            row[at] = cell.rowid
        value = row[at]
        if value is None and (filled or key):
            return None
        if value is not None and kind in _KINDS and not isinstance(value, _KINDS[kind]):
            return None
    return tuple(row) if _is_sound(row) else None


def _is_sound(row: Sequence[Value]) -> bool:
    """Whether the texts of a row are texts we write: part of one may lie on a page that was written over."""
    for value in row:
        if isinstance(value, str):
            if "\0" in value:
                return False
            if value.startswith("{"):
                try:
                    json.loads(value)
                except (ValueError, RecursionError):
                    return False
    return True
