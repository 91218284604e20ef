"""Measures how the centre and two hundred posts come back after an outage while another post goes on reporting."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from diwan_lab.checker import take_account
from diwan_lab.process import Process, ProcessFailed

from diwan_bench import w1gen
from diwan_bench.alongside import spread
from diwan_bench.many import END, OUTAGE
from diwan_bench.namespaces import Namespaces
from diwan_bench.network import Network
from diwan_bench.results import Point, thinned

RATE: Final = 10.0
"""Saves a second at the live post."""
BEFORE: Final = 5
"""Cases each post has reported before the outage."""
POSTS_A_PROCESS: Final = 50
LIVE: Final = "live"
WEB_PORT: Final = 8081
LIVE_ROWS: Final = 20_000
STALLED_S: Final = 900.0
LEVEL_WITHIN_S: Final = 300.0
"""How long after the outage the posts' registers are waited for: here they share two cores with the centre."""
SERVICES: Final = ("centre.broker", "centre.ingest", "centre.relay")

Figures = dict[str, float]


@dataclass(frozen=True)
class ReconnectRun:
    """One run in `folder`, which is the caller's to remove. `outage` is seconds, `each` cases a post saves in it."""

    folder: Path
    posts: int
    each: int
    outage: float
    namespaces: Namespaces
    say: Callable[[str], None]
    series: dict[str, list[Point]] = field(default_factory=dict)

    def measure(self) -> Figures:
        """Raises ProcessFailed, OSError."""
        self.folder.mkdir(parents=True)
        rows, alongside, many = (self.folder / name for name in ("w1.jsonl", "alongside.jsonl", "many"))
        w1gen.write(rows, self.posts * max(self.each, BEFORE), 1)
        w1gen.write(alongside, LIVE_ROWS, 2)
        with Network(self.folder, self.namespaces) as network:
            network.stop("post.agent")
            network.stop("post.web")
            live = network.add_post(LIVE, "Live post", WEB_PORT)
            self.say(f"enrolling {self.posts} posts, {BEFORE} cases each")
            self._bench(network, "setup", "--dir", many, "--posts", self.posts, "--central-dir", network.centre,
                        "--central", network.console, "--rows", rows, "--each", BEFORE)  # fmt: skip
            loads = [self._load(network, rows, many, number) for number in range(1, self._parts + 1)]
            try:
                return self._measured(network, loads, live, alongside, many)
            finally:
                for load in loads:
                    load.stop()

    def _measured(self, network: Network, loads: Sequence[Process], live: Path, rows: Path, many: Path) -> Figures:
        self.say("every post reads what all have reported")
        self._all(loads, "sent")
        if self._wait_until_level(network, sorted(many.iterdir()), loads, STALLED_S) is None:
            raise ProcessFailed(f"the posts had not read what all have reported after {STALLED_S:.0f} s")
        self.say(f"an outage of {self.outage:.0f} s, {self.each} cases saved at each post")
        began = time.monotonic()
        for name in reversed(SERVICES):
            network.stop(name)
        (self.folder / OUTAGE).touch()
        self._all(loads, "saved")
        time.sleep(max(0.0, self.outage - (time.monotonic() - began)))
        self.say("the centre is back")
        back = time.time_ns()
        network.start(SERVICES[0])
        network.start(*SERVICES[1:])
        out = self.folder / "live.moments"
        steady = self._process(network, "steady", "--dir", live, "--rows", rows, "--rate", RATE, "--out", out)
        resident = 0.0
        try:
            while not all("receipted" in process.printed().split() for process in [*loads, steady]):
                resident = max(resident, network.resident_mb("centre.ingest"))
                self._watch([*loads, steady], back)
                time.sleep(0.2)
            moments = [json.loads((self.folder / f"part{number}").read_text()) for number in range(1, len(loads) + 1)]
            receipted = max(moment for part in moments for moment in part["receipted"])
            self.say(f"all receipted after {(receipted - back) / 1e9:.0f} s; every post reads what all have reported")
        finally:
            steady.stop(60.0)
        folders = sorted(many.iterdir())
        level = self._wait_until_level(network, folders, loads, LEVEL_WITHIN_S)
        (self.folder / END).touch()
        account = take_account(network.centre, [*folders, live])
        told, committed = self._points(network, out, back, receipted)
        ups = sorted((moment - back) / 1e9 for part in moments for moment in part["up"])
        ends = sorted((moment - back) / 1e9 for part in moments for moment in part["receipted"])
        self.series.update(back=counted(ups), receipted=counted(ends), live_ms=thinned(told))
        return {
            "posts": self.posts,
            "rows": self.posts * self.each,
            "missing": account.missing,
            "quarantined": account.quarantined,
            "back_first_s": ups[0],
            "back_last_s": ups[-1],
            "receipted_s": (receipted - back) / 1e9,
            **({} if level is None else {"level_s": (level - back) / 1e9}),
            "ingest_rss_mb": max(resident, network.resident_mb("centre.ingest")),
            "relay_rss_mb": network.resident_mb("centre.relay"),
            "broker_rss_mb": network.resident_mb("centre.broker"),
            **spread("live", told),
            **{name: value for name, value in spread("live_commit", committed).items() if "saves" not in name},
        }

    @property
    def _parts(self) -> int:
        return -(-self.posts // POSTS_A_PROCESS)

    def _bench(self, network: Network, *arguments: object) -> None:
        argv = [sys.executable, "-m", "diwan_bench.many", *map(str, arguments)]
        self.namespaces.run("edge", *argv, seconds=STALLED_S)

    def _process(self, network: Network, module: str, *arguments: object) -> Process:
        argv = [sys.executable, "-m", f"diwan_bench.{module}", *map(str, arguments)]
        process = Process(module, network.namespaces.inside("edge", *argv), self.folder / "logs" / f"{module}.log")
        process.start()
        return process

    def _load(self, network: Network, rows: Path, many: Path, number: int) -> Process:
        argv = [
            sys.executable, "-m", "diwan_bench.many", "run", "--dir", many, "--part", f"{number}/{self._parts}",
            "--signals", self.folder, "--rows", rows, "--each", self.each, "--out", self.folder / f"part{number}",
        ]  # fmt: skip
        process = Process(
            f"many{number}", network.namespaces.inside("edge", *map(str, argv)),
            self.folder / "logs" / f"many{number}.log", {**os.environ, "DIWAN_LOG": "ERROR"},
        )  # fmt: skip
        process.start()
        return process

    def _all(self, loads: Sequence[Process], word: str) -> None:
        since = time.time_ns()
        while not all(word in load.printed().split() for load in loads):
            self._watch(loads, since)
            time.sleep(0.1)

    def _watch(self, processes: Sequence[Process], since_ns: int) -> None:
        for process in processes:
            if process.pid is None:
                raise ProcessFailed(f"{process.name} ended by itself.\n{process.tail()}")
        if time.time_ns() - since_ns > STALLED_S * 1e9:
            raise ProcessFailed(f"the posts were not ready after {STALLED_S:.0f} s.\n{processes[0].tail()}")

    def _wait_until_level(
        self, network: Network, posts: Sequence[Path], loads: Sequence[Process], seconds: float
    ) -> int | None:
        """Until every post holds the feed to its end; that moment, None when it does not come."""
        since, behind = time.time_ns(), list(posts)
        while behind and time.time_ns() - since < seconds * 1e9:
            self._watch(loads, since)
            head = _head(network.centre)
            behind = [post for post in behind if _cursor(post) < head]
            time.sleep(0.5)
        return None if behind else time.time_ns()

    def _points(self, network: Network, out: Path, back: int, until: int) -> tuple[list[Point], list[Point]]:
        """Of the live post's saves: (seconds since the centre is back, ms to the receipt), and to the commit there."""
        told: list[Point] = []
        committed: list[Point] = []
        for line in out.read_text(encoding="ascii").splitlines():
            epoch, seq, saved, receipted = line.split()
            if int(saved) <= until or not told:
                arrived = network.trace.committed(epoch, int(seq))
                if arrived is None:
                    raise OSError(f"the centre never committed {epoch} {seq}")
                at = (int(saved) - back) / 1e9
                told.append((at, (int(receipted) - int(saved)) / 1e6))
                committed.append((at, (arrived - int(saved)) / 1e6))
        return told, committed


def counted(moments: Sequence[float]) -> list[Point]:
    """How many of these have passed by when, from none at zero."""
    return [(0.0, 0.0), *((round(moment, 2), float(number)) for number, moment in enumerate(moments, 1))]


def _head(centre: Path) -> int:
    with closing(sqlite3.connect(f"file:{centre}/register.db?mode=ro", uri=True)) as reader:
        return int(reader.execute("SELECT coalesce(max(last), 0) FROM scope_run").fetchone()[0])


def _cursor(post: Path) -> int:
    with closing(sqlite3.connect(f"file:{post}/register.db?mode=ro", uri=True)) as reader:
        row = reader.execute("SELECT cursor FROM feed").fetchone()
        return 0 if row is None else int(row[0])
