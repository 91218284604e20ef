"""Stops every process of a node from writing the register after its disk reported an error of a sync.

After such an error Linux takes what was not written for written: a later sync says that all is well, though nobody
writes those pages again. SQLite does not copy a part of the log a second time either. So the register is marked, and
until the machine has been restarted nothing is appended to its log, and nothing copies the log, starts it over or
removes it. Everything that was told saved is in the log, on the disk; after the restart SQLite copies all of it anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import sqlite3
import struct
from pathlib import Path
from typing import Final

from diwan_core import world

MARK: Final = "register.unsynced"
"""A file in the node's folder: since this boot of the machine, what is in the register's file is not certain."""
_CODES: Final = (sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC)
_SHARED: Final = (0x40000002, 510)
"""The bytes of a database file by whose lock SQLite says that somebody has it open (sqlite.org/fileformat2.html, "the
lock-byte page"): where each reader has its place."""
_LOCK: Final = struct.Struct("@hhqqi4x")
_held: Final[dict[Path, tuple[str, int]]] = {}
"""By folder: the boot, and the open file by which this process keeps the log from being copied."""


def is_failed_sync(error: sqlite3.Error) -> bool:
    """Whether an error says that a sync has failed."""
    return getattr(error, "sqlite_errorcode", 0) in _CODES


def is_marked(folder: Path) -> bool:
    """Whether a sync of the register in this folder has failed since the machine was started."""
    if folder not in _held and not os.path.lexists(f"{folder}/{MARK}"):
        return False
    return _boot() in (_boot_of_mark(folder), _held.get(folder, ("", 0))[0])


def mark(database: Path, reason: str) -> None:
    """Let no process of this node write the register until the machine was restarted. Where that cannot be noted, this
    process remembers it."""
    folder = database.parent
    if _boot_of_mark(folder) != _boot():
        with contextlib.suppress(OSError):
            _write_mark(folder / MARK, reason)
    keep_log(database)


def _write_mark(path: Path, reason: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"boot": _boot(), "reason": reason, "since": world.wall_s()}, file)
    except OSError:  # no room: the name of a link needs none
        path.unlink(missing_ok=True)
        os.symlink(_boot(), path)


def keep_log(database: Path) -> None:
    """Keep SQLite from copying and removing the log when the last connection is closed: until this process ends, the
    file looks as if somebody read it. The lock belongs to an open file, so that it holds against this process's own
    connections too. That file is not closed, which would take their locks away."""
    if database.parent in _held:
        return
    with contextlib.suppress(OSError):
        held = os.open(database, os.O_RDONLY | os.O_CLOEXEC)
        _held[database.parent] = _boot(), held
        fcntl.fcntl(held, fcntl.F_OFD_SETLK, _LOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, *_SHARED, 0))


def keep_log_if_marked(database: Path) -> None:
    """Do so before a connection is closed, where a sync has failed since the machine was started."""
    if is_marked(database.parent):
        keep_log(database)


def forget_earlier_boots(folder: Path) -> None:
    """Take away what an earlier boot of the machine has left, before a writer opens the register."""
    boot = _boot()
    if folder in _held and _held[folder][0] != boot:
        forget(folder)
    if os.path.lexists(folder / MARK) and _boot_of_mark(folder) != boot:
        with contextlib.suppress(OSError):
            os.unlink(folder / MARK)


def forget(folder: Path) -> None:
    """What this process keeps in mind of a register is gone, as if it had ended; nobody may have the register open."""
    if folder in _held:
        os.close(_held.pop(folder)[1])


def _boot_of_mark(folder: Path) -> str:
    """The boot in which a sync failed; "" where nothing says so, or a power cut took it, after which it is void."""
    try:
        if (folder / MARK).is_symlink():
            return os.readlink(folder / MARK)
        return str(json.loads((folder / MARK).read_text(encoding="utf-8"))["boot"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _boot() -> str:
    return hashlib.sha256(world.boot_identity().encode()).hexdigest()[:32]
