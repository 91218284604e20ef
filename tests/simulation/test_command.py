"""The command: runs in several processes are those of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from diwan_lab.checks import ROOT


def told(*options: str) -> tuple[list[str], str]:
    """What a series of two short runs says: a line for each run, and the sum."""
    argv = [sys.executable, "-m", "tests.simulation", "--seed", "41", "--runs", "2", "--steps", "25", *options]
    done = subprocess.run(
        argv, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, check=True, text=True
    )
    *lines, last = done.stdout.splitlines()
    return (done.stderr.splitlines() if "--json" in options else lines), last


def test_runs_beside_each_other_are_those_one_after_the_other_and_the_numbers_are_those_of_all() -> None:
    alone, words = told()
    beside, said = told("--json", "--jobs", "2")
    found = json.loads(said)
    assert [line.partition(":")[0] for line in alone] == ["seed 41", "seed 42"]
    assert beside == alone
    assert words == f"{found['faults']} faults, {found['acknowledged']} saves acknowledged, 0 runs bad"
    assert found["faults"] == sum(found["kinds"].values()) > 0
    assert (found["runs"], found["steps"], found["bad"]) == (2, 25, 0)
