"""All simulated disks of one process, and the doors through which the product reaches whichever a path is on."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from diwan_core.world import World

from tests.simulation.disk import SimulatedDisk


class Disks:
    """The disks of a simulation: a path on one of them is handled there, any other by the operating system."""

    def __init__(self) -> None:
        self._by_prefix: dict[str, SimulatedDisk] = {}

    def add(self, disk: SimulatedDisk) -> SimulatedDisk:
        """Handle what is below this disk's root from now on."""
        self._by_prefix[f"{disk.root}/"] = disk
        return disk

    def remove(self, disk: SimulatedDisk) -> None:
        """Forget a disk; its folder stays."""
        del self._by_prefix[f"{disk.root}/"]

    def find(self, path: str | Path | int) -> SimulatedDisk | None:
        """The disk that a path, or an open file, is on."""
        text = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.path.abspath(path)
        for prefix, disk in self._by_prefix.items():
            if text.startswith(prefix) or text == prefix[:-1]:
                return disk
        return None

    def sync_file(self, path: str | Path | int) -> None:
        """The content of a file, or of an open file, is durable when this returns. Raises OSError."""
        disk = self.find(path)
        if disk is None:
            _sync(path)
        else:
            disk.sync_file(path)

    def sync_folder(self, path: str | Path | int) -> None:
        """The names in a folder are durable when this returns. Raises OSError."""
        disk = self.find(path)
        if disk is None:
            _sync(path)
        else:
            disk.sync_folder(path)

    def replace(self, source: str | Path, target: str | Path, folder: int | None = None) -> None:
        """Rename a file over another name of the same disk; `folder` is an open folder that both names are in. Raises
        OSError."""
        disk = self.find(source if folder is None else folder)
        if disk is None:
            os.replace(source, target, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            disk.replace(source, target, folder)

    def link(self, source: str | Path, target: str | Path) -> None:
        """Give a file a second name on the same disk. Raises OSError."""
        disk = self.find(source)
        if disk is None:
            os.link(source, target)
        else:
            disk.link(source, target)

    def unlink(self, path: str | Path, *, missing_ok: bool = False) -> None:
        """Take a file's name away. Raises OSError."""
        disk = self.find(path)
        if disk is None:
            with contextlib.suppress(*[FileNotFoundError] if missing_ok else []):
                os.unlink(path)
        else:
            disk.unlink(path, missing_ok=missing_ok)


def _sync(path: str | Path | int) -> None:
    if isinstance(path, int):
        os.fsync(path)
        return
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class WorldOfDisks(World):
    """This machine, but for the disks: what makes files durable, and what tells a file from a copy of it."""

    def __init__(self, disks: Disks) -> None:
        self._disks = disks

    def file_identity(self, path: Path) -> tuple[int, int]:
        """The device is always the same; the inode is the one that the simulated node sees."""
        disk = self._disks.find(path)
        return super().file_identity(path) if disk is None else (1, disk.inode(path))

    def sync_file(self, descriptor: int) -> None:
        """Tell the disk that the file is on."""
        self._disks.sync_file(descriptor)

    def sync_folder(self, descriptor: int) -> None:
        """Tell the disk that the folder is on."""
        self._disks.sync_folder(descriptor)

    def replace(self, source: str | Path, target: str | Path, folder: int | None = None) -> None:
        """Rename on the disk that the names are on."""
        self._disks.replace(source, target, folder)
