"""One run of the exchange benchmark on a fresh network: bulk, one by one, memory, backlog, and the machine's limit."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diwan_lab.command import grouped_secret

from diwan_bench import w1gen
from diwan_bench.limit import sqlite_rows_per_second
from diwan_bench.namespaces import ADDRESS, Namespaces
from diwan_bench.network import WEB_PORT, Network
from diwan_bench.paths import W1_MAPPING

SETTLE_S: Final = 1.5
"""After the last commit: receipts and acknowledgements still on their way belong to the bytes measured."""
STALLED_S: Final = 300.0
LIVE_RATE: Final = 100.0
REQUESTS: Final = 100
KEYS: Final = (
    "bulk_changes_per_second", "live_p50_ms", "live_p99_ms", "wire_bytes_bulk", "wire_bytes_alone", "post_rss_mb",
    "sqlite_rows_per_second",
)  # fmt: skip

Figures = dict[str, float]


@dataclass(frozen=True)
class Workload:
    """W1 in files of a folder: `bulk` and `backlog` of `rows` lines each, `live` of fewer, all different."""

    folder: Path
    rows: int
    live: int

    def make(self) -> None:
        """Generate the files. Seed 5: in 3 and 4 a latitude near zero is written -9e-05, which no position may be."""
        for seed, name, count in ((1, "bulk", self.rows), (2, "live", self.live), (5, "backlog", self.rows)):
            w1gen.write(self.file(name), count, seed)

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"


@dataclass
class Run:
    """One run in `folder`, which is the caller's to remove. `say` hears what is being done."""

    folder: Path
    workload: Workload
    namespaces: Namespaces
    say: Callable[[str], None]
    figures: Figures = field(default_factory=dict)

    def measure(self) -> Figures:
        """All figures. Raises ProcessFailed, OSError."""
        self.say("the limit of this machine: bare SQLite")
        lines = self.workload.file("bulk").read_text(encoding="utf-8").splitlines()
        self.folder.mkdir(parents=True)
        self.figures["sqlite_rows_per_second"] = sqlite_rows_per_second(self.folder / "limit.db", lines)
        self.say("setting up a centre and a post")
        with Network(self.folder, self.namespaces) as network:
            self.say(f"bulk: importing {self.workload.rows:,} rows while the exchange runs")
            self._bulk(network)
            self.say(f"one by one: {self.workload.live:,} cases at {LIVE_RATE:.0f} a second")
            self._live(network)
            self.say(f"memory: a person at the console, {REQUESTS} requests and a picture")
            self._memory(network)
            self.say(f"backlog: {self.workload.rows:,} rows saved without a line, then sent")
            self._backlog(network)
        return self.figures

    def _bulk(self, network: Network) -> None:
        before, used = network.namespaces.traffic(), network.cpu_seconds()
        summary = self._import(network, "bulk")
        committed = network.wait_for_centre(STALLED_S)
        time.sleep(SETTLE_S)
        rows = summary["imported"]
        wire = network.namespaces.traffic().since(before)
        self.figures["bulk_changes_per_second"] = rows / (committed / 1e9 - summary["first_row_ms"] / 1e3)
        began_ms = summary["first_batch_ms"] or summary["last_commit_ms"]
        self.figures["bulk_from_first_commit_per_second"] = rows / (committed / 1e9 - began_ms / 1e3)
        self.figures["bulk_import_rows_per_second"] = rows / summary["seconds"]
        self.figures["wire_bytes_bulk"] = wire.total / rows
        self.figures["wire_bytes_bulk_up"] = wire.up_bytes / rows
        self.figures["cpu_us_import"] = summary["cpu_seconds"] / rows * 1e6
        for name, seconds in network.cpu_seconds().items():
            if not name.endswith("web"):
                self.figures[f"cpu_us_{name.split('.')[1]}"] = (seconds - used[name]) / rows * 1e6

    def _import(self, network: Network, name: str) -> dict[str, Any]:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        said = network.diwan(
            "edge", "import", self.workload.file(name), "--mapping", W1_MAPPING, "--dir", network.post, "--json",
            "--errors", self.folder / f"{name}-errors.csv",
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        summary: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
        if summary["imported"] != self.workload.rows:
            raise OSError(f"the import took {summary['imported']} rows of {self.workload.rows}: {said.strip()[:300]}")
        summary["cpu_seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return summary

    def _live(self, network: Network) -> None:
        out = self.folder / "live.moments"
        before = network.namespaces.traffic()
        network.namespaces.run(
            "edge", sys.executable, "-m", "diwan_bench.live", "--dir", network.post, "--rows",
            self.workload.file("live"), "--rate", str(LIVE_RATE), "--out", out, seconds=STALLED_S,
        )  # fmt: skip
        network.wait_for_centre(STALLED_S)
        time.sleep(SETTLE_S)
        wire = network.namespaces.traffic().since(before)
        latencies, saves = [], []
        for line in out.read_text(encoding="ascii").splitlines():
            epoch, seq, began, committed = line.split()
            arrived = network.trace.committed(epoch, int(seq))
            if arrived is None:
                raise OSError(f"the centre never committed {epoch} {seq}")
            latencies.append((arrived - int(committed)) / 1e6)
            saves.append((int(committed) - int(began)) / 1e6)
        self.figures["live_p50_ms"], self.figures["live_p99_ms"] = percentile(latencies, 50), percentile(latencies, 99)
        self.figures["live_max_ms"] = max(latencies)
        self.figures["save_p50_ms"], self.figures["save_p99_ms"] = percentile(saves, 50), percentile(saves, 99)
        self.figures["wire_bytes_alone"] = wire.total / len(latencies)
        self.figures["wire_bytes_alone_up"] = wire.up_bytes / len(latencies)
        self.figures["wire_packets_alone"] = wire.packets / len(latencies)

    def _memory(self, network: Network) -> None:
        said = network.diwan("edge", "post", "user", "add", "officer", "--role", "officer", "--dir", network.post)
        network.namespaces.run(
            "edge", sys.executable, "-m", "diwan_bench.visit", f"http://{ADDRESS['edge']}:{WEB_PORT}", "officer",
            grouped_secret(said), "--requests", str(REQUESTS),
        )  # fmt: skip
        network.wait_for_centre(STALLED_S)
        self.figures["post_rss_mb"] = network.resident_mb("post.web", "post.agent")
        self.figures["post_web_rss_mb"] = network.resident_mb("post.web")
        self.figures["post_agent_rss_mb"] = network.resident_mb("post.agent")

    def _backlog(self, network: Network) -> None:
        network.stop("post.agent")
        summary = self._import(network, "backlog")
        self.figures["import_rows_per_second"] = summary["imported"] / summary["seconds"]
        network.start("post.agent")
        line_up = time.time_ns()
        committed = network.wait_for_centre(STALLED_S)
        # A handful of rows may be through before this process has looked at the clock.
        self.figures["drain_changes_per_second"] = summary["imported"] / (max(committed - line_up, 1_000_000) / 1e9)


def percentile(values: list[float], share: int) -> float:
    """The value that `share` percent do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def medians(runs: list[Figures]) -> Figures:
    """Each figure's median over the runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}
