"""Detects from SQLite's errors what is wrong with a database that cannot be used, and notes it in the node's folder.

A register that was found damaged is written by no process any more, until it has been salvaged or found whole: what is
told saved must be safe, and nothing may make worse what can still be read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Final, Literal

from diwan_core import world

DamageKind = Literal["damaged", "io", "unsynced", "readonly", "missing"]
MARK: Final = "register.damaged"
"""A file in the node's folder: the register was found damaged."""
RECHECKED: Final = "register.rechecked"
"""A file in the node's folder: when such a mark was taken away last, since all of the register was found sound."""
_READONLY: Final = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WORDS_OF_DAMAGE: Final = ("malformed", "not a database", "Could not decode to UTF-8")
"""Where SQLite has no code of its own: its schema, or a text in a row, is no longer what was written."""


def kind_of(error: sqlite3.Error) -> DamageKind | None:
    """The kind of damage that an error reports; None where it reports none."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED or any(words in str(error) for words in _WORDS_OF_DAMAGE):
        return "damaged"
    if code == sqlite3.SQLITE_IOERR:
        return "io"
    if code in _READONLY or "unable to open" in str(error):
        return "readonly"
    return None


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is not what was written."""
    return kind_of(error) == "damaged"


def is_marked(folder: Path) -> bool:
    """Whether the register in this folder was found damaged."""
    return os.path.exists(f"{folder}/{MARK}")


def was_marked(folder: Path) -> bool:
    """Whether the register in this folder is marked, or a mark was ever taken away."""
    return is_marked(folder) or os.path.exists(f"{folder}/{RECHECKED}")


def mark(folder: Path, reason: str) -> None:
    """Mark the register in this folder as damaged, so that nobody writes it any more; where it is marked already, say
    that it was met again. Where that cannot be noted, nobody could write it."""
    with contextlib.suppress(OSError):
        try:
            handle = os.open(folder / MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            with (folder / MARK).open("ab") as file:
                file.write(b"\n")
            return
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"reason": reason, "since": world.wall_s()}, file)


def times_met(folder: Path) -> int:
    """A number that grows whenever the damage is met again; 0 where nothing is marked."""
    try:
        return os.stat(folder / MARK).st_size
    except OSError:
        return 0


def unmark(folder: Path) -> None:
    """The register in this folder is whole. Raises OSError."""
    (folder / MARK).unlink(missing_ok=True)
