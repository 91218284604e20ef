"""`diwan post run`: one of each process, ended with it however it ends, started again with patience."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from diwan_core.processes.restarts import FIRST_S, LAST_S, STEADY_S, Restarts
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan, program
from diwan_lab.ports import free_port
from diwan_lab.process import Process


def until(holds: Callable[[], bool], what: str, seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.05)


@pytest.fixture
def post(tmp_path: Path) -> Path:
    """A post that is not enrolled: its console works, its agent has nobody to talk to."""
    folder = tmp_path / "post"
    diwan("post", "init", "--dir", folder, "--label", "Aqaba", "--office", "JOAQJ", "--port", free_port())
    return folder


@contextmanager
def run_of(folder: Path, kind: str = "post") -> Iterator[Process]:
    process = Process("run", [program(), kind, "run", "--dir", str(folder)], folder.parent / "run.log")
    process.start()
    try:
        yield process
    finally:
        process.stop()


def parts(folder: Path) -> dict[str, bool]:
    return dict(json.loads(diwan("post", "status", "--dir", folder, "--json"))["running"])


def those_of(folder: Path) -> list[psutil.Process]:
    """Processes that were started for this folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if str(folder) in (process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.mark.slow
def test_kill_9_of_run_ends_its_parts_too(post: Path) -> None:
    with run_of(post) as run:
        until(lambda: parts(post)["web"], "the console runs")
        assert run.pid is not None
        os.kill(run.pid, signal.SIGKILL)
        until(lambda: not those_of(post), "nothing of it is left")
    with run_of(post):
        until(lambda: parts(post)["web"], "and it starts again")


@pytest.mark.slow
def test_a_second_run_says_that_there_is_one_and_starts_nothing(post: Path) -> None:
    with run_of(post) as run:
        until(lambda: parts(post)["web"], "the console runs")
        before = {process.pid for process in those_of(post)}
        for command in ("run", "web"):
            second = subprocess.run([program(), "post", command, "--dir", str(post)], capture_output=True, timeout=30)
            assert second.returncode == 2
            assert second.stderr.count(b"\n") == 1 and b"is running already (process " in second.stderr
        assert run.pid in before and {process.pid for process in those_of(post)} >= {run.pid}


@pytest.mark.slow
def test_run_is_refused_where_a_part_runs_alone(post: Path) -> None:
    web = Process("web", [program(), "post", "web", "--dir", str(post)], post.parent / "web.log")
    web.start()
    try:
        until(lambda: parts(post)["web"], "the console runs")
        second = subprocess.run([program(), "post", "run", "--dir", str(post)], capture_output=True, timeout=30)
        assert second.returncode == 2 and b"The part web" in second.stderr
        assert parts(post) == {"agent": False, "web": True}
    finally:
        web.stop()


@pytest.mark.slow
def test_a_part_that_does_not_start_is_tried_ever_more_seldom_and_said_everywhere(post: Path) -> None:
    with run_of(post) as run:
        until(lambda: "it is started again in 4 s" in run.printed(), "it is tried again")
        assert run.printed().index("not enrolled") < run.printed().index("started again in 2 s")
        status = json.loads(diwan("post", "status", "--dir", post, "--json"))
        assert [finding["code"] for finding in status["findings"]] == ["part_fails"]
        assert "not enrolled yet" in status["findings"][0]["what"]
        assert status["running"]["web"], "the console waits for nobody"


def test_the_pause_grows_to_a_minute_and_a_part_that_was_well_begins_anew() -> None:
    restarts, now, pauses = Restarts(), 1000.0, []
    for _ in range(8):
        restarts.started(now)
        now += 1
        pauses.append(restarts.ended(now))
        now += pauses[-1]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60] and pauses[0] == FIRST_S and pauses[-1] == LAST_S
    restarts.started(now)
    assert restarts.ended(now + STEADY_S) == FIRST_S


def found(folder: Path) -> str:
    """The findings of a post, as its status tells them; a console waits for its certificate until it is confirmed."""
    return json.dumps(json.loads(diwan("post", "status", "--dir", folder, "--json"))["findings"])


@pytest.mark.slow
def test_an_enrolled_post_needs_no_second_start(tmp_path: Path) -> None:
    """Enrolment changes the folder's settings and keys: the pause of the agent ends with it."""
    with Cluster(tmp_path / "network", posts=1) as cluster:
        late = tmp_path / "late"
        diwan("post", "init", "--dir", late, "--label", "Late", "--office", "JOAQJ", "--port", free_port())
        with run_of(late) as run:
            until(lambda: "it is started again in 16 s" in run.printed(), "the agent has been tried four times")
            made = diwan("central", "code", "--dir", cluster.central, "--label", "Late", "--office", "JOAQJ", "--json")
            code = json.loads(made)["code"]
            diwan("enrol", "--dir", late, "--central", cluster.url("central"), code)
            until(lambda: parts(late)["agent"], "the agent runs", seconds=12)
            until(lambda: "part_fails" not in found(late), "and says so")
