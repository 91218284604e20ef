"""A file without a name that gets one only when it is finished: what is written once is not copied to where it stays.

A nameless file vanishes when it is closed or its process ends, however it ends. `give_name` gives it a name on the same
file system, a file that has a name gets a second one.
"""

from __future__ import annotations

import errno
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

#: What the kernel says where a file system makes no such files (open(2), O_TMPFILE), or an old kernel takes the flag
#: for a folder to be written to.
_NOT_OFFERED: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT})
#: What it says where a file cannot get another name (link(2)): it lost its last one, it is on another file system, or
#: the file system knows no second names.
_NO_NAME: Final = frozenset({errno.ENOENT, errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK})
_WAIT_WRITE_WAIT: Final = 0b111
"""Begin with what is dirty and wait for all of it (sync_file_range(2))."""


def nameless(folder: Path) -> BinaryIO:
    """A nameless file on the disk of `folder`, to write and read. Raises OSError."""
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in _NOT_OFFERED or not folder.is_dir():
            raise
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # has no name either, and can get none
    return os.fdopen(handle, "w+b")


class NoSecondName(Exception):
    """The file cannot get another name here and has to be copied: it lost its last one, or the file system has none."""


def give_name(file: BinaryIO, path: Path) -> None:
    """Give an open file the name `path`, which nothing has yet: all of its content, or nothing, is there. Raises
    NoSecondName, OSError (FileExistsError among them)."""
    file.flush()
    # With a folder's descriptor Python calls linkat(2), which follows the link of /proc to the file itself.
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(f"/proc/self/fd/{file.fileno()}", path.name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError as error:
        if error.errno in _NO_NAME:
            raise NoSecondName(str(error)) from error
        raise
    finally:
        os.close(folder)


@cache
def _sync_file_range() -> Any:
    import ctypes  # 0.8 MB, which a process that writes no pictures does without

    found = ctypes.CDLL(None).sync_file_range
    found.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return found


def write_out(file: BinaryIO) -> None:
    """Write the file's content to its place on the disk and wait for it; that it belongs to the file is not yet on
    the disk. Without this a name given next might outlive a power cut and its content not. Raises OSError."""
    file.flush()
    if _sync_file_range()(file.fileno(), 0, 0, _WAIT_WRITE_WAIT) != 0:
        os.fsync(file.fileno())  # a file system without that call
