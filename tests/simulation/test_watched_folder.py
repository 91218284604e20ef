"""Which files of a simulated disk are read again when it is looked at as a whole."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from tests.simulation import watched_folder
from tests.simulation.disk import SimulatedDisk
from tests.simulation.stored import SETTLED_NS


def test_a_file_that_was_written_again_at_once_is_read_again(memory: Path) -> None:
    """The kernel's clock for files goes in steps, within which a second write of as many bytes looks like the first."""
    disk = SimulatedDisk(memory / "disk", random.Random(1))
    for at in range(200):
        (disk.root / "note").write_bytes(f"{at:08}".encode())
        assert disk.snapshot()["note"].content == f"{at:08}".encode()


def test_a_file_that_has_been_left_alone_is_not_read_again(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimulatedDisk(memory / "disk", random.Random(1))
    path = disk.root / "note"
    path.write_bytes(b"old")
    disk.snapshot()
    read_again: list[str] = []

    def read(path: str) -> bytes:
        read_again.append(path)
        return Path(path).read_bytes()

    monkeypatch.setattr(watched_folder, "read", read)
    monkeypatch.setattr(time, "time_ns", lambda: path.stat().st_ctime_ns + 2 * SETTLED_NS)
    assert [disk.snapshot()["note"].content for _ in range(3)] == [b"old"] * 3
    assert len(read_again) == 1
    path.write_bytes(b"new")
    os.utime(path, ns=(1, 1))
    assert disk.snapshot()["note"].content == b"new"
