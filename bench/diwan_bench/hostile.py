"""Measures an honest post while another enrolled one, whose keys are in wrong hands, sends the most costly messages."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diwan_lab.process import Process, ProcessFailed

from diwan_bench import w1gen
from diwan_bench.attacker import OTHERS
from diwan_bench.exchange import percentile
from diwan_bench.hostile_kinds import KINDS
from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network

RATE: Final = 10.0
"""Saves a second at the honest post."""
NOTHING: Final = "nothing"
ALL: Final = (NOTHING, *KINDS, *OTHERS)
LIVE, THIEF = "live", "thief"
LIVE_PORT, THIEF_PORT = 8081, 8082
READY_S: Final = 60.0
ENDS_S: Final = 120.0
SETTLES_S: Final = 3.0

Figures = dict[str, float]


@dataclass(frozen=True)
class HostileRun:
    """One run in `folder`, which is the caller's to remove; each kind lasts `seconds`."""

    folder: Path
    seconds: float
    namespaces: Namespaces
    say: Callable[[str], None]
    kinds: Sequence[str] = ALL
    rows: list[dict[str, float | str]] = field(default_factory=list)
    """A line for each kind."""

    def measure(self) -> Figures:
        """The worst of all kinds. Raises ProcessFailed, OSError."""
        self.folder.mkdir(parents=True)
        count = int(self.seconds * RATE)
        w1gen.write(self.folder / "live.jsonl", count, 2)
        with Network(self.folder, self.namespaces) as network:
            network.stop("post.agent")
            network.stop("post.web")
            network.add_post(LIVE, "Honest post", LIVE_PORT)
            network.add_post(THIEF, "Post in wrong hands", THIEF_PORT)
            network.start(f"{LIVE}.agent")
            for kind in self.kinds:
                for name in ("centre.ingest", "centre.relay"):  # so that the thief is heard again at once
                    network.stop(name)
                    network.start(name)
                row = self._one(network, kind)
                self.rows.append(row)
                self.say(", ".join(f"{name} {value}" for name, value in row.items()))
            resident = network.resident_mb("centre.ingest")
        hostile = [row for row in self.rows if row["kind"] != NOTHING]
        worst = max(hostile, key=lambda row: float(row["p99 ms"])) if hostile else self.rows[0]
        return {
            "kinds": float(len(hostile)),
            "worst_p99_ms": float(worst["p99 ms"]),
            "worst_ms": max(float(row["worst ms"]) for row in self.rows),
            "alone_p99_ms": next((float(row["p99 ms"]) for row in self.rows if row["kind"] == NOTHING), 0.0),
            "saves": float(count * len(self.rows)),
            "ingest_rss_mb": resident,
        }

    def _one(self, network: Network, kind: str) -> dict[str, float | str]:
        attack = self._attack(network, kind) if kind != NOTHING else None
        began = time.time_ns()
        saves = self._process(
            "live", network, "diwan_bench.live", "--dir", str(network.folders[LIVE]), *self._live(kind)
        )
        saves.start()
        self._ended(saves)
        sent = json.loads(self._ended(attack).splitlines()[-1]) if attack is not None else {"sent": 0, "bytes": 0}
        latencies = self._latencies(network, kind, began)
        time.sleep(SETTLES_S)
        return {
            "kind": kind,
            "sent": int(sent["sent"]),
            "MB": round(sent["bytes"] / 1e6, 1),
            "saves": len(latencies),
            "p50 ms": round(percentile(latencies, 50), 1),
            "p99 ms": round(percentile(latencies, 99), 1),
            "worst ms": round(max(latencies), 1),
            "ingest MB": round(network.resident_mb("centre.ingest"), 0),
        }

    def _attack(self, network: Network, kind: str) -> Process:
        ready, go = self.folder / f"{kind}.ready", self.folder / f"{kind}.go"
        attack = self._process(
            kind, network, "diwan_bench.attacker", "--dir", str(network.folders[THIEF]), "--kind", kind,
            "--seconds", str(self.seconds + 2), "--ready", str(ready), "--go", str(go),
        )  # fmt: skip
        attack.start()
        attack.wait_until(ready.exists, READY_S)
        go.touch()
        time.sleep(1.0)
        return attack

    def _live(self, kind: str) -> tuple[str, ...]:
        out = self.folder / f"{kind}.moments"
        return ("--rows", str(self.folder / "live.jsonl"), "--rate", str(RATE), "--out", str(out))

    def _process(self, name: str, network: Network, module: str, *arguments: str) -> Process:
        inside = network.namespaces.inside("edge", sys.executable, "-m", module, *arguments)
        return Process(name, inside, self.folder / "logs" / f"{name}.log")

    def _ended(self, process: Process) -> str:
        """What a process printed, once it has ended by itself."""
        deadline = time.monotonic() + self.seconds + ENDS_S
        while process.pid is not None:
            if time.monotonic() > deadline:
                raise ProcessFailed(f"{process.name} does not end.\n{process.tail()}")
            time.sleep(0.1)
        if process.exit_code:
            raise ProcessFailed(f"{process.name} failed.\n{process.tail()}")
        return process.printed()

    def _latencies(self, network: Network, kind: str, since_ns: int) -> list[float]:
        """Milliseconds from each save's commit at the post to its commit at the centre. Waits for the last one."""
        found: list[float] = []
        deadline = time.monotonic() + ENDS_S
        for line in (self.folder / f"{kind}.moments").read_text(encoding="ascii").splitlines():
            epoch, seq, _, committed = line.split()
            while (arrived := network.trace.committed(epoch, int(seq))) is None:
                if time.monotonic() > deadline:
                    raise ProcessFailed(f"the centre never committed {epoch} {seq}, while it was sent {kind}")
                time.sleep(0.1)
            if int(committed) >= since_ns:
                found.append((arrived - int(committed)) / 1e6)
        return found
