"""SQLite's errors become ours, with the remedy."""

import sqlite3
from pathlib import Path

import pytest
from diwan_core.register import DiskFull, RegisterError
from diwan_core.register.storage.database import translate_error


def error(text: str, name: str) -> sqlite3.OperationalError:
    made = sqlite3.OperationalError(text)
    made.sqlite_errorname = name
    return made


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("database or disk is full", "SQLITE_FULL"),
        ("disk I/O error", "SQLITE_IOERR_SHMSIZE"),
    ],
)
def test_a_full_disk_is_called_so_whatever_sqlite_was_about_to_write(text: str, name: str) -> None:
    assert isinstance(translate_error(error(text, name), Path("register.db")), DiskFull)


@pytest.mark.parametrize("name", ["SQLITE_IOERR_READ", "SQLITE_IOERR_WRITE"])
def test_another_trouble_with_the_disk_is_not(tmp_path: Path, name: str) -> None:
    found = translate_error(error("disk I/O error", name), tmp_path / "register.db")
    assert not isinstance(found, DiskFull)
    assert isinstance(found, RegisterError)
