"""Every parser that faces the network or a stick, under wrong bytes: a slice here, ten minutes each with --lab."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "header", "parcel", "rows content", "rows", "piece", "hello", "receipt", "feed", "snapshot", "ledger", "enrolment",
    "stick", "compressed", "case file",
)  # fmt: skip
SLICE_S = 7.0
"""Seconds of one target in the suite: two minutes for all, with what starting them takes."""
LAB_S = 600.0


def fire(target: str, seconds: float, seed: int, keep: Path) -> None:
    """Run one target in a process with limits (tests/fuzz/run.py)."""
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.fuzz.run", target, "--seconds", str(seconds), "--seed", str(seed),
            "--keep", str(keep),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("target", NAMES)
def test_wrong_bytes_raise_only_what_they_may_within_memory_and_time(target: str, tmp_path: Path) -> None:
    fire(target, SLICE_S, 1, tmp_path / "found.bin")


@pytest.mark.lab
@pytest.mark.parametrize("target", NAMES)
def test_ten_minutes_of_wrong_bytes_find_nothing(target: str, tmp_path: Path) -> None:
    fire(target, LAB_S, 2, tmp_path / "found.bin")


def test_every_target_is_run(tmp_path: Path) -> None:
    from tests.exchange.network import network
    from tests.fuzz.targets import targets

    with network(tmp_path, posts=2) as net:
        net.settle()
        assert set(targets(net, tmp_path)) == set(NAMES)
