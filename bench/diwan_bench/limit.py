"""Measures the limit of this machine: the same rows written into bare SQLite with full-text search."""

from __future__ import annotations

import json
import sqlite3
import statistics
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

PER_TRANSACTION: Final = 1000
LONG_ENOUGH_S: Final = 4.0
MOST_ROUNDS: Final = 15


def sqlite_rows_per_second(path: Path, lines: Sequence[str]) -> float:
    """W1's lines into one table, their narratives into one FTS5 index: `synchronous=FULL`, 1,000 rows a transaction.

    The median of rounds, each into an empty database, for four seconds and three rounds at the least: one round of
    20,000 rows takes a third of a second, and two of them differ by a fifth. Nothing else is done with the rows, and
    reading the narratives out of the lines is not counted."""
    rows = [(number, line, str(json.loads(line)["narrative"])) for number, line in enumerate(lines, 1)]
    rates: list[float] = []
    spent = 0.0
    while len(rates) < 3 or (spent < LONG_ENOUGH_S and len(rates) < MOST_ROUNDS):
        seconds = _round(path.with_name(f"{path.stem}-{len(rates)}{path.suffix}"), rows)
        spent += seconds
        rates.append(len(rows) / seconds)
    return statistics.median(rates)


def _round(path: Path, rows: Sequence[tuple[int, str, str]]) -> float:
    """The seconds of one round. Its database is removed."""
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
        seconds = time.perf_counter() - began
    path.unlink()
    return seconds
