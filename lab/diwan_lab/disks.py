"""Gives every node of a scenario a small disk, so that it can be filled: tmpfs in a mount namespace (root only).

The namespace ends with us and our children, and the mounts with it, however we end.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MEGABYTES: Final = 400
_CLONE_NEWNS: Final = 0x00020000
_MS_REC_PRIVATE: Final = 16384 | (1 << 18)
_libc = ctypes.CDLL(None, use_errno=True)


def can_mount() -> bool:
    """Whether this user may."""
    return os.geteuid() == 0


def own_mounts() -> None:
    """From now on, what we mount is seen by us and our children only. Raises OSError. Before any thread is started."""
    _checked(_libc.unshare(_CLONE_NEWNS))
    _checked(_libc.mount(b"none", b"/", None, _MS_REC_PRIVATE, None))


def give_disks(folders: Iterable[Path]) -> None:
    """Mount an empty disk of MEGABYTES at each folder. Raises OSError."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        _checked(_libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={MEGABYTES}m,mode=700".encode()))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
