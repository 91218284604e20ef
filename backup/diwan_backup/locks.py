"""Removes locks that a dead process left in a repository, only where the holder is certainly dead.

borg itself breaks a lock of this machine whose process is gone. Left are a number that another process has by now,
and a lock of another machine on a disk that is in this one: a disk is in one machine at a time."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.archives.settings import Repository

_EXCLUSIVE: Final = "lock.exclusive"
_ROSTER: Final = "lock.roster"
_HOLDER: Final = re.compile(r"(?P<host>.+)@(?P<machine>\d+)\.(?P<pid>\d+)-(?P<thread>[0-9a-f]+)")
_ON_THIS_MACHINE: Final = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat", "tmpfs", "overlay"}
)


class Holder(NamedTuple):
    """The holder of a lock, as borg notes it."""

    host: str
    machine: int
    pid: int

    @property
    def said(self) -> str:
        """The holder in words for people."""
        return f"process {self.pid} of {self.host}"


def holders(place: Path) -> list[Holder]:
    """The holders of the lock of a repository in a folder; empty where there is none."""
    try:
        names = sorted(os.listdir(place / _EXCLUSIVE))
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (_HOLDER.fullmatch(name) for name in names)
    return [Holder(one["host"], int(one["machine"]), int(one["pid"])) for one in found if one]


def all_dead(repository: Repository) -> list[Holder]:
    """The holders of a repository's lock, where every one is certainly dead; else none."""
    if repository.kind == "remote" or not is_on_this_machine(Path(repository.location)):
        return []
    found = holders(Path(repository.location))
    return found if found and not any(lives_here(one) for one in found) else []


def is_on_this_machine(place: Path) -> bool:
    """Whether a folder is on a disk of this machine: no other machine can be at work in it."""
    best, kind = "", ""
    for point, file_system in _mounts():
        inside = str(place) == point or str(place).startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, file_system
    return kind in _ON_THIS_MACHINE


def _mounts() -> Iterator[tuple[str, str]]:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        yield before.split()[4].replace("\\040", " "), after.split()[0]


def lives_here(holder: Holder) -> bool:
    """Whether a process of this number may be a borg of this machine. One that is something else by now is not; one
    that cannot be looked at (a service sees no other user's) is, where the lock is this machine's."""
    try:
        os.kill(holder.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    try:
        return b"borg" in Path(f"/proc/{holder.pid}/cmdline").read_bytes()
    except OSError:
        return holder.machine == uuid.getnode()
