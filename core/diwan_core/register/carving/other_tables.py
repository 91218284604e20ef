"""Copies what can be read of a small damaged database (drafts, accounts, log of reads) into a new file, row by row."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from diwan_core.register.carving.damaged_file import DamagedFile
from diwan_core.register.carving.row_format import Cell, Value
from diwan_core.register.storage.database import errors_named


def copy_readable(path: Path, target: Path) -> tuple[int, int]:
    """Copy all rows that SQLite can read into `target`, which has the tables already: (rows copied, tables some of
    whose rows could not be read). Raises RegisterError."""
    copied = broken = 0
    with (
        errors_named(target),
        closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(target)) as new,
    ):
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
    """Copy a table from its beginning, and from its end up to the damaged place where there is one."""
    count, whole = 0, True
    keys = [row[1] for row in new.execute(f"PRAGMA table_info([{table}])") if row[5]]
    # Of a table without rowids its key is the order.
    by = ", ".join(f"[{key}] DESC" for key in keys) or "rowid DESC"
    for order in ("", f" ORDER BY {by}"):
        rows = _Reading(source, f"SELECT {listed} FROM [{table}]{order}")
        for row in rows:
            if _is_sound(row):
                count += new.execute(f"INSERT OR IGNORE INTO [{table}] ({listed}) VALUES ({marks})", row).rowcount
            else:
                whole = False
        if rows.to_the_end:
            break
        whole = False
    return count, whole


class _Reading:
    """The rows of a query up to the first that SQLite cannot read."""

    def __init__(self, source: sqlite3.Connection, sql: str) -> None:
        self._source = source
        self._sql = sql
        self.to_the_end = False

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        try:
            rows = self._source.execute(self._sql)
            while (row := rows.fetchone()) is not None:
                yield row
            self.to_the_end = True
        except sqlite3.DatabaseError:
            return


def copy_pages(path: Path, target: Path) -> int:
    """Copy the rows that lie in the pages of a damaged file into those tables of `target` whose columns they fit; how
    many were not there already. SQLite is not asked for them, so they are read even where it refuses the file. Raises
    RegisterError."""
    copied = 0
    with errors_named(target), closing(DamagedFile(path)) as file, closing(sqlite3.connect(target)) as new:
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
    """A cell as a row of a table of this shape; None where it does not fit."""
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
    """Whether the texts of a row are such as we write: a part of one may lie on a page that was written over."""
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
