"""Reading a SQLite file page by page gives what SQLite gives, with a log and without, and survives anything."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.register.carving.damaged_file import DamagedFile
from diwan_core.register.carving.row_format import Cell, Value

from .damage_kit import cut, overwrite_pages

TABLES = """
CREATE TABLE thing (no INTEGER PRIMARY KEY, name TEXT, size INTEGER, ratio REAL, content BLOB);
CREATE TABLE pair (key TEXT, value ANY, PRIMARY KEY (key)) WITHOUT ROWID;
"""
Thing = tuple[Value, ...]


def filled(path: Path, *, log: bool) -> set[Thing]:
    """A database with rows of all kinds and sizes; what is in its table."""
    chance = random.Random(1)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.executescript(TABLES)
    connection.execute("BEGIN")
    for number in range(1, 400):
        thing: Thing = (
            number, chance.choice([None, "é" * chance.randrange(200), "x" * chance.randrange(9000)]),
            chance.randrange(-(1 << 62), 1 << 62) >> chance.randrange(62), chance.random(),
            chance.randbytes(chance.choice([0, 10, 3000, 20_000])),
        )  # fmt: skip
        connection.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", thing)
        connection.execute("INSERT INTO pair VALUES (?, ?)", (f"key {number}", number))
    connection.execute("COMMIT")
    rows = set(connection.execute("SELECT * FROM thing").fetchall())
    if log:  # as after kill -9: nothing is tidied up
        for suffix in ("", "-wal"):
            path.with_name(f"copy.db{suffix}").write_bytes(path.with_name(path.name + suffix).read_bytes())
    connection.close()
    return rows


def things(cells: list[Cell]) -> set[Thing]:
    return {
        (cell.rowid, *cell.values[1:])
        for cell in cells
        if cell.rowid and len(cell.values) == 5 and cell.values[0] is None
    }


@pytest.mark.parametrize("log", [False, True])
def test_every_row_is_read_as_sqlite_reads_it(tmp_path: Path, log: bool) -> None:
    rows = filled(tmp_path / "a.db", log=log)
    with closing(DamagedFile(tmp_path / ("copy.db" if log else "a.db"))) as file:
        cells = list(file.rows())
        assert file.damage.broken == file.damage.unreadable == 0
    assert things(cells) == rows
    assert {cell.values for cell in cells if cell.rowid is None and len(cell.values) == 2} >= {
        (f"key {number}", number) for number in range(1, 400)
    }


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_is_read_and_nothing_else(tmp_path: Path, seed: int) -> None:
    rows = filled(tmp_path / "a.db", log=False)
    overwrite_pages(tmp_path / "a.db", seed, 0.05, sector=seed % 2 == 0)
    if seed % 3 == 0:
        cut(tmp_path / "a.db", 0.7)
    with closing(DamagedFile(tmp_path / "a.db")) as file:
        found = things(list(file.rows()))
    assert len(found & rows) > 0.3 * len(rows)
    # a row whose bytes lie on a page that was written over may be read with wrong bytes, never one that never was
    numbers = {row[0] for row in rows}
    assert {row[0] for row in found} <= numbers


@pytest.mark.parametrize("seed", range(30))
def test_any_bytes_are_read_without_an_error(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = bytearray(chance.randbytes(chance.randrange(40_000)))
    if seed % 2:
        content[:18] = b"SQLite format 3\0\x10\x00"
    (tmp_path / "a.db").write_bytes(content)
    (tmp_path / "a.db-wal").write_bytes(bytes.fromhex("377f0682") + chance.randbytes(chance.randrange(20_000)))
    with closing(DamagedFile(tmp_path / "a.db")) as file:
        list(file.rows())
        list(file.stale_rows())
