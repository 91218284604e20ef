"""The benchmark `diwan bench import`: speed and memory of importing the same rows as JSON lines, CSV and a workbook."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

import psutil
from diwan_core import node
from diwan_core.intake.sources.workbook_write import write_workbook
from diwan_core.trust import NodeKeys
from diwan_lab.command import CommandFailed

from diwan_bench.paths import W1_MAPPING
from diwan_bench.w1gen import FIELDS, Record, records

Say = Callable[[str], None]
FORMS: Final = ("jsonl", "csv", "xlsx")
LOOKED_EVERY_S: Final = 0.02
_DIWAN: Final = "from diwan_core.cli import main; main()"
NUMBERS: Final = frozenset({"lat", "lon", "quantity", "weight_kg", "declared_value"})


def measure(folder: Path, rows: int, runs: int, say: Say) -> dict[str, float]:
    """The medians of some runs: seconds and rows a second of each form, the most memory its processes held, and the
    workbook's time in times of the CSV's."""
    say(f"writing {rows:,} rows of {FIELDS} columns as {', '.join(FORMS)}")
    files = {form: _written(folder, form, rows) for form in FORMS}
    found: dict[str, list[tuple[float, float]]] = {form: [] for form in FORMS}
    for number, form in itertools.product(range(1, runs + 1), FORMS):
        seconds, held = _imported(folder / f"post-{form}-{number}", files[form], form, rows)
        found[form].append((seconds, held))
        say(f"run {number} of {runs}: {form}: {seconds:.2f} s, {rows / seconds:,.0f} rows a second, {held:.0f} MB")
    figures: dict[str, float] = {}
    for form, measured in found.items():
        seconds = median(second for second, _held in measured)
        figures[f"{form}_s"] = seconds
        figures[f"{form}_rows_per_second"] = rows / seconds
        figures[f"{form}_rss_mb"] = max(held for _second, held in measured)
    figures["xlsx_times_csv"] = figures["xlsx_s"] / figures["csv_s"]
    return figures


def _written(folder: Path, form: str, rows: int) -> Path:
    """W1 in one of the forms; the same records whatever the form."""
    path = folder / f"w1.{form}"
    made = records(rows)
    first = next(made)
    table: Iterator[Record] = itertools.chain([first], made)
    if form == "jsonl":
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(record, separators=(",", ":")) + "\n" for record in table)
    elif form == "csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(first)
            writer.writerows(record.values() for record in table)
    else:
        numeric = [name in NUMBERS for name in first]
        write_workbook(path, list(first), (list(map(str, record.values())) for record in table), numeric)
    return path


def _imported(folder: Path, file: Path, form: str, rows: int) -> tuple[float, float]:
    """(seconds, MB) of an import into a new post. Raises CommandFailed where not every row went in."""
    node.create(folder, node.NodeConfig(role="post", id=node.mint_id(), label="Bench"))
    NodeKeys.create(folder)
    mapping = folder / "w1.toml"
    text = W1_MAPPING.read_text(encoding="utf-8")
    table = text if form == "jsonl" else text.replace('format = "jsonl"', 'format = "csv"')
    mapping.write_text(table, encoding="utf-8")
    command = [sys.executable, "-P", "-c", _DIWAN, "import", str(file), "--mapping", str(mapping)]
    began = time.monotonic()
    with subprocess.Popen([*command, "--dir", str(folder), "--json"], stdout=subprocess.PIPE, text=True) as process:
        held = _most_held(process)
        answer = process.stdout.read() if process.stdout else ""
    seconds = time.monotonic() - began
    summary = json.loads(answer.splitlines()[-1]) if answer else {}
    if process.returncode or summary.get("imported") != rows:
        raise CommandFailed(f"the import of {file.name} ended with {process.returncode}: {answer[:500]}")
    return seconds, held


def _most_held(process: subprocess.Popen[str]) -> float:
    """The most that a process and those it started held at once, in MB, seen every 20 ms until it ends."""
    most = 0
    while process.poll() is None:
        try:
            parent = psutil.Process(process.pid)
            family = [parent, *parent.children(recursive=True)]
            most = max(most, sum(one.memory_info().rss for one in family if one.is_running()))
        except psutil.NoSuchProcess:
            continue
        time.sleep(LOOKED_EVERY_S)
    return most / 1_000_000
