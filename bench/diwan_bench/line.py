"""Measures a backlog over a thin line, from the agent's start with the line up until the post's last receipt."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from diwan_lab.process import Process

from diwan_bench import thin, w1gen
from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network
from diwan_bench.paths import W1_MAPPING

STALLED_S: Final = 600.0
READY_S: Final = 20.0

Figures = dict[str, float]


@dataclass(frozen=True)
class LineRun:
    """One run in `folder`, which is the caller's to remove."""

    folder: Path
    rows: int
    quality: thin.Quality
    namespaces: Namespaces
    say: Callable[[str], None]

    def measure(self, seed: int) -> Figures:
        """Raises ProcessFailed, OSError. `seed` draws which packets are lost."""
        self.folder.mkdir(parents=True)
        rows = self.folder / "w1.jsonl"
        w1gen.write(rows, self.rows, 1)
        emulator = self._emulator(seed)
        try:
            with Network(self.folder, self.namespaces, broker=thin.CENTRE) as network:
                network.stop("post.agent")
                said = network.diwan(
                    "edge", "import", rows, "--mapping", W1_MAPPING, "--dir", network.post, "--json",
                    "--errors", self.folder / "errors.csv",
                )  # fmt: skip
                imported = int(json.loads(said.strip().splitlines()[-1])["imported"])
                self.say(f"{imported:,} rows are saved; the line is up")
                started = time.monotonic()
                network.start("post.agent")
                connected = time.monotonic()
                network.wait_for_receipts(STALLED_S)
                ended = time.monotonic()
        finally:
            emulator.stop()
        return {"rows": imported, "connected_s": connected - started, "line_s": ended - started}

    def _emulator(self, seed: int) -> Process:
        edge, centre = self.namespaces.pid("edge"), self.namespaces.pid("centre")
        argv = [sys.executable, "-m", "diwan_bench.thin", *thin.arguments(edge, centre, self.quality, seed)]
        emulator = Process("thin line", argv, self.folder / "logs" / "thin.log")
        emulator.start()
        emulator.wait_until(partial(_is_ready, emulator), READY_S)
        return emulator


def _is_ready(emulator: Process) -> bool:
    return "ready" in emulator.printed()
