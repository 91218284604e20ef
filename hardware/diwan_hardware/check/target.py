"""The place that a capacity test writes to: files that fill a folder, or a whole blank device that was named."""

from __future__ import annotations

import errno
import mmap
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from diwan_hardware.check.job import CannotCheck, own_folder
from diwan_hardware.check.pattern import BLOCK

NAME: Final = "diwan-capacity-test"
_KEPT_FREE: Final = 512 * 1024 * 1024


class Target(Protocol):
    """A place of so many blocks. Reading after `settle` comes from the disk, not from memory."""

    blocks: int

    def write(self, number: int, block: bytes) -> None:
        """Write a block. Raises OSError."""

    def read(self, number: int) -> bytes:
        """Read a block. Raises OSError."""

    def settle(self) -> None:
        """Bring what was written to the disk and forget it in memory. Raises OSError."""


class FolderTarget:
    """Files of 1 GiB in a folder of their own. Nothing else of the disk is touched. Raises CannotCheck, OSError."""

    def __init__(self, folder: Path, blocks: int) -> None:
        self.folder, self.blocks = folder / NAME, blocks
        own_folder(self.folder)
        self._open: tuple[int, int] | None = None

    def write(self, number: int, block: bytes) -> None:
        """Write a block. Raises OSError."""
        _write_all(self._file(number), block, number % 1024 * BLOCK)

    def read(self, number: int) -> bytes:
        """Read a block. Raises OSError."""
        return _read(self._file(number), number % 1024 * BLOCK)

    def settle(self) -> None:
        """Bring what was written to the disk and forget it in memory. Raises OSError."""
        if self._open is not None:
            _settle(self._open[1])

    def close(self) -> None:
        """Close the open file."""
        if self._open is not None:
            os.close(self._open[1])
            self._open = None

    def remove(self) -> None:
        """Give the space back."""
        self.close()
        remove_leftovers(self.folder.parent)

    def _file(self, number: int) -> int:
        index = number // 1024
        if self._open is None or self._open[0] != index:
            if self._open is not None:
                _settle(self._open[1])
                self.close()
            path = self.folder / f"{index:05}.bin"
            self._open = index, os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        return self._open[1]


class DeviceTarget:
    """A whole device. `settle` works for it as for a file."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self.blocks = descriptor, size // BLOCK

    def write(self, number: int, block: bytes) -> None:
        """Write a block. Raises OSError."""
        _write_all(self._descriptor, block, number * BLOCK)

    def read(self, number: int) -> bytes:
        """Read a block. Raises OSError."""
        return _read(self._descriptor, number * BLOCK)

    def settle(self) -> None:
        """Bring what was written to the disk and forget it in memory. Raises OSError."""
        _settle(self._descriptor)


@contextmanager
def opened_device(device: str, size: int) -> Iterator[DeviceTarget]:
    """A device, opened so that nobody mounts it meanwhile. Raises CannotCheck."""
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_EXCL | os.O_CLOEXEC)  # refused while it is mounted
    except OSError as error:
        raise CannotCheck(
            f"{device}: cannot be opened for this test alone ({error.strerror}). Unmount it, or run as root."
        ) from error
    try:
        yield DeviceTarget(descriptor, size)
    finally:
        os.close(descriptor)


def room(folder: Path) -> int:
    """Blocks that may be filled in a folder: what is free, less 5 % of the disk and at least 512 MB."""
    usage = shutil.disk_usage(folder)
    return max(0, (usage.free - max(_KEPT_FREE, usage.total // 20)) // BLOCK)


def remove_leftovers(folder: Path) -> None:
    """Remove the files of a capacity test: ours alone, by their names. Raises OSError."""
    place = folder / NAME
    if place.is_symlink() or not place.is_dir():
        return
    for path in place.glob("[0-9][0-9][0-9][0-9][0-9].bin"):
        path.unlink()
    place.rmdir()


def _write_all(descriptor: int, block: bytes, place: int) -> None:
    view = memoryview(block)
    while view:
        written = os.pwrite(descriptor, view, place)
        view, place = view[written:], place + written


def _read(descriptor: int, place: int) -> bytes:
    """Read a block past the memory, which may keep what it was advised to forget; in the usual way where it must be."""
    try:
        direct = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOENT}:
            raise
        return os.pread(descriptor, BLOCK, place)
    with mmap.mmap(-1, BLOCK) as block:  # direct reads need memory that begins at a page
        try:
            return block[: os.preadv(direct, [block], place)]
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return os.pread(descriptor, BLOCK, place)
        finally:
            os.close(direct)


def _settle(descriptor: int) -> None:
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
