"""Access to the world outside the program: clocks, randomness, durable files, and threads.

Register, exchange and trust, and the services built on them, reach the world through these functions and in no other
way (`tests/simulation/test_the_doors.py` looks). So a simulation can put a world of its own in place of this machine's:
one clock, one source of chance, disks that lose what was not synced (`tests/simulation`). Elsewhere nothing is gained
by a door, and the standard library is used as it is.
"""

from __future__ import annotations

import base64
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

_ASTRAY_S: Final = float(os.environ.get("DIWAN_CLOCK_OFFSET_S") or 0)
"""For `diwan scenario`: how far the system clock is wrong."""


class Background(Protocol):
    """Something that runs beside its caller until it is told to end: a thread, or a step of a simulation."""

    def start(self) -> None: ...

    def join(self) -> None: ...


class World:
    """This machine. A simulation overrides every method."""

    def wall_s(self) -> float:
        """Seconds since 1970 UTC, as the system clock has it."""
        return max(0.0, time.time() + _ASTRAY_S)

    def monotonic_s(self) -> float:
        """Seconds on a clock that only counts up."""
        return time.monotonic()

    def local_offset_minutes(self, wall_s: float) -> int:
        """Minutes of local time east of UTC at a moment."""
        return int(time.localtime(wall_s).tm_gmtoff // 60)

    def sleep(self, seconds: float) -> None:
        """Let others work for so long."""
        time.sleep(seconds)

    def random_bytes(self, count: int) -> bytes:
        """Bytes that nobody can guess."""
        return os.urandom(count)

    def random_bits(self, count: int) -> int:
        """A number of so many bits that nobody can guess."""
        return secrets.randbits(count)

    def boot_identity(self) -> str:
        """The identity of one boot of one machine: the kernel's boot id and the machine id."""
        asked = os.environ.get("DIWAN_BOOT_ID")
        return asked or "-".join(_read(path) for path in ("/proc/sys/kernel/random/boot_id", "/etc/machine-id"))

    def file_identity(self, path: Path) -> tuple[int, int]:
        """The identity of a file, which differs from that of a copy: its device and inode. Raises OSError."""
        status = path.stat()
        return status.st_dev, status.st_ino

    def database_uri(self, path: Path, *, read_only: bool = False) -> str:
        """The URI by which SQLite opens a file: its name, and through what it reaches the disk."""
        return f"file:{quote(str(path))}?mode={'ro' if read_only else 'rwc'}"

    def sync_file(self, descriptor: int) -> None:
        """Return when what was written to an open file is on its disk. Raises OSError."""
        os.fsync(descriptor)

    def sync_folder(self, descriptor: int) -> None:
        """Return when names given and taken in an open folder are on its disk. Raises OSError."""
        os.fsync(descriptor)

    def replace(self, source: str | Path, target: str | Path, folder: int | None = None) -> None:
        """Give a file another name, in place of whatever has it; `folder` is an open folder that both names are in.
        Raises OSError."""
        os.replace(source, target, src_dir_fd=folder, dst_dir_fd=folder)

    def background(self, run: Callable[[], None], name: str) -> Background:
        """What will call `run` beside the caller, once it is started."""
        return threading.Thread(target=run, name=name, daemon=True)


_world = World()


def wall_s() -> float:
    """Seconds since 1970 UTC, as the system clock has it."""
    return _world.wall_s()


def wall_ms() -> int:
    """Milliseconds since 1970 UTC, as the system clock has it."""
    return int(_world.wall_s() * 1000)


def monotonic_s() -> float:
    """Seconds on a clock that only counts up."""
    return _world.monotonic_s()


def monotonic_ms() -> int:
    """Milliseconds on a clock that only counts up."""
    return int(_world.monotonic_s() * 1000)


def local_offset_minutes(wall_s: float) -> int:
    """Minutes of local time east of UTC at a moment."""
    return _world.local_offset_minutes(wall_s)


def sleep(seconds: float) -> None:
    """Let others work for so long."""
    _world.sleep(seconds)


def random_bytes(count: int) -> bytes:
    """Bytes that nobody can guess."""
    return _world.random_bytes(count)


def random_bits(count: int) -> int:
    """A number of so many bits that nobody can guess."""
    return _world.random_bits(count)


def random_hex(count: int) -> str:
    """So many bytes that nobody can guess, as hexadecimal digits: for names of unfinished files."""
    return _world.random_bytes(count).hex()


def random_text(count: int) -> str:
    """So many bytes that nobody can guess, as letters, digits, - and _: for tokens."""
    return base64.urlsafe_b64encode(_world.random_bytes(count)).rstrip(b"=").decode("ascii")


def now() -> datetime:
    """The moment, as the system clock has it, in UTC."""
    return datetime.fromtimestamp(_world.wall_s(), UTC)


def boot_identity() -> str:
    """The identity of one boot of one machine."""
    return _world.boot_identity()


def file_identity(path: Path) -> tuple[int, int]:
    """The identity of a file, which differs from that of a copy. Raises OSError."""
    return _world.file_identity(path)


def database_uri(path: Path, *, read_only: bool = False) -> str:
    """The URI by which SQLite opens a file: its name, and through what it reaches the disk."""
    return _world.database_uri(path, read_only=read_only)


def sync_file(descriptor: int) -> None:
    """Return when what was written to an open file is on its disk. Raises OSError."""
    _world.sync_file(descriptor)


def sync_folder(descriptor: int) -> None:
    """Return when names given and taken in an open folder are on its disk. Raises OSError."""
    _world.sync_folder(descriptor)


def replace(source: str | Path, target: str | Path, folder: int | None = None) -> None:
    """Give a file another name, in place of whatever has it; `folder` is an open folder that both names are in. Raises
    OSError."""
    _world.replace(source, target, folder)


def background(run: Callable[[], None], name: str) -> Background:
    """What will call `run` beside the caller, once it is started."""
    return _world.background(run, name)


@contextmanager
def using(world: World) -> Iterator[None]:
    """Put another world in place, for a simulation."""
    global _world  # noqa: PLW0603  one world at a time, for everybody
    before, _world = _world, world
    try:
        yield
    finally:
        _world = before


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return "none"
