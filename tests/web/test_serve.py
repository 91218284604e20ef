"""The console as it really runs: gunicorn in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from .conftest import make_site

SCRIPT = """
import sys; from pathlib import Path
from diwan_appliance.web import create_post_app
from diwan_core.web.serve import serve
serve(create_post_app, "127.0.0.1", int(sys.argv[1]), Path(sys.argv[2]))
"""
LARGEST_PAIR = 100 * 1024 * 1024
"""Resident bytes of gunicorn's master and worker: what leaves room for the agent below 140 MB."""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answer(port: int, path: str) -> str:
    """The page at a path, once the console answers."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                return str(response.read().decode())
        except ConnectionRefusedError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise TimeoutError("the console did not begin to answer")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    site = make_site(tmp_path_factory.mktemp("serve") / "post", "post", "Aqaba port", "JOAQJ")
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port), str(site.folder)], stderr=subprocess.PIPE)
    try:
        answer(port, "/healthz")
        yield process, port, site.folder
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_it_answers_and_its_two_processes_stay_small(served: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    process, port, _ = served
    for _ in range(30):
        assert "Sign in" in answer(port, "/sign-in")
    master = psutil.Process(process.pid)
    assert sum(one.memory_info().rss for one in (master, *master.children())) < LARGEST_PAIR


@pytest.mark.slow
def test_a_port_in_use_ends_it_instead_of_waiting_for_ever(served: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    _, port, folder = served
    second = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(port), str(folder)], capture_output=True, timeout=30, check=False
    )
    assert second.returncode != 0
    assert b"in use" in second.stderr


def test_told_to_stop_it_stops_and_leaves_no_process(served: tuple[subprocess.Popen[bytes], int, Path]) -> None:
    process, port, _ = served
    answer(port, "/healthz")
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(15) == 0
    assert psutil.wait_procs(workers, timeout=5)[1] == []
