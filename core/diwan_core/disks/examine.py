"""Examines a disk without changing it, and lists every reason for which it must not be erased.

`lsblk` and `wipefs` (util-linux) and /proc/swaps are asked, and the first and last MiB are read, since a disk of
another system may hold what no program here knows."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

MIB: Final = 1024 * 1024
LEAST_BYTES: Final = 64 * MIB
"""Below this, LUKS2 and a file system leave no room for a backup (a LUKS2 header alone is 16 MiB)."""
_COLUMNS: Final = "NAME,PATH,TYPE,SIZE,RO,MODEL,SERIAL,FSTYPE,LABEL,UUID,MOUNTPOINTS,PKNAME"

Code = Literal["missing", "no_disk", "partition", "read_only", "too_small", "system", "mounted", "swap", "held", "data"]


class CannotExamine(Exception):
    """The machine did not tell what the disk is; the text names the program and its reason."""


@dataclass(frozen=True)
class Reason:
    """Why a disk must not be erased; the text names what was found and the remedy."""

    code: Code
    text: str


@dataclass(frozen=True)
class Disk:
    """A disk as the kernel knows it. `size` in bytes; `serial` is empty where the disk has none."""

    path: str
    size: int
    model: str
    serial: str
    kind: str
    read_only: bool
    label: str
    """Label of the LUKS header or file system on the whole disk."""
    uuid: str
    parts: tuple[str, ...]
    """Partitions, mappings and arrays made of it."""
    mounts: tuple[str, ...]

    @property
    def said(self) -> str:
        """The disk in one line for a person."""
        name = " ".join(word for word in (self.model, f"serial {self.serial}" if self.serial else "") if word)
        return f"{self.path} ({self.size / 1e9:.1f} GB{', ' + name if name else ''})"

    @property
    def proof(self) -> str:
        """The text that a person types to show that this disk is meant: its serial number, or its name where it has
        none."""
        return self.serial or Path(self.path).name


def disks() -> list[Disk]:
    """All disks of this machine. Raises CannotExamine."""
    return [_disk(one) for one in _lsblk() if one["type"] in ("disk", "loop")]


def all_devices() -> list[str]:
    """All disks and partitions of this machine. Raises CannotExamine."""
    found = [one for disk in _lsblk() for one in (disk, *_below(disk))]
    return [str(one["path"]) for one in found if one["type"] in ("disk", "part", "loop")]


def examine(device: Path) -> tuple[Disk | None, list[Reason]]:
    """A disk, and every reason not to erase it; no reason: it is blank and free. Raises CannotExamine."""
    try:
        path = device.resolve(strict=True)
        mode = path.stat().st_mode
    except OSError as error:
        return None, [
            Reason(
                "missing", f"{device} is not there ({error.strerror}): plug the disk in, and look at `diwan disks list`"
            )
        ]
    if not stat.S_ISBLK(mode):
        return None, [Reason("no_disk", f"{device} is not a disk: name one of `diwan disks list`")]
    found = _lsblk(path)
    if not found:
        return None, [Reason("no_disk", f"{device} is not a disk the kernel knows: name one of `diwan disks list`")]
    disk = _disk(found[0])
    return disk, list(_reasons(disk, found[0], path))


def _reasons(disk: Disk, told: dict[str, Any], path: Path) -> Iterator[Reason]:
    name = disk.said
    if disk.kind not in ("disk", "loop"):
        yield Reason("partition", f"{name} is a {disk.kind} and no whole disk: name the disk it is on")
    if disk.read_only:
        yield Reason("read_only", f"{name} is read-only: look for a lock switch on it, or take another disk")
    if disk.size < LEAST_BYTES:
        yield Reason("too_small", f"{name} is too small for a backup: take a larger disk")
    if _is_system(disk):
        yield Reason("system", f"{name} holds this machine's own system: name the backup disk")
    elif disk.mounts:
        yield Reason(
            "mounted", f"{name} is in use at {', '.join(disk.mounts)}: unmount it (umount) if it is the right disk"
        )
    if swaps := _swaps() & {disk.path, *disk.parts}:
        yield Reason("swap", f"{name} is used as swap ({', '.join(sorted(swaps))}): it is not a blank disk")
    if holders := list(_holders(told)):
        yield Reason(
            "held", f"{name} is part of {', '.join(holders)} (RAID, LVM or encryption in use): it is not a blank disk"
        )
    in_use = disk.mounts or swaps or holders
    if not in_use and disk.size >= LEAST_BYTES and (held := _content(path, disk)):
        text = f"{name} holds data ({held}). If nothing of it is needed, erase it yourself: wipefs --all {disk.path}"
        yield Reason("data", text)


def _is_system(disk: Disk) -> bool:
    return any(mount in ("/", "/boot", "/boot/firmware", "/boot/efi", "/usr", "/var") for mount in disk.mounts)


def _content(path: Path, disk: Disk) -> str:
    """The content of a disk in words; "" where nothing was found."""
    if found := signatures(path):
        return ", ".join(found[:4])
    if disk.parts:
        return f"partitions {', '.join(disk.parts[:4])}"
    try:
        with path.open("rb", buffering=0) as file:
            for place, where in ((0, "beginning"), (max(0, disk.size - MIB), "end")):
                file.seek(place)
                if any(file.read(MIB)):
                    return f"bytes at its {where} that no program here knows"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    return ""


def _holders(told: dict[str, Any]) -> Iterator[str]:
    for child in _below(told):
        if child["type"] not in ("part", "disk", "loop"):
            yield str(child["name"])


def _swaps() -> set[str]:
    try:
        lines = Path("/proc/swaps").read_text().splitlines()[1:]
    except OSError:
        return set()
    return {os.path.realpath(line.split()[0]) for line in lines if line.strip()}


def _below(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in told.get("children") or []:
        yield child
        yield from _below(child)


def _disk(told: dict[str, Any]) -> Disk:
    below = list(_below(told))
    mounts = [mount for one in (told, *below) for mount in one.get("mountpoints") or [] if mount]
    return Disk(
        path=str(told["path"]), size=int(told["size"] or 0), model=_word(told.get("model")),
        serial=_word(told.get("serial")), kind=str(told["type"]), read_only=bool(told["ro"]),
        label=_word(told.get("label")), uuid=_word(told.get("uuid")), parts=tuple(str(one["path"]) for one in below),
        mounts=tuple(mounts),
    )  # fmt: skip


def _word(value: object) -> str:
    """Text that a disk says of itself, for a line on a terminal."""
    return "".join(c for c in str(value or "").strip() if c.isprintable())[:80]


def _lsblk(path: Path | None = None) -> list[dict[str, Any]]:
    argv = ["lsblk", "--json", "--bytes", "--output", _COLUMNS, *([str(path)] if path else [])]
    found = _asked(argv, frozenset({32, 64}))
    return list(found.get("blockdevices") or [])


def signatures(path: Path) -> list[str]:
    """The file systems, partition tables, swap areas and encryption of which a disk has signatures. Raises
    CannotExamine."""
    told = _asked(["wipefs", "--json", "--no-act", str(path)]).get("signatures") or []
    return list(dict.fromkeys(str(one["type"]) for one in told))


def _asked(argv: list[str], allow: frozenset[int] = frozenset()) -> dict[str, Any]:
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "LC_ALL": "C"}
        )
        if done.returncode and done.returncode not in allow:
            raise CannotExamine(f"{argv[0]} failed: {done.stderr.strip() or done.returncode}")
        found = json.loads(done.stdout) if done.stdout.strip() else {}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise CannotExamine(f"{argv[0]} cannot be asked about disks ({error}): run this as root on Linux") from error
    return found if isinstance(found, dict) else {}
