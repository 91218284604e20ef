"""The console as it really runs: gunicorn in a process of its own."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from diwan_core.register import Register
from diwan_core.register.journal.log_anchors import last_anchor
from diwan_core.trust.access_log.log import FILE, head_of
from diwan_lab.ports import free_port

from .conftest import Site, make_site

pytestmark = pytest.mark.slow

SCRIPT = """
import sys; from pathlib import Path
from diwan_appliance.web import create_post_app
from diwan_core.web.serve import serve
serve(create_post_app, "127.0.0.1", int(sys.argv[1]), Path(sys.argv[2]))
"""
LARGEST = 76 * 1024 * 1024
"""Resident bytes: what leaves room for the agent below 140 MB."""
SELDOM = (
    "diwan_core.intake.run.import_file", "diwan_core.intake.mapping.model", "diwan_core.intake.sources.reader",
    "diwan_core.intake.sources.workbook", "diwan_core.intake.run.export", "diwan_core.audit", "diwan_core.exchange",
    "diwan_core.web.paper.worker", "diwan_core.media.decode", "weasyprint", "PIL", "pi_heif", "segno", "sqlite_utils",
    "xml", "paho", "backports.zstd", "cryptography.x509", "asyncio", "multiprocessing", "unittest", "gunicorn.arbiter",
    "tomli_w",
)  # fmt: skip


def answer(port: int, path: str, **headers: str) -> str:
    """The page at a path, once the console answers."""
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    for _ in range(200):
        try:
            with urllib.request.urlopen(asked, timeout=60) as response:
                return str(response.read().decode())
        except ConnectionRefusedError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)
    raise TimeoutError("the console did not begin to answer")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(tmp_path_factory.mktemp("serve") / "post", "post", "Aqaba port", "JOAQJ")


@pytest.fixture
def served(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port), str(site.folder)], stderr=subprocess.PIPE)
    try:
        answer(port, "/healthz")
        yield process, port
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_it_answers_as_one_process_that_stays_small(served: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = served
    for _ in range(30):
        assert "Sign in" in answer(port, "/sign-in")
    console = psutil.Process(process.pid)
    assert console.children() == []
    assert console.memory_info().rss < LARGEST


def test_what_a_post_seldom_needs_is_not_loaded_when_its_console_starts() -> None:
    """Each costs memory for as long as the console runs: importing, exporting, papers, pictures, the exchange,
    auditing."""
    made = (
        "import sys; import diwan_core.web.serve; import diwan_appliance.web; "
        "print(*sorted(name for name in sys.modules if name.startswith(tuple(sys.argv[1:]))))"
    )
    command = [sys.executable, "-P", "-c", made, *SELDOM]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []


@pytest.mark.slow
def test_a_port_in_use_ends_it_instead_of_waiting_for_ever(
    served: tuple[subprocess.Popen[bytes], int], site: Site
) -> None:
    _, port = served
    second = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(port), str(site.folder)], capture_output=True, timeout=30, check=False
    )
    assert second.returncode != 0
    assert b"in use" in second.stderr


def test_told_to_stop_it_stops(served: tuple[subprocess.Popen[bytes], int]) -> None:
    process, port = served
    answer(port, "/healthz")
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0


def test_it_does_not_end_with_whoever_started_it(site: Site, tmp_path: Path) -> None:
    """A shell, a supervisor that is restarted: gunicorn's workers end when their parent changes, this one has none."""
    port, pid_file = free_port(), tmp_path / "pid"
    shell = f'"$@" 2> /dev/null & echo $! > {pid_file}'
    subprocess.run(["sh", "-c", shell, "sh", sys.executable, "-c", SCRIPT, str(port), str(site.folder)], check=True)
    process = psutil.Process(int(pid_file.read_text()))
    try:
        answer(port, "/healthz")
        time.sleep(1.5)  # it would look once a second
        assert answer(port, "/healthz")
    finally:
        process.kill()


def test_what_it_showed_is_anchored_when_it_is_told_to_stop(
    served: tuple[subprocess.Popen[bytes], int], site: Site
) -> None:
    process, port = served
    officer = site.browser("officer")
    assert "No results" in answer(port, "/cases?q=kilo", Cookie=f"{officer.cookie}={officer.token}")
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(60) == 0
    with Register.open(site.folder) as register:
        assert last_anchor(register.store) == (1, head_of(site.folder)[1].hex())


def test_what_it_logs_carries_time_and_offset(served: tuple[subprocess.Popen[bytes], int], site: Site) -> None:
    process, port = served
    officer = site.browser("officer")
    answer(port, "/cases?q=kilo", Cookie=f"{officer.cookie}={officer.token}")
    connection = sqlite3.connect(site.folder / FILE, isolation_level=None)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON read BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    try:
        with pytest.raises(urllib.error.HTTPError):
            answer(port, "/cases?q=kilo", Cookie=f"{officer.cookie}={officer.token}")
    finally:
        connection.execute("DROP TRIGGER full")
        connection.close()
    os.kill(process.pid, signal.SIGTERM)
    assert process.stderr is not None
    lines = process.stderr.read().decode().splitlines()
    assert any(re.match(r"\d{4}-\d\d-\d\dT[\d:.]{12}[+-]\d\d:\d\d diwan\.web ERROR ", line) for line in lines), lines
