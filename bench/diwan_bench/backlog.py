"""Measures a post that comes back with a large backlog while another one goes on reporting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from diwan_bench import w1gen
from diwan_bench.alongside import Alongside, join, spread
from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network
from diwan_bench.paths import W1_MAPPING
from diwan_bench.results import Point, thinned

RATE: Final = 20.0
"""Saves a second at the live post."""
STALLED_S: Final = 900.0
SETTLED_S: Final = 2.0
"""For what a post that joins is sent first."""

Figures = dict[str, float]
Beside = Literal["reports", "reads", "nobody"]
"""What another post does meanwhile. One that reports also reads the backlog, as every member of the national scope:
beside one that only reads, the machine does the same work but for the reports."""


@dataclass(frozen=True)
class BacklogRun:
    """One run in `folder`, which is the caller's to remove."""

    folder: Path
    rows: int
    namespaces: Namespaces
    say: Callable[[str], None]
    beside: Beside = "reports"
    series: dict[str, list[Point]] = field(default_factory=dict)

    def measure(self) -> Figures:
        """Raises ProcessFailed, OSError."""
        self.folder.mkdir(parents=True)
        rows = self.folder / "w1.jsonl"
        w1gen.write(rows, self.rows, 1)
        with Network(self.folder, self.namespaces) as network:
            network.stop("post.agent")
            self.say(f"saving {self.rows:,} rows without a line")
            said = network.diwan(
                "edge", "import", rows, "--mapping", W1_MAPPING, "--dir", network.post, "--json",
                "--errors", self.folder / "errors.csv", seconds=STALLED_S,
            )  # fmt: skip
            imported = int(json.loads(said.strip().splitlines()[-1])["imported"])
            if self.beside == "reads":
                join(network)
                time.sleep(SETTLED_S)
            if self.beside != "reports":
                return self._drained(network, imported)[0]
            seconds = 10 + imported / 4_000
            with Alongside(network, self.folder, int(RATE * seconds), RATE) as live:
                figures, began, ended = self._drained(network, imported)
                points = live.points(began, ended)
        self.series["live_ms"] = thinned(points)
        return {**figures, **spread("live", points)}

    def _drained(self, network: Network, imported: int) -> tuple[Figures, int, int]:
        """The figures of the backlog itself, and from when to when it was admitted, ns since 1970."""
        self.say("the line is up")
        began, used = time.time_ns(), network.cpu_seconds()
        network.start("post.agent")
        ended = network.wait_for_centre(STALLED_S)
        figures = {
            "rows": float(imported),
            "admitted_per_second": imported / ((ended - began) / 1e9),
            "ingest_rss_mb": network.resident_mb("centre.ingest"),
        }
        for name, seconds in network.cpu_seconds().items():
            if not name.endswith(".web"):
                figures[f"cpu_us_{name.replace('.', '_')}"] = (seconds - used.get(name, 0.0)) / imported * 1e6
        return figures, began, ended
