"""Keeps the write-ahead log short without making a save wait for it.

Left to itself SQLite copies the log into the database within some commit, which then takes tens of milliseconds. It is
done beside the writers instead (`maintenance`): a passive checkpoint takes no lock they need. A page that changes often
is copied once for all its changes, so the longer it waits, the less is written to the disk."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path
from typing import Final, NamedTuple

WORTH_BYTES: Final = 4 * 1024 * 1024
_HEAD: Final = struct.Struct(">8xI4x8s8x")  # sqlite.org/fileformat2.html, §4.1: page size, salts
_FRAME_HEAD: Final = struct.Struct(">8x8s8x")


class _Log(NamedTuple):
    """A log as its file has it. The salts are new ones each time it starts over at its beginning."""

    salts: bytes
    page: int
    frames: int


class LogCopier:
    """Copies a database's log into it, once it is worth it."""

    def __init__(self, database: Path) -> None:
        self._log = database.with_name(database.name + "-wal")
        self._salts, self._copied = b"", 0
        self._held_up = False

    def turn(self, connection: sqlite3.Connection) -> None:
        """Copy what can be. Raises sqlite3.Error."""
        log = _read(self._log)
        copied = self._copied if log.salts == self._salts else 0
        if (log.frames - copied) * log.page < WORTH_BYTES and not self._held_up:
            return
        # (busy, pages in the log, pages copied): nothing new to copy means that the log starts over by itself.
        _, pages, self._copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self._salts, self._held_up = log.salts, pages != self._copied


def _read(path: Path) -> _Log:
    """What is in a log. Its length says nothing of that: the file stays as long as it ever was, and behind the frames
    that count are those of before. (Its index would say more, but whoever closes that frees SQLite's locks on it.)"""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return _Log(b"", 0, 0)
            page, salts = _HEAD.unpack(head)
            step = _FRAME_HEAD.size + page
            least, most = 0, (path.stat().st_size - _HEAD.size) // step
            while least < most:  # so many frames count at the least, and at the most
                middle = (least + most + 1) // 2
                file.seek(_HEAD.size + (middle - 1) * step)
                frame = file.read(_FRAME_HEAD.size)
                counts = len(frame) == _FRAME_HEAD.size and _FRAME_HEAD.unpack(frame)[0] == salts
                least, most = (middle, most) if counts else (least, middle - 1)
            return _Log(salts, page, least)
    except FileNotFoundError:
        return _Log(b"", 0, 0)
