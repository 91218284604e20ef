"""Disks by what the kernel says of them in /sys: which one a folder is on, and whether a device is blank."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_hardware.check.job import CannotCheck

_BLOCK: Final = Path("/sys/class/block")
_LOOKED_AT: Final = 4 * 1024 * 1024
"""Bytes at both ends of a device in which tables and file systems have their marks."""


@dataclass(frozen=True)
class Disk:
    """A whole disk."""

    name: str
    model: str
    serial: str
    size: int

    @property
    def device(self) -> str:
        """Its file."""
        return f"/dev/{self.name}"

    @property
    def is_card(self) -> bool:
        """Whether it is an SD card or eMMC, which have no SMART."""
        return self.name.startswith("mmcblk")


def disk_of(folder: Path) -> Disk | None:
    """The disk a folder's file system is on, through encryption and mirrors; None where the kernel names none."""
    number = os.stat(folder).st_dev
    return _disk(Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"))


def named(device: Path) -> Disk:
    """The disk of a device file. Raises CannotCheck, OSError."""
    about = os.stat(device)
    if not stat.S_ISBLK(about.st_mode):
        raise CannotCheck(f"{device} is not a device. Name a disk such as /dev/sdb, or test a folder with --dir.")
    place = Path(f"/sys/dev/block/{os.major(about.st_rdev)}:{os.minor(about.st_rdev)}").resolve()
    if (place / "partition").exists():
        raise CannotCheck(f"{device} is a partition. Name the whole disk, /dev/{place.parent.name}.")
    return _described(place)


def refuse_used(disk: Disk) -> None:
    """Refuse a device that holds anything. Raises CannotCheck, OSError."""
    place = _BLOCK / disk.name
    parts = sorted(path.parent.name for path in place.glob("*/partition"))
    holders = sorted(path.name for path in place.glob("holders/*"))
    if parts or holders:
        raise CannotCheck(
            f"{disk.device}: is in use ({', '.join(parts + holders)}). Only a blank disk is tested whole."
        )
    descriptor = os.open(disk.device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for start in (0, max(0, disk.size - _LOOKED_AT)):
            content = os.pread(descriptor, min(_LOOKED_AT, disk.size), start)
            if content.strip(b"\0") and content.strip(b"\xff"):
                raise CannotCheck(
                    f"{disk.device}: is not blank. The test would destroy what is on it. If nothing of it is needed: "
                    f"`wipefs --all {disk.device}` and `blkdiscard -z {disk.device}` (or `shred -n 0 -z`), then again."
                )
    finally:
        os.close(descriptor)


def _disk(place: Path) -> Disk | None:
    """The whole disk below a block device: a partition's parent, the first disk under a mapping."""
    if not place.exists():
        return None
    place = place.resolve()
    if (place / "partition").exists():
        place = place.parent
    below = sorted((place / "slaves").glob("*")) if (place / "slaves").is_dir() else []
    if below:
        return _disk(below[0])
    return _described(place)


def _described(place: Path) -> Disk:
    model = " ".join(
        filter(None, (_text(place / "device/vendor"), _text(place / "device/model") or _text(place / "device/name")))
    )
    serial = _text(place / "device/serial") or _text(place / "serial") or _wwid(place)
    sectors = _text(place / "size")
    return Disk(place.name, model, serial, int(sectors) * 512 if sectors.isdigit() else 0)


def _wwid(place: Path) -> str:
    found = re.search(r"\S+$", _text(place / "device/wwid"))
    return found[0] if found else ""


def _text(file: Path) -> str:
    try:
        return file.read_bytes()[:200].decode("utf-8", "replace").strip()
    except OSError:
        return ""
