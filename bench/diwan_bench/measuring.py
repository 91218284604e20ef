"""Runs the benchmarks at their full size, for the page of figures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from diwan_bench import backup, web
from diwan_bench.backlog import BacklogRun
from diwan_bench.exchange import Figures, Run, Workload, medians
from diwan_bench.hostile import HostileRun
from diwan_bench.idle import IdleRun
from diwan_bench.line import LineRun
from diwan_bench.namespaces import Namespaces
from diwan_bench.reconnect import ReconnectRun
from diwan_bench.results import Point, Result, Rows, load_now, machine, today
from diwan_bench.small_disk import SmallDisks
from diwan_bench.thin import Quality
from diwan_bench.wear import WearRun

Say = Callable[[str], None]
Found = tuple[str, Figures, Mapping[str, Sequence[Point]], Rows]
"""The command, the figures, points and lines of one benchmark (see `Result`)."""

EXCHANGE_RUNS: Final = 3
LINE_RUNS: Final = 5
LINE_ROWS: Final = 2_000
BACKLOG_ROWS: Final = 100_000
POSTS: Final = 200
EACH: Final = 10
OUTAGE_S: Final = 90.0
IDLE_MINUTES: Final = 10.0
HOSTILE_S: Final = 20.0
WEB_CASES: Final = 200_000
WEB_ROUNDS: Final = 30
WEAR_CASES: Final = 20
WEAR_BYTES: Final = 1_000_000
BACKUP_CASES: Final = 20_000
BACKUP_PICTURES: Final = 2_000
BACKUP_KB: Final = 250


def measure(name: str, folder: Path, say: Say) -> Result:
    """One benchmark, in `folder`. Raises what the benchmarks raise."""
    before = load_now()
    how, figures, series, rows = MEASURED[name](folder / name, say)
    rounded = {key: round(value, 3) for key, value in figures.items()}
    return Result(name, how, today(), machine(), (before, load_now()), rounded, series, rows)


def _exchange(folder: Path, say: Say) -> Found:
    workload = Workload(folder, 20_000, 1_000)
    with Namespaces(folder / "logs") as namespaces:
        workload.make()
        runs = range(1, EXCHANGE_RUNS + 1)
        found = [Run(folder / f"run{number}", workload, namespaces, say).measure() for number in runs]
    return f"./diwan bench exchange --runs {EXCHANGE_RUNS}", medians(found), {}, ()


def _line(folder: Path, say: Say) -> Found:
    quality = Quality(256.0, 600.0, 2.0, congestion="cubic")
    with Namespaces(folder / "logs") as namespaces:
        runs = range(1, LINE_RUNS + 1)
        found = [
            LineRun(folder / f"run{number}", LINE_ROWS, quality, namespaces, say).measure(number) for number in runs
        ]
    figures = {**medians(found), "worst_s": max(run["line_s"] for run in found)}
    return f"./diwan bench line --runs {LINE_RUNS}", figures, {}, ()


def _backlog(folder: Path, say: Say) -> Found:
    with Namespaces(folder / "logs") as namespaces:
        run = BacklogRun(folder / "run", BACKLOG_ROWS, namespaces, say)
        return "./diwan bench backlog", run.measure(), run.series, ()


def _reconnect(folder: Path, say: Say) -> Found:
    with Namespaces(folder / "logs") as namespaces:
        run = ReconnectRun(folder / "run", POSTS, EACH, OUTAGE_S, namespaces, say)
        return f"./diwan bench reconnect --posts {POSTS}", run.measure(), run.series, ()


def _idle(folder: Path, say: Say) -> Found:
    with Namespaces(folder / "logs") as namespaces:
        figures = IdleRun(folder / "run", IDLE_MINUTES, namespaces, say).measure()
    return f"./diwan bench idle --minutes {IDLE_MINUTES:.0f}", figures, {}, ()


def _hostile(folder: Path, say: Say) -> Found:
    with Namespaces(folder / "logs") as namespaces:
        run = HostileRun(folder / "run", HOSTILE_S, namespaces, say)
        figures = run.measure()
    return f"./diwan bench hostile --seconds {HOSTILE_S:.0f}", figures, {}, run.rows


def _web(_: Path, say: Say) -> Found:
    place = Path(tempfile.gettempdir()) / f"diwan-bench-web-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    answered = web.measure(web.filled(place, WEB_CASES, say), WEB_ROUNDS, say)
    rows: list[dict[str, float | str]] = [
        {
            "page": one.name, "p50 ms": round(one.p50_ms, 1), "p95 ms": round(one.p95_ms, 1),
            "kB": round(one.size / 1000, 1), "compressed kB": round(one.packed / 1000, 1),
        }
        for one in answered
    ]  # fmt: skip
    return f"./diwan bench web --rounds {WEB_ROUNDS}", {"cases": WEB_CASES}, {}, rows


def _backup(folder: Path, say: Say) -> Found:
    figures = backup.measure(folder, BACKUP_CASES, BACKUP_PICTURES, BACKUP_KB, say)
    how = f"./diwan bench backup --cases {BACKUP_CASES} --pictures {BACKUP_PICTURES} --picture-kb {BACKUP_KB}"
    return how, figures, {}, ()


def _wear(folder: Path, say: Say) -> Found:
    run = folder / "run"
    with SmallDisks(run / "centre", run / "post") as disks, Namespaces(folder / "logs") as namespaces:
        figures = WearRun(run, WEAR_CASES, WEAR_BYTES, namespaces, disks, say).measure()
    return f"./diwan bench wear --cases {WEAR_CASES}", figures, {}, ()


MEASURED: Final[Mapping[str, Callable[[Path, Say], Found]]] = {
    "exchange": _exchange,
    "line": _line,
    "backlog": _backlog,
    "reconnect": _reconnect,
    "idle": _idle,
    "hostile": _hostile,
    "web": _web,
    "backup": _backup,
    "wear": _wear,
}
