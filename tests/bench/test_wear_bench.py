"""The benchmark of what is written to the disks counts on real disks, and leaves nothing on the machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .test_exchange_bench import PROGRAM, left_running

SCRIPT = """
import sys
from pathlib import Path
from diwan_bench.small_disk import SmallDisks

with SmallDisks(Path(sys.argv[1]) / "a", Path(sys.argv[1]) / "b") as disks:
    folder = Path(sys.argv[1]) / "a"
    before, other = disks.written(folder), disks.written(Path(sys.argv[1]) / "b")
    (folder / "file").write_bytes(bytes(1_000_000))
    print(disks.written(folder) - before, disks.written(Path(sys.argv[1]) / "b") - other)
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts small disks, which needs root: sudo ./diwan test")


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wear"))
    yield folder
    shutil.rmtree(folder)


def loop_devices(scratch: Path) -> list[str]:
    """Those behind which an image in this folder is."""
    told = subprocess.run(
        ["losetup", "--list", "--noheadings", "--output", "BACK-FILE"], capture_output=True, text=True
    )
    return [line for line in told.stdout.splitlines() if str(scratch) in line]


def test_what_one_disk_is_given_is_counted_there_with_what_its_file_system_adds(scratch: Path) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, scratch], capture_output=True, text=True, check=True)
    written, elsewhere = map(int, done.stdout.split())
    assert 1_000_000 <= written < 1_500_000
    assert elsewhere < 200_000
    assert str(scratch) not in Path("/proc/mounts").read_text(encoding="utf-8")
    assert loop_devices(scratch) == []


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin") is None,
    reason="needs Mosquitto: apt-get install mosquitto",
)
def test_a_case_with_a_picture_costs_each_disk_at_least_the_picture(scratch: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "bench", "wear", "--cases", "2", "--picture-kb", "2500", "--json"],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    for node in ("post", "centre"):
        for manner in ("whole", "pieces"):
            assert figures[f"{node}_{manner}_bytes"] > 2_500_000 > figures[f"{node}_none_bytes"] > 0
    assert list(scratch.iterdir()) == [] and left_running(scratch) == [] and loop_devices(scratch) == []
