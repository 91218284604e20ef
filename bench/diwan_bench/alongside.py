"""A post that saves a few cases a second during heavy work, and measures how soon the centre had each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from diwan_lab.process import Process

from diwan_bench import w1gen
from diwan_bench.exchange import percentile
from diwan_bench.network import Network
from diwan_bench.results import Point

POST: Final = "live"
WEB_PORT: Final = 8081
ENDS_WITHIN_S: Final = 300.0


def join(network: Network) -> Path:
    """Have another post join `network`, whose agent reads what all report; its folder."""
    folder = network.add_post(POST, "Live post", WEB_PORT)
    network.start(f"{POST}.agent")
    return folder


class Alongside:
    """A post of its own in `network`, which saves `count` cases at `rate` a second during the `with` block."""

    def __init__(self, network: Network, scratch: Path, count: int, rate: float) -> None:
        self._network = network
        self._rows, self._out = scratch / "alongside.jsonl", scratch / "alongside.moments"
        w1gen.write(self._rows, count, 2)
        argv = [sys.executable, "-m", "diwan_bench.live", "--dir", join(network), "--rows", self._rows]
        argv += ["--rate", str(rate), "--out", self._out]
        self._process = Process(
            "alongside", network.namespaces.inside("edge", *map(str, argv)), scratch / "logs" / "alongside.log"
        )

    def __enter__(self) -> Alongside:
        self._process.start()
        time.sleep(2.0)  # it reads its rows first
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._process.stop()

    def points(self, since_ns: int, until_ns: int) -> list[Point]:
        """For saves within these moments: (seconds since the first, ms from a save's commit at the post to its commit
        at the centre).

        Waits until all saves are done. Raises OSError when the centre never got one of them."""
        deadline = time.monotonic() + ENDS_WITHIN_S
        while self._process.pid is not None:
            if time.monotonic() > deadline:
                raise OSError("the live post does not end its saves")
            time.sleep(0.1)
        time.sleep(2.0)
        found: list[Point] = []
        for line in self._out.read_text(encoding="ascii").splitlines():
            epoch, seq, _, committed = line.split()
            if since_ns <= int(committed) <= until_ns:
                arrived = self._network.trace.committed(epoch, int(seq))
                if arrived is None:
                    raise OSError(f"the centre never committed {epoch} {seq}")
                found.append(((int(committed) - since_ns) / 1e9, (arrived - int(committed)) / 1e6))
        return found


def spread(name: str, points: Sequence[Point]) -> dict[str, float]:
    """Median, 99th percentile and worst of the points' latencies, under names that begin with `name`."""
    latencies = [latency for _, latency in points]
    return {
        f"{name}_saves": float(len(latencies)),
        f"{name}_p50_ms": percentile(latencies, 50),
        f"{name}_p99_ms": percentile(latencies, 99),
        f"{name}_max_ms": max(latencies),
    }
