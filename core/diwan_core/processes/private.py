"""Makes the files of a node unreadable for other users of the machine."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
from pathlib import Path
from typing import Final

UMASK: Final = 0o077
_OTHERS: Final = 0o077

log = logging.getLogger("diwan.files")


def make_private() -> None:
    """Make everything that this process and its children create readable by their own user only."""
    os.umask(UMASK)


def mend(folder: Path) -> int:
    """Take from others what an earlier release let them read in a node's folder; how many files and folders that were.

    Cheap where nothing is to be done: a folder loses its rights for others last, so one that has none needs no second
    look. A folder with the set-group-ID bit is left alone: whoever set the machine up made it for a service's group."""
    mended = 0
    with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            try:
                mended += _mend(entry)
            except FileNotFoundError:
                continue  # a passing file of a process at work
            except OSError as error:
                log.warning("%s can be read by others, and that cannot be changed: %s", entry.path, error.strerror)
    return mended + _close(folder)


def _mend(entry: os.DirEntry[str]) -> int:
    if entry.is_symlink():
        return 0
    mode = entry.stat(follow_symlinks=False).st_mode
    if not mode & _OTHERS or (stat.S_ISDIR(mode) and mode & stat.S_ISGID):
        return 0
    if stat.S_ISDIR(mode):
        return mend(Path(entry.path))
    os.chmod(entry.path, stat.S_IMODE(mode) & ~_OTHERS)
    return 1


def _close(folder: Path) -> int:
    """The folder itself, after all that is in it."""
    mode = folder.stat().st_mode
    if not mode & _OTHERS or mode & stat.S_ISGID:
        return 0
    folder.chmod(stat.S_IMODE(mode) & ~_OTHERS)
    return 1
