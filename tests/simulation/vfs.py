"""SQLite on simulated disks: a VFS that tells the disk of every write, truncation, sync, deletion and new file.

It lies on top of SQLite's own VFS for unix. A file is opened by that one, in place; then the pointer to its functions
is set to a table in which some are ours and all others (locks, shared memory, sizes) are SQLite's own, so that these
cost nothing. While it is installed it is SQLite's default, so that `sqlite3.connect(path)` uses it without a word;
`file:…?vfs=diwan-sim` names it. A file that is on no simulated disk is left to SQLite as it is.

SQLite's random numbers (the salts of its logs) come from the given chance, its clock and its waiting from the given
clock. No exception leaves a callback, since C code cannot pass it on: it is kept in `errors`, and the operation ends
with an I/O error."""

from __future__ import annotations

import ctypes
import functools
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

from tests.simulation import sqlite_abi as abi
from tests.simulation.disk import SimulatedDisk
from tests.simulation.disks import Disks
from tests.simulation.open_files import OpenFiles, safe

NAME: Final = "diwan-sim"
_CREATE: Final = 4
_JULIAN_MS: Final = 210_866_760_000_000
"""Milliseconds from the beginning of the Julian calendar, from which SQLite counts, to 1970."""


class Clock(Protocol):
    """What SQLite asks of the clock of the node that is running."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970."""

    def sleep_us(self, microseconds: int) -> None:
        """Let simulated time pass."""


class SimulatedSqlite:
    """The VFS; one in a process, since SQLite has one default. Get it from `installed`."""

    def __init__(self) -> None:
        self.library = abi.library()
        self.disks = Disks()
        self.chance: random.Random = random.Random(0)
        self.clock: Clock | None = None
        """Of the node that is running; None: SQLite's own clock."""
        self.errors: list[BaseException] = []
        """What went wrong inside callbacks: mistakes of the simulation."""
        self._files = OpenFiles(self.errors)
        self._own = self.library.sqlite3_vfs_find(b"unix")
        self._call = {
            name: abi.native(abi.VFS_CALLS[name], getattr(self._own.contents, name))
            for name in ("xOpen", "xDelete", "xSleep", "xCurrentTimeInt64")
        }
        self._functions = self._callbacks()
        self._vfs = abi.Vfs.from_buffer_copy(self._own.contents)
        self._vfs.zName = NAME.encode()
        for name, function in self._functions.items():
            setattr(self._vfs, name, ctypes.cast(function, ctypes.c_void_p).value)

    def register(self) -> None:
        """Make it the default of every connection opened from now on."""
        if self.library.sqlite3_vfs_register(ctypes.byref(self._vfs), 1) != abi.OK:
            raise abi.NoSqlite("SQLite does not take another VFS")
        self.reseed()

    def unregister(self) -> None:
        """SQLite's own is the default again; connections that are open stay what they are."""
        self.library.sqlite3_vfs_register(self._own, 1)
        self.library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))
        self.reseed()

    def reseed(self) -> None:
        """Let SQLite draw its random numbers anew: from `chance`."""
        self.library.sqlite3_randomness(0, None)

    def add(self, disk: SimulatedDisk) -> SimulatedDisk:
        """Simulate the disk below this root from now on."""
        disk.on_death.append(self._files.orphan)
        disk.faults.on_reads.append(functools.partial(self._files.choose_tables, disk))
        return self.disks.add(disk)

    def check(self) -> None:
        """Raise what went wrong inside a callback, if anything did."""
        if self.errors:
            raise self.errors.pop(0)

    def open_files(self, disk: SimulatedDisk) -> list[str]:
        """The paths of the files that SQLite has open on a disk."""
        return self._files.paths(disk)

    # -- functions of the file system ---------------------------------------------------------------------------------

    def _callbacks(self) -> dict[str, Any]:
        functions: dict[str, tuple[Callable[..., int], int]] = {
            "xOpen": (self._open_file, abi.CANTOPEN),
            "xDelete": (self._delete, abi.IOERR_DELETE),
            "xRandomness": (self._randomness, 0),
            "xSleep": (self._sleep, 0),
            "xCurrentTime": (self._current_time, abi.IOERR),
            "xCurrentTimeInt64": (self._current_time_ms, abi.IOERR),
        }
        return {
            name: abi.CALLBACK(*abi.VFS_CALLS[name])(safe(function, code, self.errors))
            for name, (function, code) in functions.items()
        }

    def _open_file(self, _vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        path = os.fsdecode(ctypes.string_at(name)) if name else ""
        disk = self.disks.find(path) if path else None
        if disk is not None and (disk.dead or (flags & _CREATE and disk.is_refused_a_name(path))):
            ctypes.c_void_p.from_address(file).value = None  # SQLite need not close it
            return abi.CANTOPEN
        code: int = self._call["xOpen"](ctypes.cast(self._own, ctypes.c_void_p), name, file, flags, out)
        if disk is None or code != abi.OK:
            return code
        self._files.add(file, disk, path)
        return abi.OK

    def _delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        path = os.fsdecode(ctypes.string_at(name))
        disk = self.disks.find(path)
        if disk is not None and os.path.lexists(path) and disk.is_refused_a_name(path, taken_away=True):
            return abi.IOERR_DELETE
        code: int = self._call["xDelete"](ctypes.cast(self._own, ctypes.c_void_p), name, 0)
        if disk is not None and code == abi.OK:
            disk.noticed(disk.name_of(path))
            if sync_folder:
                disk.names.sync_folder(os.path.dirname(disk.name_of(path)))
        return code

    def _randomness(self, _vfs: int, amount: int, into: int) -> int:
        ctypes.memmove(into, self.chance.randbytes(amount), amount)
        return amount

    def _sleep(self, _vfs: int, microseconds: int) -> int:
        if self.clock is None:
            return int(self._call["xSleep"](ctypes.cast(self._own, ctypes.c_void_p), microseconds))
        self.clock.sleep_us(microseconds)
        return microseconds

    def _current_time_ms(self, _vfs: int, into: Any) -> int:
        if self.clock is None:
            return int(self._call["xCurrentTimeInt64"](ctypes.cast(self._own, ctypes.c_void_p), into))
        into[0] = _JULIAN_MS + self.clock.wall_ms()
        return abi.OK

    def _current_time(self, vfs: int, into: Any) -> int:
        moment = (ctypes.c_int64 * 1)()
        code = self._current_time_ms(vfs, ctypes.cast(moment, ctypes.POINTER(ctypes.c_int64)))
        into[0] = moment[0] / 86_400_000
        return code


@functools.cache
def _the_only_one() -> SimulatedSqlite:
    made = SimulatedSqlite()
    # Kept for ever: connections may be closed long after it was taken away, even while Python ends.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(made))
    return made


@contextmanager
def installed(chance: random.Random, clock: Clock | None = None) -> Iterator[SimulatedSqlite]:
    """While this lasts, every file on a disk that is added to it is simulated. Raises what went wrong in callbacks."""
    sqlite = _the_only_one()
    sqlite.disks, sqlite.chance, sqlite.clock = Disks(), chance, clock
    sqlite.errors.clear()
    sqlite.register()
    try:
        yield sqlite
    finally:
        sqlite.unregister()
        sqlite.disks = Disks()
        sqlite.check()
