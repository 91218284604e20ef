"""SQLite's C interface for virtual file systems (https://www.sqlite.org/c3ref/vfs.html), as ctypes describes it."""

from __future__ import annotations

import _sqlite3
import ctypes
import sqlite3
from ctypes import c_char_p, c_double, c_int, c_int64, c_void_p
from typing import Any, Final

OK: Final = 0
IOERR: Final = 10
FULL: Final = 13
CANTOPEN: Final = 14
IOERR_READ: Final = IOERR | 1 << 8
IOERR_SHORT_READ: Final = IOERR | 2 << 8
IOERR_WRITE: Final = IOERR | 3 << 8
IOERR_FSYNC: Final = IOERR | 4 << 8
IOERR_TRUNCATE: Final = IOERR | 6 << 8
IOERR_FSTAT: Final = IOERR | 7 << 8
IOERR_DELETE: Final = IOERR | 10 << 8
IOERR_ACCESS: Final = IOERR | 13 << 8
IOERR_LOCK: Final = IOERR | 15 << 8
IOERR_SHMSIZE: Final = IOERR | 19 << 8
IOERR_SHMLOCK: Final = IOERR | 20 << 8
IOERR_SHMMAP: Final = IOERR | 21 << 8
SHM_UNLOCK: Final = 1

# Callbacks are called by SQLite while Python has released its lock; SQLite's own functions are called with it held,
# since none of them waits.
CALLBACK: Final = ctypes.CFUNCTYPE
NATIVE: Final = ctypes.PYFUNCTYPE

FILE_CALLS: Final[dict[str, tuple[Any, ...]]] = {
    "xClose": (c_int, c_void_p),
    "xRead": (c_int, c_void_p, c_void_p, c_int, c_int64),
    "xWrite": (c_int, c_void_p, c_void_p, c_int, c_int64),
    "xTruncate": (c_int, c_void_p, c_int64),
    "xSync": (c_int, c_void_p, c_int),
    "xFileSize": (c_int, c_void_p, c_void_p),
    "xLock": (c_int, c_void_p, c_int),
    "xUnlock": (c_int, c_void_p, c_int),
    "xCheckReservedLock": (c_int, c_void_p, c_void_p),
    "xFileControl": (c_int, c_void_p, c_int, c_void_p),
    "xSectorSize": (c_int, c_void_p),
    "xDeviceCharacteristics": (c_int, c_void_p),
    "xShmMap": (c_int, c_void_p, c_int, c_int, c_int, c_void_p),
    "xShmLock": (c_int, c_void_p, c_int, c_int, c_int),
    "xShmBarrier": (None, c_void_p),
    "xShmUnmap": (c_int, c_void_p, c_int),
}
"""The functions of an open file, in the order of `sqlite3_io_methods` of version 2: without memory-mapped reading."""


class FileMethods(ctypes.Structure):
    """`sqlite3_io_methods`. The functions are kept as addresses, so that SQLite's own can stand beside ours."""

    _fields_ = [("iVersion", c_int), *((name, c_void_p) for name in FILE_CALLS)]


VFS_CALLS: Final[dict[str, tuple[Any, ...]]] = {
    "xOpen": (c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p),
    "xDelete": (c_int, c_void_p, c_void_p, c_int),
    "xAccess": (c_int, c_void_p, c_void_p, c_int, c_void_p),
    "xFullPathname": (c_int, c_void_p, c_void_p, c_int, c_void_p),
    "xDlOpen": (c_void_p, c_void_p, c_void_p),
    "xDlError": (None, c_void_p, c_int, c_void_p),
    "xDlSym": (c_void_p, c_void_p, c_void_p, c_void_p),
    "xDlClose": (None, c_void_p, c_void_p),
    "xRandomness": (c_int, c_void_p, c_int, c_void_p),
    "xSleep": (c_int, c_void_p, c_int),
    "xCurrentTime": (c_int, c_void_p, ctypes.POINTER(c_double)),
    "xGetLastError": (c_int, c_void_p, c_int, c_void_p),
    "xCurrentTimeInt64": (c_int, c_void_p, ctypes.POINTER(c_int64)),
    "xSetSystemCall": (c_int, c_void_p, c_void_p, c_void_p),
    "xGetSystemCall": (c_void_p, c_void_p, c_void_p),
    "xNextSystemCall": (c_void_p, c_void_p, c_void_p),
}


class Vfs(ctypes.Structure):
    """`sqlite3_vfs`, version 3."""

    _fields_ = [
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        *((name, c_void_p) for name in VFS_CALLS),
    ]


class NoSqlite(Exception):
    """The SQLite inside Python cannot be reached; the message says why."""


def library(module: str | None = getattr(_sqlite3, "__file__", None)) -> ctypes.CDLL:
    """The very SQLite that Python's `sqlite3` calls. `module` is None where that is a part of Python's executable.

    Looked up through Python's own extension module: the loader finds there the shared library it was linked with
    (Debian), or the copy linked into it. Where that copy hides its names, as some builds of Python do whose SQLite is
    linked statically, there is no way in and NoSqlite is raised: use the distribution's Python."""
    try:
        found = ctypes.CDLL(module)
        found.sqlite3_libversion.restype = c_char_p
        version = found.sqlite3_libversion().decode()
        find, register = found.sqlite3_vfs_find, found.sqlite3_vfs_register
        unregister, randomness = found.sqlite3_vfs_unregister, found.sqlite3_randomness
    except (OSError, AttributeError) as error:
        raise NoSqlite(
            f"the SQLite that this Python uses is linked into it and hides its functions ({error}): run the "
            "simulation with the distribution's Python, whose SQLite is a shared library"
        ) from error
    if version != sqlite3.sqlite_version:
        raise NoSqlite(f"Python uses SQLite {sqlite3.sqlite_version}, but the library found is {version}")
    find.restype, find.argtypes = ctypes.POINTER(Vfs), [c_char_p]
    register.argtypes = [ctypes.POINTER(Vfs), c_int]
    unregister.argtypes = [ctypes.POINTER(Vfs)]
    randomness.argtypes, randomness.restype = [c_int, c_void_p], None
    return found


def native(signature: tuple[Any, ...], address: int | None) -> Any:
    """A function of SQLite by its address."""
    assert address
    return NATIVE(*signature)(address)
