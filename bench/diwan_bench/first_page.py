"""Measures the page of a new report over a thin, long line with TLS, in a real browser: the bytes that pass, and how
long it takes until the form can be filled in."""

from __future__ import annotations

import shutil
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_lab.certificates import key_hash
from diwan_lab.chromium import Page, chromium
from diwan_lab.command import diwan, grouped_secret, program
from diwan_lab.officers import OWN_PASSWORD
from diwan_lab.ports import free_port
from diwan_lab.process import Process
from diwan_lab.tab import BrowserError

from diwan_bench.ready import wait_until_it_listens
from diwan_bench.slow_line import SlowLine

KBIT_A_SECOND: Final = 256.0
ROUND_TRIP_MS: Final = 300.0
ROUNDS: Final = 5
COLD: Final = "cold"
LATER: Final = "later"
WARM: Final = "warm"
KINDS: Final = (COLD, LATER, WARM)
"""The first visit, one after a pause (the files are kept, the connection is new), and the next page of a visit."""
TARGETS: Final = {COLD: 2000.0, WARM: 1000.0}
NO_BROWSER: Final = "the page of a report is not measured: install chromium"
_REPORT: Final = "/cases/new"
_TIMES: Final = """(() => {
    const page = performance.getEntriesByType("navigation")[0];
    const drawn = performance.getEntriesByName("first-contentful-paint")[0];
    return [drawn ? drawn.startTime : -1, page.domContentLoadedEventEnd];
})()"""


@dataclass(frozen=True)
class FirstPage:
    """One visit: bytes of both ways with TLS, and milliseconds until the form is drawn and takes what is typed, and
    until its scripts help."""

    kind: str
    up: int
    down: int
    drawn_ms: float
    ready_ms: float


def measure(say: Callable[[str], None], rounds: int = ROUNDS) -> list[FirstPage]:
    """The middle visit of several, of each kind. Raises ProcessFailed, BrowserError, OSError."""
    say("a report over a thin line")
    folder = Path(tempfile.mkdtemp(prefix="diwan-bench-page-"))
    try:
        return _measured(folder, rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(folder: Path, rounds: int) -> list[FirstPage]:
    post, port = folder / "post", free_port()
    diwan("post", "init", "--dir", post, "--label", "Aqaba port", "--office", "JOAQJ", "--port", port)
    one_time = grouped_secret(diwan("post", "user", "add", "officer", "--role", "officer", "--dir", post))
    process = Process("post web", [program(), "post", "web", "--dir", str(post)], folder / "web.log")
    process.start()
    try:
        wait_until_it_listens(port, process)
        found: dict[str, list[FirstPage]] = {kind: [] for kind in KINDS}
        # a browser that only overlooks a certificate keeps nothing of what comes under it
        shown = ssl.get_server_certificate(("127.0.0.1", port))
        trusted = f"--ignore-certificate-errors-spki-list={key_hash(shown)}"
        with chromium(folder / "profile", trusted) as page:
            _sign_in(page, f"https://127.0.0.1:{port}", one_time)
            for _ in range(rounds):
                # another port is another site to the browser's cache, and the same one to its cookies
                with SlowLine(port, kbit_a_second=KBIT_A_SECOND, round_trip_ms=ROUND_TRIP_MS) as line:
                    for kind in KINDS:
                        found[kind].append(_visit(page, line, kind))
        return [_middle(visits) for visits in found.values()]
    finally:
        process.ask_to_end()
        process.stop()


def _sign_in(page: Page, console: str, one_time: str) -> None:
    page.open(f"{console}/sign-in")
    page.fill(name="officer", password=one_time)
    page.press("main form button")
    page.fill(new=OWN_PASSWORD, again=OWN_PASSWORD)
    page.press("main form button")


def _visit(page: Page, line: SlowLine, kind: str) -> FirstPage:
    page.open("about:blank#")
    if kind != WARM:
        line.cut()
    up, down = line.passed()
    page.open(f"https://127.0.0.1:{line.port}{_REPORT}")
    page.wait_for("performance.getEntriesByName('first-contentful-paint').length > 0")
    if not page.value("!!document.querySelector('form[data-keep]')"):
        raise BrowserError(f"{page.path()} is not the form of a report")
    drawn, ready = page.value(_TIMES)
    up_now, down_now = line.passed()
    return FirstPage(kind, up_now - up, down_now - down, drawn, ready)


def _middle(visits: list[FirstPage]) -> FirstPage:
    return sorted(visits, key=lambda visit: visit.ready_ms)[len(visits) // 2]


def shown(visits: list[FirstPage]) -> str:
    """The table."""
    lines = [
        f"a new report at {KBIT_A_SECOND:.0f} kbit/s and a round trip of {ROUND_TRIP_MS:.0f} ms, TLS included; "
        f"targets {TARGETS[COLD]:.0f} ms cold, {TARGETS[WARM]:.0f} ms warm",
        f"{'':10}{'B up':>8}{'B down':>8}{'drawn ms':>10}{'with scripts ms':>17}",
    ]
    for one in visits:
        mark = "" if one.ready_ms <= TARGETS.get(one.kind, one.ready_ms) else "  over"
        lines.append(f"{one.kind:10}{one.up:8}{one.down:8}{one.drawn_ms:10.0f}{one.ready_ms:17.0f}{mark}")
    return "\n".join(lines)
