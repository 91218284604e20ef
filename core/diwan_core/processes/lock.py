"""The lock of each process of a node's folder, held by the process itself (flock(2)), so that it runs only once.

The kernel frees a lock when the process that holds it ends, however it ends, and a lock that its holder passes through
exec stays with the program that follows. So a lock is always right, also after kill -9 and power cuts.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = "run"
SUFFIX: Final = ".lock"
_PATIENCE_S: Final = 0.5
"""How long a lock is tried: whoever only looks holds it for a moment."""


class AlreadyRunning(Exception):
    """The folder has such a process already."""


class Lock:
    """The lock of one process of a folder. It is held until `release`, or until the process ends."""

    def __init__(self, folder: Path, part: str) -> None:
        self._folder, self._part = folder, part
        self._descriptor: int | None = None

    @property
    def _path(self) -> Path:
        return self._folder / FOLDER / f"{self._part}{SUFFIX}"

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunning; OSError where the folder cannot be written and has never been run."""
        descriptor = self._opened()
        end = time.monotonic() + _PATIENCE_S
        while not _locked(descriptor):
            if time.monotonic() > end:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise AlreadyRunning(said_running(self._folder, self._part, holder))
            time.sleep(0.01)
        with contextlib.suppress(OSError):  # a disk that is full, or read-only: the number is only for people
            os.truncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        os.set_inheritable(descriptor, True)  # for the program that this process becomes; children close what is open
        self._descriptor = descriptor

    def _opened(self) -> int:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                raise
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    def release(self) -> None:
        """Release the lock."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def said_running(folder: Path, part: str, holder: str) -> str:
    """The sentence about a process that is there already."""
    name = "The node" if part == "run" else f"The part {part} of the node"
    number = f" (process {holder})" if holder.isdecimal() else ""
    return f"{name} in {folder} is running already{number}. Stop that one first; nothing was started."


def running(folder: Path, parts: Iterable[str]) -> dict[str, bool]:
    """Which of these processes a folder has at this moment."""
    return {part: _is_held(folder / FOLDER / f"{part}{SUFFIX}") for part in parts}


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True
