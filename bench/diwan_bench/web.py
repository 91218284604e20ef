"""Measures the console of a post with a full register: real HTTP to the real process, page after page."""

from __future__ import annotations

import gzip
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psutil
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.sample import documents
from diwan_core.register import Edit, Register
from diwan_core.register.index.pending import index_some
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.search.coding import fill_all
from diwan_core.register.storage.schema import MARK
from diwan_lab.command import diwan, grouped_secret, program
from diwan_lab.ports import free_port
from diwan_lab.process import Process

from diwan_bench.ready import wait_until_it_listens
from diwan_bench.visit import Visitor

TARGET_MS: Final = 200.0
ROUNDS: Final = 40
_BATCH: Final = 2000


@dataclass(frozen=True)
class Answered:
    """One kind of page: milliseconds, and bytes as sent and as gzip would send them; and the processor time that the
    console needed for one, all of them together divided by their number."""

    name: str
    p50_ms: float
    p95_ms: float
    size: int
    packed: int
    cpu_ms: float


def filled(folder: Path, cases: int, say: Callable[[str], None]) -> Path:
    """A post with so many generated cases; kept under `folder` for the next time, made anew when the schema changed."""
    post = folder / f"{cases}-{MARK:08x}-{DICTIONARY.digest.hex()[:8]}"
    if (post / "filled").exists():
        return post
    if not (post / "node.toml").exists():
        diwan(
            "post",
            "init",
            "--dir",
            post,
            "--label",
            "Aqaba port",
            "--office",
            "JOAQJ",
            "--port",
            free_port(),
            "--no-tls",
        )
    say(f"generating {cases:,} cases, once")
    with Register.open(post, role="writer") as register:
        batch: list[list[Edit]] = []
        there = register.count("case")  # of a run that was ended before it was done
        for number, document in enumerate(documents("case", cases), 1):
            if number <= there:
                continue
            batch.append([Edit("case", document)])
            if len(batch) == _BATCH or number == cases:
                saved = register.save_many(batch, author="bench")
                if saved.refused:
                    raise RuntimeError(f"a generated case was refused: {next(iter(saved.refused.values()))}")
                batch = []
                if number % 50_000 == 0:
                    say(f"{number:,} cases")
        with register.store.write() as transaction:  # beside the saves the agent does so, and none runs here
            while index_some(transaction, PLANS, _BATCH):
                pass
            fill_all(transaction)
    (post / "filled").touch()
    return post


def pages(post: Path) -> dict[str, list[str]]:
    """Kind of page -> addresses, asked for in turn."""
    with Register.open(post) as register:
        first = register.page("case", limit=50)
        cases = [row.id for row in first.rows]
        plates = []
        for case in cases:
            record = register.get(case)
            means = record.values.get("means", {}) if record else {}
            plates += [str(held["plate"]) for held in means.values() if isinstance(held, dict) and held.get("plate")]
    return {
        "first page of a supervisor": ["/"],
        "first page of the list": ["/cases"],
        "filtered: office and month": ["/cases?office=JOAQJ&from=2026-01-01&to=2026-01-31"],
        "filtered: rare": ["/cases?product_group=nuclear&direction=export&status=submitted"],
        "sorted by office": ["/cases?sort=office"],
        "full text, one word": ["/cases?q=driver", "/cases?q=container", "/cases?q=tobacco"],
        "full text, two words": ["/cases?q=driver+tobacco", "/cases?q=container+cigarettes"],
        "filtered: concealment, mode": ["/cases?concealment_method=none&mode=3", "/cases?mode=4&sort=office"],
        "search: a label": ["/search?q=tobacco", "/search?q=Turkey", "/search?q=%D8%AA%D8%A8%D8%BA"],
        "search: labels and words": ["/search?q=tobacco+Turkey", "/search?q=driver+tobacco", "/search?q=drugs+lorry"],
        "search: a rare word": ["/search?q=nowhereland", f"/search?q={quote((plates or ['1234'])[0])}"],
        "identifier by a piece": [f"/cases?q={quote(plate[-4:].strip())}" for plate in plates[:20]]
        or ["/cases?q=1234"],
        "page of a case": [f"/cases/{case}" for case in cases],
    }


def measure(post: Path, rounds: int, say: Callable[[str], None]) -> list[Answered]:
    """Start the console, sign in, ask for each kind of page `rounds` times. Raises ProcessFailed, NotAnswered."""
    port = free_port()
    settings = post / "node.toml"
    settings.write_text("\n".join(_with_port(line, port) for line in settings.read_text().splitlines()) + "\n")
    for file in post.glob("accounts.db*"):  # of former runs: a third supervisor would need a second person's approval
        file.unlink()
    name = f"bench{secrets.token_hex(4)}"
    one_time = grouped_secret(diwan("post", "user", "add", name, "--role", "supervisor", "--dir", post))
    process = Process("post web", [program(), "post", "web", "--dir", str(post)], post / "web.log")
    process.start()
    try:
        console = f"http://127.0.0.1:{port}"
        wait_until_it_listens(port, process)
        visitor = Visitor(console)
        visitor.sign_in(name, one_time)
        answered = []
        for kind, addresses in pages(post).items():
            say(kind)
            visitor.get(addresses[0])
            times, page, before = [], "", _processor_ms(process)
            for number in range(rounds):
                began = time.perf_counter()
                page = visitor.get(addresses[number % len(addresses)])
                times.append((time.perf_counter() - began) * 1000)
            times.sort()
            whole = page.encode()
            p95 = times[min(len(times) - 1, round(len(times) * 0.95))]
            spent = (_processor_ms(process) - before) / rounds
            answered.append(Answered(kind, times[len(times) // 2], p95, len(whole), len(gzip.compress(whole)), spent))
        return answered
    finally:
        process.ask_to_end()
        process.stop()


def _processor_ms(process: Process) -> float:
    """The processor time of the console so far, with that of its children."""
    console = psutil.Process(process.pid)
    times = [one.cpu_times() for one in (console, *console.children(recursive=True))]
    return 1000 * sum(float(one.user + one.system) for one in times)


def _with_port(line: str, port: int) -> str:
    return f"web_port = {port}" if line.startswith("web_port") else line


def shown(answered: list[Answered], cases: int) -> str:
    """The table."""
    lines = [
        f"a post's console with {cases:,} cases, one page after the other; target {TARGET_MS:.0f} ms",
        f"{'':28}{'p50 ms':>8}{'p95 ms':>8}{'cpu ms':>8}{'kB':>8}{'gzip kB':>9}",
    ]
    for one in answered:
        mark = "" if one.p95_ms <= TARGET_MS else "  over"
        lines.append(
            f"{one.name:28}{one.p50_ms:8.1f}{one.p95_ms:8.1f}{one.cpu_ms:8.1f}"
            f"{one.size / 1000:8.1f}{one.packed / 1000:9.1f}{mark}"
        )
    return "\n".join(lines)
