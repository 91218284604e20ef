"""Measures how many small writes a second reach the disk safely; each save waits for one."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from diwan_hardware.check.result import Finding, judge
from diwan_hardware.profile import Profile

SECONDS: Final = 5.0
_SIZE: Final = 4096
_PLACES: Final = 4096


def test(profile: Profile, folder: Path, seconds: float = SECONDS) -> list[Finding]:  # noqa: PT028  no test: a check of a card
    """Write 4 KiB at changing places of a file of 16 MB, each with fdatasync, for some seconds. Raises OSError."""
    path = folder / "diwan-safe-writes.tmp"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        path.unlink()  # gone with the process, whatever happens
        for _ in range(16):
            os.write(descriptor, os.urandom(1024 * 1024))
        os.fsync(descriptor)
        content, took = os.urandom(_SIZE), list[float]()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            place = len(took) * 7919 % _PLACES * _SIZE  # a prime: neighbours are never written one after the other
            began = time.perf_counter()
            os.pwrite(descriptor, content, place)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    finally:
        os.close(descriptor)
    took.sort()
    slow = took[len(took) * 95 // 100] * 1000
    remedy = "Saves will be slow. Take the SSD of the profile, or a card of the class A2 or industrial."
    return [judge(profile, "safe_writes_per_s", len(took) / sum(took), remedy, f"95 of 100 within {slow:.1f} ms")]
