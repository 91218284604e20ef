"""The benchmark measures what it says, on real processes, and leaves nothing on the machine. Never how fast."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from diwan_bench.exchange import KEYS

PROGRAM = Path(sys.executable).with_name("diwan")
TINY = ["bench", "exchange", "--rows", "200", "--live", "20", "--runs", "1", "--json"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces, which needs root: sudo ./diwan test"),
    pytest.mark.skipif(
        shutil.which("mosquitto", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin") is None,
        reason="needs Mosquitto: apt-get install mosquitto",
    ),
]


def interfaces_of_ours() -> set[str]:
    """The machine's network interfaces, without those of a lab (`diwan_lab.hosts`) that another worker has going."""
    return {name for name in psutil.net_if_addrs() if not name.startswith(("dwlab", "vb-dw"))}


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder of its own with a short name, so that all the benchmark leaves can be found."""
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def benchmark(scratch: Path) -> Iterator[subprocess.Popen[str]]:
    """A tiny benchmark that has just begun."""
    environment = {**os.environ, "TMPDIR": str(scratch)}
    begun = subprocess.Popen(
        [PROGRAM, *TINY], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    with begun:
        yield begun
        begun.kill()


def left_running(scratch: Path) -> list[str]:
    """Processes that have to do with this folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        words = [*(process.info["cmdline"] or []), (process.info["environ"] or {}).get("TMPDIR", "")]
        if any(str(scratch) in word for word in words):
            found.append(" ".join(process.info["cmdline"] or [process.name()]))
    return found


def wait_until_nothing_runs(scratch: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while running := left_running(scratch):
        assert time.monotonic() < deadline, running
        time.sleep(0.1)


def reach(benchmark: subprocess.Popen[str], words: str) -> None:
    """Wait until it says so."""
    assert benchmark.stderr is not None
    for line in benchmark.stderr:
        if words in line:
            return
    pytest.fail(f"the benchmark never said {words!r}")


def test_a_tiny_run_gives_every_figure_and_leaves_nothing(scratch: Path, benchmark: subprocess.Popen[str]) -> None:
    interfaces = interfaces_of_ours()
    printed, said = benchmark.communicate(timeout=180)
    assert benchmark.returncode == 0, said
    figures = json.loads(printed.splitlines()[-1])
    assert set(KEYS) <= figures.keys()
    assert all(isinstance(figure, int | float) for figure in figures.values())
    # Milliseconds lie between moments of two processes: on a machine that is busy with other tests, one of them may
    # be held up just before it looks at the clock. How long things take is not a test's matter.
    counted = {key: figure for key, figure in figures.items() if "cpu" not in key and "_ms" not in key}
    assert counted and all(figure > 0 for figure in counted.values()), counted
    # What is compressed, sealed and sent together costs less than what is sent alone, and neither is free.
    assert 100 < figures["wire_bytes_bulk"] < figures["wire_bytes_alone"] < 5_000
    assert figures["live_p50_ms"] <= figures["live_p99_ms"]
    assert left_running(scratch) == []
    assert list(scratch.iterdir()) == []
    assert interfaces_of_ours() == interfaces


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_leaves_nothing(
    scratch: Path, benchmark: subprocess.Popen[str], number: signal.Signals
) -> None:
    reach(benchmark, "bulk:")
    benchmark.send_signal(number)
    benchmark.communicate(timeout=60)
    assert benchmark.returncode == 130
    assert left_running(scratch) == []
    assert list(scratch.iterdir()) == []


def test_a_run_that_is_killed_leaves_no_process_and_no_cable(scratch: Path, benchmark: subprocess.Popen[str]) -> None:
    interfaces = interfaces_of_ours()
    reach(benchmark, "bulk:")
    benchmark.kill()
    benchmark.communicate(timeout=60)
    wait_until_nothing_runs(scratch)
    assert interfaces_of_ours() == interfaces
