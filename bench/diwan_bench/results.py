"""The results of benchmarks: one JSON file for each in docs/benchmarks, from which the page is made."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from diwan_bench.paths import BENCH

KEPT: Final = BENCH.parent / "docs" / "benchmarks"
SPREAD: Final = ("figures", "series", "rows")
POINTS: Final = 400
"""A series is thinned to so many points before it is kept: a plot shows no more."""

Point = tuple[float, float]
Rows = Sequence[Mapping[str, float | str]]


@dataclass(frozen=True)
class Result:
    """One run of one benchmark. `how` is the command, `load` the machine's load average before it and after it (one
    minute's), `series` points for a plot, `rows` a table of its own where one line a figure will not do."""

    name: str
    how: str
    date: str
    machine: str
    load: Sequence[float]
    figures: Mapping[str, float]
    series: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    rows: Rows = ()
    note: str = ""


def processor(cpuinfo: Path = Path("/proc/cpuinfo"), board: Path = Path("/proc/device-tree/model")) -> str:
    """The model of the processor; on boards whose kernel does not name it, the model of the board."""
    for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name" and value.strip():
            return " ".join(value.split())
    if board.exists():
        return board.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    return platform.machine()


def machine() -> str:
    """What it was measured on, without its name."""
    system = f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    return f"{processor()}, {os.cpu_count()} cores, {system}, SQLite {sqlite3.sqlite_version}"


def today() -> str:
    """The date, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def load_now() -> float:
    """Processes that ran or waited for a processor in the last minute."""
    return round(os.getloadavg()[0], 1)


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most POINTS of them: where there are more, of each stretch the one that is greatest, so that none that was
    bad is left out."""
    if len(points) <= POINTS:
        return [(round(x, 2), round(y, 1)) for x, y in points]
    step = -(-len(points) // POINTS)
    worst = [max(points[at : at + step], key=lambda point: point[1]) for at in range(0, len(points), step)]
    return [(round(x, 2), round(y, 1)) for x, y in worst]


def keep(result: Result, folder: Path = KEPT) -> Path:
    """Write a result down, in place of the one before."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{result.name}.json"
    lines = [
        f'"{key}": {_lines(value) if key in SPREAD else json.dumps(value)}' for key, value in asdict(result).items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return path


def _lines(value: Mapping[str, object] | Rows) -> str:
    """A line for each member, so that a difference between two runs can be read."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"\n {json.dumps(key)}: {json.dumps(held)}" for key, held in value.items()) + "}"
    return "[" + ",".join(f"\n {json.dumps(row)}" for row in value) + "]"


def kept(folder: Path = KEPT) -> dict[str, Result]:
    """The results by name. Raises OSError, ValueError."""
    return {path.stem: Result(**json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))}
