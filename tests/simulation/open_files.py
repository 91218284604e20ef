"""Files that SQLite has open on simulated disks: what each of its operations tells the disk (see `vfs.py`)."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.simulation import sqlite_abi as abi
from tests.simulation.disk import SimulatedDisk
from tests.simulation.faults import SHORT, SHORT_IN_LOG
from tests.simulation.stored import Stored


def safe(function: Callable[..., int], code: int, errors: list[BaseException]) -> Callable[..., int]:
    """A function that C may call: an exception is kept in `errors`, and the operation ends with this code."""

    def called(*arguments: Any) -> int:
        try:
            return function(*arguments)
        except BaseException as error:  # noqa: BLE001  nothing may pass through C
            errors.append(error)
            return code

    return called


class _Tables:
    """The tables of functions for files that SQLite opened with one table of its own."""

    def __init__(self, address: int, ours: dict[str, Any]) -> None:
        own = abi.FileMethods.from_address(address)
        present = [name for name in abi.FILE_CALLS if getattr(own, name)]  # a log has no shared memory
        self.call = {name: abi.native(abi.FILE_CALLS[name], getattr(own, name)) for name in present}
        plain = {name: ours[name] for name in ("xClose", "xWrite", "xTruncate", "xSync", "xShmMap", "xShmUnmap")}
        self.plain = _table(own, plain)
        self.reading = _table(own, plain | {"xRead": ours["xRead"]})
        dead = ("xRead", "xWrite", "xTruncate", "xSync", "xFileSize", "xLock", "xCheckReservedLock", "xShmMap")
        refusing = {name: ours[f"dead {name}"] for name in dead}
        closing = {name: ours[name] for name in ("xClose", "xShmUnmap")}
        self.dead = _table(own, refusing | closing | {"xShmLock": ours["dead xShmLock"]})


def _table(own: abi.FileMethods, ours: dict[str, Any]) -> abi.FileMethods:
    addresses = {name: ctypes.cast(function, ctypes.c_void_p).value for name, function in ours.items()}
    return abi.FileMethods(
        2, *(getattr(own, name) and addresses.get(name, getattr(own, name)) for name in abi.FILE_CALLS)
    )


class _Open(NamedTuple):
    """A file that SQLite has open."""

    disk: SimulatedDisk
    stored: Stored
    path: str
    tables: _Tables


class OpenFiles:
    """All of them, by the address at which SQLite keeps the file; and those of nodes that died."""

    def __init__(self, errors: list[BaseException]) -> None:
        self._errors = errors
        self._open: dict[int, _Open] = {}
        self._orphans: dict[int, _Open] = {}
        self._tables: dict[int, _Tables] = {}
        self._ours = self._callbacks()

    def add(self, file: int, disk: SimulatedDisk, path: str) -> None:
        """SQLite's own VFS has opened this file: our functions stand between from now on."""
        stored = disk.noticed(disk.name_of(path))
        address = ctypes.c_void_p.from_address(file).value
        assert stored is not None and address
        tables = self._tables.get(address)
        if tables is None:
            tables = self._tables[address] = _Tables(address, self._ours)
        if not stored.told:
            disk.content_of(disk.name_of(path), stored, os.lstat(path))
            stored.told = True
        self._open[file] = _Open(disk, stored, path, tables)
        disk.open_files.add(stored.number)
        _point(file, tables.reading if disk.faults.reads_can_fail else tables.plain)

    def paths(self, disk: SimulatedDisk) -> list[str]:
        """The paths of those on a disk, one for each connection."""
        return sorted(one.path for one in self._open.values() if one.disk is disk)

    def orphan(self, disk: SimulatedDisk) -> None:
        """The files that a dead node has open read and write nothing any more; they can only be closed."""
        for address in [address for address, one in self._open.items() if one.disk is disk]:
            one = self._orphans[address] = self._open.pop(address)
            _point(address, one.tables.dead)

    def choose_tables(self, disk: SimulatedDisk) -> None:
        """Reads are counted where one may fail, and cost nothing otherwise."""
        for address, one in self._open.items():
            if one.disk is disk:
                _point(address, one.tables.reading if disk.faults.reads_can_fail else one.tables.plain)

    # -- functions of an open file ------------------------------------------------------------------------------------

    def _callbacks(self) -> dict[str, Any]:
        functions: dict[str, tuple[Callable[..., int], int]] = {
            "xClose": (self._close, abi.IOERR),
            "xRead": (self._read, abi.IOERR_READ),
            "xWrite": (self._write, abi.IOERR_WRITE),
            "xTruncate": (self._truncate, abi.IOERR_TRUNCATE),
            "xSync": (self._sync, abi.IOERR_FSYNC),
            "xShmMap": (self._shm_map, abi.IOERR_SHMMAP),
            "xShmUnmap": (self._shm_unmap, abi.IOERR),
            "dead xShmLock": (self._shm_unlock, abi.IOERR_SHMLOCK),
        }
        refused = {
            "xRead": abi.IOERR_READ,
            "xWrite": abi.IOERR_WRITE,
            "xTruncate": abi.IOERR_TRUNCATE,
            "xSync": abi.IOERR_FSYNC,
            "xFileSize": abi.IOERR_FSTAT,
            "xLock": abi.IOERR_LOCK,
            "xCheckReservedLock": abi.IOERR_LOCK,
            "xShmMap": abi.IOERR_SHMMAP,
        }
        for name, code in refused.items():
            functions[f"dead {name}"] = (functools.partial(_refuse, code), code)
        return {
            name: abi.CALLBACK(*abi.FILE_CALLS[name.removeprefix("dead ")])(safe(function, code, self._errors))
            for name, (function, code) in functions.items()
        }

    def _close(self, file: int) -> int:
        one = self._open.pop(file, None)
        others = list(self._open.values())
        if one is None:
            one = self._orphans.pop(file)
            others += self._orphans.values()
            if not one.disk.dead:  # the file that has this number now is another one
                others.append(one)
        if all(other.stored is not one.stored for other in others):
            one.disk.open_files.discard(one.stored.number)
        return int(one.tables.call["xClose"](file))

    def _write(self, file: int, buffer: int, amount: int, offset: int) -> int:
        disk, stored, path, tables = self._open[file]
        error = disk.faults.begin("write")
        if not error and disk.faults.limit is not None and not disk.has_room(path, offset + amount):
            error = errno.ENOSPC
        if error:
            return abi.FULL if error == errno.ENOSPC else abi.IOERR_WRITE
        code: int = tables.call["xWrite"](file, buffer, amount, offset)
        if code == abi.OK:
            stored.pending.append((offset, ctypes.string_at(buffer, amount)))
        return code

    def _truncate(self, file: int, size: int) -> int:
        disk, stored, _, tables = self._open[file]
        if disk.faults.begin("write"):
            return abi.IOERR_TRUNCATE
        code: int = tables.call["xTruncate"](file, size)
        if code == abi.OK:
            stored.pending.append((size, None))
        return code

    def _sync(self, file: int, _flags: int) -> int:
        disk, stored, _, _ = self._open[file]
        if disk.faults.begin("sync"):
            if not disk.dead:
                stored.fail_sync(disk.chance)
            return abi.IOERR_FSYNC
        stored.sync()
        disk.names.sync_file(stored)
        return abi.OK

    def _read(self, file: int, buffer: int, amount: int, offset: int) -> int:
        one = self._open[file]
        error = one.disk.faults.begin("read")
        if error == SHORT_IN_LOG:
            error = SHORT if one.path.endswith("-wal") else 0
        if error and error != SHORT:
            return abi.IOERR_READ
        code: int = one.tables.call["xRead"](file, buffer, amount, offset)
        if error == SHORT:
            half = amount // 2
            ctypes.memset(buffer + half, 0, amount - half)
            return abi.IOERR_SHORT_READ
        return code

    def _shm_map(self, file: int, region: int, size: int, extend: int, into: int) -> int:
        disk, _, path, tables = self._open[file]
        if extend and disk.faults.limit is not None and not disk.has_room(f"{path}-shm", (region + 1) * size):
            return abi.IOERR_SHMSIZE
        return int(tables.call["xShmMap"](file, region, size, extend, into))

    def _shm_unmap(self, file: int, delete: int) -> int:
        one = self._open.get(file)
        if one is not None:
            return int(one.tables.call["xShmUnmap"](file, delete))
        # By its name the index would be deleted that the node has made since it was switched on again.
        return int(self._orphans[file].tables.call["xShmUnmap"](file, 0))

    def _shm_unlock(self, file: int, first: int, count: int, flags: int) -> int:
        if not flags & abi.SHM_UNLOCK:
            return abi.IOERR_SHMLOCK
        unlock = self._orphans[file].tables.call["xShmLock"]
        try:
            return int(unlock(file, first, count, flags))
        except ctypes.ArgumentError:
            # The dead node's own error is on its way through `sqlite3`, which resets statements meanwhile; ctypes took
            # it for one of these arguments.
            return int(unlock(file, first, count, flags))


def _point(file: int, table: abi.FileMethods) -> None:
    """Let the open file use this table: its first field is the pointer to it."""
    ctypes.c_void_p.from_address(file).value = ctypes.addressof(table)


def _refuse(code: int, *_: Any) -> int:
    return code
