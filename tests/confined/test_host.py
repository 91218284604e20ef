"""Starting confined workers: what comes back, and that time and output are bounded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from diwan_core.confined.host import TooMuch, TooSlow, run

#: A worker of the standard library: it says what it reads, in capitals of the encoding it is given.
ECHO = "base64"


def test_what_a_worker_says_comes_back(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"bytes of a stranger")
    with (tmp_path / "in").open("rb") as file:
        done = run(ECHO, ["-e"], stdin=file, seconds=30, answer_most=1000)
    assert (done.code, done.out) == (0, b"Ynl0ZXMgb2YgYSBzdHJhbmdlcg==\n")


def test_a_worker_that_fails_says_so(tmp_path: Path) -> None:
    with (tmp_path / "in").open("w+b") as file:
        done = run("no_such_module", stdin=file, seconds=30, answer_most=1000)
    assert done.code == 1 and b"No module named" in done.err


def test_a_worker_that_says_too_much_is_ended(tmp_path: Path) -> None:
    with Path("/dev/zero").open("rb") as endless, pytest.raises(TooMuch):
        run(ECHO, ["-e"], stdin=endless, seconds=30, answer_most=1000)


def test_a_worker_that_takes_too_long_is_ended() -> None:
    reader, writer = os.pipe()
    started = time.monotonic()
    try:
        with pytest.raises(TooSlow):
            run(ECHO, ["-e"], stdin=reader, seconds=1, answer_most=1000)
    finally:
        os.close(reader)
        os.close(writer)
    assert time.monotonic() - started < 5


#: Starts a worker that waits for ever, says its process id, and is then killed.
_PARENT = """
import subprocess, sys, os, time
from diwan_core.processes.parent import with_parent
code = "import time; from diwan_core.confined import Limits, enter; enter(Limits(9, 1 << 28, 1)); "
code += "print(1, flush=True); time.sleep(60)"
worker = subprocess.Popen([sys.executable, "-I", "-c", code], env=with_parent({}), stdout=subprocess.PIPE)
worker.stdout.readline()
print(worker.pid, flush=True)
time.sleep(60)
"""


def test_a_worker_ends_with_whoever_started_it() -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 60
    while _runs(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(worker)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
