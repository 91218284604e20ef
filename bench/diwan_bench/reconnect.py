"""Two hundred posts come back within a minute, each with cases saved meanwhile, while another one goes on reporting."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_lab.checker import take_account
from diwan_lab.process import Process, ProcessFailed

from diwan_bench import w1gen
from diwan_bench.alongside import Alongside, spread
from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network

RATE: Final = 10.0
"""Saves a second at the live post."""
STALLED_S: Final = 900.0

Figures = dict[str, float]


@dataclass(frozen=True)
class ReconnectRun:
    """One run in `folder`, which is the caller's to remove. `within` is seconds, `each` the cases a post has saved."""

    folder: Path
    posts: int
    each: int
    within: float
    namespaces: Namespaces
    say: Callable[[str], None]

    def measure(self) -> Figures:
        """Raises ProcessFailed, OSError."""
        self.folder.mkdir(parents=True)
        rows, many = self.folder / "w1.jsonl", self.folder / "many"
        w1gen.write(rows, self.posts * self.each, 1)
        with Network(self.folder, self.namespaces) as network:
            network.stop("post.agent")
            self.say(f"enrolling {self.posts} posts, {self.each} cases each")
            self.namespaces.run(
                "edge", sys.executable, "-m", "diwan_bench.many", "setup", "--dir", many, "--posts", str(self.posts),
                "--central-dir", network.centre, "--central", network.console, "--rows", rows, "--each", str(self.each),
                seconds=STALLED_S,
            )  # fmt: skip
            with Alongside(network, self.folder, int(RATE * (self.within + 20)), RATE) as live:
                self.say(f"all come back within {self.within:.0f} s")
                began = time.time_ns()
                ended, resident = self._come_back(network, many)
                latencies = live.latencies_ms(began, ended)
            account = take_account(network.centre, sorted(many.iterdir()))
        return {
            "posts": self.posts,
            "rows": account.changes_sent,
            "missing": account.missing,
            "seconds": (ended - began) / 1e9,
            "ingest_rss_mb": resident,
            **spread("live", latencies),
        }

    def _come_back(self, network: Network, many: Path) -> tuple[int, float]:
        """When the last receipt came, and the most memory that ingest held."""
        argv = [sys.executable, "-m", "diwan_bench.many", "run", "--dir", str(many), "--within", str(self.within)]
        process = Process("many", network.namespaces.inside("edge", *argv), self.folder / "logs" / "many.log")
        process.start()
        resident, deadline = 0.0, time.monotonic() + STALLED_S
        while process.pid is not None:
            resident = max(resident, network.resident_mb("centre.ingest"))
            if time.monotonic() > deadline:
                process.stop()
                raise ProcessFailed(f"the posts had no receipts after {STALLED_S:.0f} s.\n{process.tail()}")
            time.sleep(0.2)
        said = process.printed().split()
        if process.exit_code or said[:1] != ["up"]:
            raise ProcessFailed(f"the posts could not come back.\n{process.tail()}")
        return int(said[-1]), resident
