"""A folder has one of each of its processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from diwan_core.processes.lock import AlreadyRunning, Lock, running

#: Holds the lock of a folder, and becomes another program that says nothing and waits.
_HOLDER = """
import os, sys
from pathlib import Path
from diwan_core.processes.lock import Lock
Lock(Path(sys.argv[1]), "agent").take()
print("held", flush=True)
os.execv("/bin/sleep", ["sleep", "60"])
"""


def test_a_second_process_of_a_kind_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    first = Lock(tmp_path, "agent")
    first.take()
    said = rf"part agent .*{tmp_path.name} is running already \(process {os.getpid()}\)"
    with pytest.raises(AlreadyRunning, match=said):
        Lock(tmp_path, "agent").take()
    assert running(tmp_path, ("agent", "web")) == {"agent": True, "web": False}
    Lock(tmp_path, "web").take()
    first.release()
    Lock(tmp_path, "agent").take()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_lock_stays_with_the_program_that_a_process_becomes_and_goes_with_kill_9(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
    try:
        until(lambda: Path(f"/proc/{holder.pid}/comm").read_text() == "sleep\n")
        with pytest.raises(AlreadyRunning):
            Lock(tmp_path, "agent").take()
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    Lock(tmp_path, "agent").take()
