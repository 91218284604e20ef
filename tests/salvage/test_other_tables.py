"""A small damaged database beside the register: what can be read of it is copied, and a full disk is no damage."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.register import DiskFull
from diwan_core.register.carving.other_tables import copy_pages, copy_readable

from .damage_kit import overwrite_where

TABLE = "CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID"


def made(path: Path, rows: int) -> Path:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(TABLE)
        database.executemany(
            "INSERT INTO note VALUES (?, ?)", [(f"{number:04}", f"text {number:04} " * 40) for number in range(rows)]
        )
    return path


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_rows_before_and_after_a_damaged_page_are_copied(tmp_path: Path) -> None:
    damaged, new = made(tmp_path / "damaged.db", 300), made(tmp_path / "new.db", 0)
    assert overwrite_where(damaged, b"text 0150 ") == 1
    copied, broken = copy_readable(damaged, new)
    assert broken == 1
    with closing(sqlite3.connect(new)) as database:
        held = {row[0] for row in database.execute("SELECT id FROM note")}
    assert len(held) == copied
    assert {"0000", "0299"} <= held
    assert "0150" not in held
    assert len(held) > 250


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to mount a small disk")
@pytest.mark.parametrize("copy", [copy_readable, copy_pages])
def test_rows_that_find_no_room_do_not_count_as_lost(tmp_path: Path, small: Path, copy: object) -> None:
    source, new = made(tmp_path / "source.db", 300), made(small / "new.db", 0)
    assert callable(copy)
    with pytest.raises(DiskFull, match=str(new)):
        copy(source, new)
