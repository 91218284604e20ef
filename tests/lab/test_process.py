"""Processes of a throw-away network end when told, when killed, and when we ourselves are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from diwan_lab.process import Process, ProcessFailed


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """Whether the process is gone within half a minute: the kernel takes a moment even for kill -9."""
    deadline = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def shell(tmp_path: Path, script: str) -> Process:
    return Process("it", ["/bin/sh", "-c", script], tmp_path / "logs" / "it.log")


def test_a_stopped_process_takes_its_children_with_it(tmp_path: Path) -> None:
    process = shell(tmp_path, "sleep 100 & echo $!; wait")
    process.start()
    process.wait_until(lambda: process.printed().endswith("\n"), 5)
    child = int(process.printed())
    process.stop()
    assert process.pid is None
    assert ends(child)


def test_one_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    process = shell(tmp_path, "trap '' TERM; echo up; sleep 100; sleep 100")
    process.start()
    process.wait_until(lambda: "up" in process.printed(), 5)
    process.stop(seconds=0.2)
    assert process.pid is None


def test_it_can_be_started_again_after_kill_9_and_its_log_goes_on(tmp_path: Path) -> None:
    process = shell(tmp_path, "echo hello; exec sleep 100")
    for _ in range(2):
        process.start()
        process.wait_until(lambda: process.printed() == "hello\n", 5)
        process.kill()
    assert process.log.read_text() == "hello\nhello\n"


def test_one_that_ends_before_it_is_ready_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = shell(tmp_path, "echo the port is taken >&2; exit 3")
    process.start()
    with pytest.raises(ProcessFailed, match=r"exit code 3(.|\n)*the port is taken"):
        process.wait_until(lambda: False, 5)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="/nowhere/mosquitto"):
        Process("broker", ["/nowhere/mosquitto"], tmp_path / "log").start()


def test_kill_9_of_the_parent_leaves_nothing_behind(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import pathlib, sys, time; from diwan_lab.process import Process\n"
            f"process = Process('it', ['sleep', '100'], pathlib.Path({str(tmp_path)!r}) / 'log')\n"
            "process.start(); print(process.pid, flush=True); time.sleep(100)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_running(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert ends(child)
