"""The command: runs in several processes are those of one."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner
from diwan_lab.checks import ROOT
from diwan_lab.simulate import simulate

from tests.simulation.__main__ import main
from tests.simulation.plan import Step
from tests.simulation.run import Outcome
from tests.simulation.shrink import as_test

pytestmark = pytest.mark.slow


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
    assert (
        words
        == f"{found['faults']} faults, {found['acknowledged']} saves acknowledged; runs in which something was wrong: 0"
    )
    assert found["faults"] == sum(found["kinds"].values()) > 0
    assert (found["runs"], found["steps"], found["bad"]) == (2, 25, 0)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_a_series_with_one_line_and_leaves_nothing(jobs: int) -> None:
    command = [sys.executable, "-m", "tests.simulation", "--runs", "100000", "--steps", "10", "--jobs", str(jobs)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None and "nothing wrong" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.split()) == (130, ["Diwan:", "ended."])
    assert not _running_in_group(process.pid)


def _running_in_group(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("scopes", [False, True])
def test_a_run_that_fails_is_printed_as_the_shortest_test_that_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], scopes: bool
) -> None:
    """Here a country in which two cases were reported is called wrong."""
    monkeypatch.setattr(Outcome, "good", property(lambda run: run.at_rest and not run.words and run.acknowledged < 2))
    monkeypatch.setattr(logging.root.manager, "disable", logging.NOTSET)  # put back, since the command changes it
    options = ["--seed", "41", "--steps", "60", *(["--scopes"] if scopes else [])]
    monkeypatch.setattr(sys, "argv", ["simulate", "--shrink", *options])
    assert main() == 1
    printed = capsys.readouterr().out
    assert f"    assert {'runs_of_scopes' if scopes else 'runs'}.simulate(41, steps, memory, 3).words == []" in printed
    assert 1 <= printed.count("Step(") <= 2


@pytest.mark.parametrize("option", ["--runs", "--steps", "--posts", "--jobs", "--enough"])
def test_a_series_of_nothing_is_refused_and_does_not_pass(option: str) -> None:
    done = CliRunner().invoke(simulate, [option, "0"])
    assert done.exit_code == 2 and option in done.output, done.output


def test_a_test_of_a_failing_run_has_the_posts_that_the_run_had() -> None:
    assert "runs.simulate(7, steps, memory, 5)" in as_test(7, [Step("kill", 1)], ["lost"], 5)
