"""A small ext4 disk of our own on a loop device, which counts what is really written to it (root).

It is mounted where only this process and its children see it: the mount, and the loop device with it, end with the
last of us, however we end.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from diwan_lab.disks import own_mounts
from diwan_lab.process import ProcessFailed

MEGABYTES: Final = 600
_SECTOR: Final = 512
"""The unit of /sys/dev/block/…/stat, whatever the device's own is (Documentation/block/stat.rst)."""
_WRITTEN: Final = 6
"""Which field of it is the sectors written."""


class SmallDisks:
    """One disk for each of `folders`, for the length of a `with` block. Raises ProcessFailed with what to do."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._mounted = ExitStack()

    def __enter__(self) -> SmallDisks:
        if os.geteuid() != 0:
            raise ProcessFailed("the benchmark mounts small disks, which needs root: sudo ./diwan bench wear")
        own_mounts()
        with ExitStack() as mounted:
            for folder in self._folders:
                self._mount(folder)
                mounted.callback(_run, "umount", "--lazy", folder)
            self._mounted = mounted.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._mounted.close()

    def written(self, folder: Path) -> int:
        """Bytes that have reached this disk so far, its journal's included; what waits in memory is written first."""
        _run("sync", "--file-system", folder)
        device = folder.stat().st_dev
        stat = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat").read_text(encoding="ascii")
        return int(stat.split()[_WRITTEN]) * _SECTOR

    @staticmethod
    def _mount(folder: Path) -> None:
        folder.mkdir(parents=True)
        image = folder.with_name(f"{folder.name}.disk")
        with image.open("wb") as file:
            file.truncate(MEGABYTES * 1024 * 1024)
        # What mkfs leaves for later would be counted as the node's.
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
        _run("mount", "-o", "loop,nosuid,nodev,noatime", image, folder)
        (folder / "lost+found").rmdir()


def _run(*argv: str | Path) -> None:
    try:
        done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ProcessFailed(f"{argv[0]} is missing: apt-get install e2fsprogs mount") from error
    if done.returncode:
        raise ProcessFailed(f"{argv[0]}: {done.stderr.strip()}")
