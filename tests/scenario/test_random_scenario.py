"""`diwan scenario`: a slice of about a minute of everything that can go wrong; all of it behind --lab."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from diwan_lab.command import diwan, program
from diwan_lab.plan import NAMED

LAST_LINE = [
    *("faults", "acknowledged", "lost", "duplicated", "diverged", "chain_errors", "quarantined", "conflicts", "seconds")
]


def run(folder: Path, *arguments: str, seconds: float) -> dict[str, Any]:
    argv = [program(), "scenario", *arguments, "--json", "--keep", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.stdout.strip(), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stderr[-6000:]
    return found


def nothing_is_wrong(found: dict[str, Any]) -> bool:
    wrong = ("lost", "duplicated", "diverged", "chain_errors", "quarantined", "miscounted")
    leaked = ("in_clear", "out_of_scope", "not_erased", "from_revoked")
    return all(found[name] == 0 for name in (*wrong, *leaked)) and found["came_to_rest"] and not found["fell"]


@pytest.mark.slow
def test_a_minute_of_random_faults_loses_doubles_and_diverges_nothing(tmp_path: Path) -> None:
    found = run(tmp_path / "s", "random", "--seed", "11", "--faults", "25", "--posts", "2", seconds=400)
    assert list(found)[: len(LAST_LINE)] == LAST_LINE
    assert found["faults"] == 25
    assert found["acknowledged"] > 20
    assert nothing_is_wrong(found)


@pytest.mark.slow
def test_the_scenarios_are_listed_with_what_goes_wrong_in_them() -> None:
    said = diwan("scenario", "list")
    assert [line.split()[0] for line in said.splitlines()] == list(NAMED)


@pytest.mark.lab
@pytest.mark.parametrize("name", NAMED)
def test_each_named_scenario_ends_well(name: str, tmp_path: Path) -> None:
    faults = "10" if name == "older-dictionary" else "25"
    assert nothing_is_wrong(run(tmp_path / "s", name, "--seed", "3", "--faults", faults, seconds=900))


@pytest.mark.lab
def test_two_hundred_random_faults(tmp_path: Path) -> None:
    assert nothing_is_wrong(run(tmp_path / "s", "random", "--seed", "77", "--faults", "200", seconds=1800))
