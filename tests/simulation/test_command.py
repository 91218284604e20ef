"""The command: runs in several processes are those of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from diwan_lab.checks import ROOT


def told(*options: str) -> Any:
    """What a series of two short runs says, as text without `--json`."""
    argv = [sys.executable, "-m", "tests.simulation", "--seed", "41", "--runs", "2", "--steps", "25", *options]
    done = subprocess.run(argv, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, capture_output=True, check=True)
    return json.loads(done.stdout) if "--json" in options else done.stdout


def test_runs_beside_each_other_are_those_one_after_the_other() -> None:
    alone = told()
    assert alone.splitlines()[0].startswith(b"seed 41: ")
    assert told("--jobs", "2") == alone


def test_the_numbers_are_those_of_all_runs() -> None:
    found = told("--json", "--jobs", "2")
    assert found["faults"] == sum(found["kinds"].values()) > 0
    assert (found["runs"], found["steps"], found["bad"]) == (2, 25, 0)
