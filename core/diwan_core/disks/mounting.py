"""Opens a backup disk by its label, and closes it before somebody takes it away."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from diwan_core.disks import luks
from diwan_core.disks.examine import all_devices

PLACE: Final = Path("/run/diwan/backup")


class NoSuchDisk(Exception):
    """No disk, or more than one, has the label; the text says which and the remedy."""


def devices_of(label: str) -> list[str]:
    """The devices whose LUKS header has this label, as they are plugged in now. Raises CannotExamine."""
    return [path for path in all_devices() if luks.label_of(path) == label and luks.is_encrypted(path)]


def mount(label: str, key: bytes) -> Path:
    """Open the disk with this label and mount it; where it is. One that is mounted already stays so.

    Raises NoSuchDisk, DiskFailed, OSError."""
    place = PLACE / label
    if os.path.ismount(place):
        return place
    devices = devices_of(label)
    if not devices:
        raise NoSuchDisk(f"no disk with the label {label} is plugged in: plug it in, and look at `diwan disks list`")
    if len(devices) > 1:
        raise NoSuchDisk(
            f"{' and '.join(devices)} both say that they are {label}: one is a copy. Unplug the one that is not yours"
        )
    if not (Path("/dev/mapper") / label).exists():
        luks.unlock(devices[0], label, key)
    place.mkdir(parents=True, exist_ok=True, mode=0o755)
    try:
        luks.run(
            "mounting the disk", ["mount", "-o", "nosuid,nodev,noexec,noatime", f"/dev/mapper/{label}", str(place)]
        )
    except luks.DiskFailed:
        luks.lock(label)
        raise
    return place


def unmount(label: str) -> None:
    """Write everything out, unmount and close. Nothing happens where it is closed already. Raises DiskFailed."""
    place = PLACE / label
    os.sync()
    if os.path.ismount(place):
        luks.run("unmounting the disk", ["umount", str(place)])
    if (Path("/dev/mapper") / label).exists():
        luks.lock(label)
    if place.is_dir():
        place.rmdir()
