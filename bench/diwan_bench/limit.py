"""Measures the limit of this machine: the same rows written into bare SQLite with full-text search."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

PER_TRANSACTION: Final = 1000


def sqlite_rows_per_second(path: Path, lines: Sequence[str]) -> float:
    """W1's lines into one table, their narratives into one FTS5 index: `synchronous=FULL`, 1,000 rows a transaction.

    Nothing else is done with them, and reading the narratives out of the lines is not counted."""
    rows = [(number, line, str(json.loads(line)["narrative"])) for number, line in enumerate(lines, 1)]
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE record (no INTEGER PRIMARY KEY, body TEXT)")
        database.execute("CREATE VIRTUAL TABLE search USING fts5 (narrative)")
        began = time.perf_counter()
        for first in range(0, len(rows), PER_TRANSACTION):
            part = rows[first : first + PER_TRANSACTION]
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO record (no, body) VALUES (?, ?)", [row[:2] for row in part])
            database.executemany("INSERT INTO search (rowid, narrative) VALUES (?, ?)", [row[::2] for row in part])
            database.execute("COMMIT")
        return len(rows) / (time.perf_counter() - began)
