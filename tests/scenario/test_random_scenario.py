"""`diwan scenario`: a slice of about a minute of everything that can go wrong; all of it behind --lab."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest
from diwan_lab.command import diwan, program
from diwan_lab.officers import wait_until
from diwan_lab.plan import NAMED

LAST_LINE = [
    *("faults", "acknowledged", "lost", "duplicated", "diverged", "chain_errors", "quarantined", "conflicts", "seconds")
]


def run(folder: Path, *arguments: str, seconds: float) -> dict[str, Any]:
    argv = [program(), "scenario", *arguments, "--json", "--keep", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.stdout.strip(), done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 0, f"{found}\n{done.stderr[-6000:]}\n{explained(folder, done.stderr)}"
    return found


def explained(folder: Path, words: str) -> str:
    """What became, at every node, of the records that are wrong: nobody can run this very network again."""
    records = re.findall(r"scenario explain \S+ ([0-9a-f-]{36})", words)
    return "\n".join(diwan("scenario", "explain", folder, record)[-15_000:] for record in records)


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


@pytest.mark.slow
def test_a_run_that_fails_keeps_its_folder_and_says_where_and_what_to_ask(tmp_path: Path) -> None:
    """An agent is killed behind the scenario's back: that a process ends by itself is a failure."""
    argv = [program(), "scenario", "pauses", "--faults", "1", "--every", "8", "--seed", "1", "--posts", "2", "--json"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert wait_until(lambda: any('"plan"' in path.read_text() for path in tmp_path.glob("*/diary.jsonl")), 200)
        agents = [one for one in psutil.Process(run.pid).children(recursive=True) if "agent" in one.cmdline()]
        agents[0].kill()
        said, trouble = run.communicate(timeout=300)
    assert run.returncode == 1
    result = json.loads(said.splitlines()[-1])
    (folder,) = tmp_path.glob("diwan-scenario-*")
    assert result["kept"] == str(folder)
    assert result["plan"] == {"seed": 1, "number": 1}
    assert len(result["fell"]) == 1
    assert f"./diwan scenario explain {folder} RECORD" in trouble.splitlines()[-1]
    told = [json.loads(line) for line in (folder / "told.jsonl").read_text().splitlines()]
    explained = json.loads(diwan("scenario", "explain", folder, told[0]["record"], "--json"))
    assert explained["found"][0]["differences"] == []
    assert any("ended by itself" in one["words"] for one in explained["found"][0]["timeline"])
