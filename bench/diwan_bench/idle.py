"""Measures an idle post: its processor time and its bytes on the line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network

Figures = dict[str, float]
SETTLE_S = 45.0
"""After the start: the first beacons and hellos are no idling."""


@dataclass(frozen=True)
class IdleRun:
    """One run in `folder`, which is the caller's to remove."""

    folder: Path
    minutes: float
    namespaces: Namespaces
    say: Callable[[str], None]

    def measure(self) -> Figures:
        """Raises ProcessFailed, OSError."""
        with Network(self.folder, self.namespaces) as network:
            time.sleep(SETTLE_S)
            self.say(f"nothing happens for {self.minutes:g} minutes")
            before, used, began = network.namespaces.traffic(), network.cpu_seconds(), time.monotonic()
            time.sleep(self.minutes * 60)
            seconds = time.monotonic() - began
            wire, now = network.namespaces.traffic().since(before), network.cpu_seconds()
        busy = {name: now[name] - used[name] for name in ("post.agent", "post.web")}
        return {
            "minutes": seconds / 60,
            "wire_bytes_per_hour": wire.total * 3600 / seconds,
            "packets": wire.packets,
            "post_cpu_percent": 100 * sum(busy.values()) / seconds,
            "agent_cpu_percent": 100 * busy["post.agent"] / seconds,
            "web_cpu_percent": 100 * busy["post.web"] / seconds,
        }
