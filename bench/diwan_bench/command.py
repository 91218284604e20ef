"""`diwan bench exchange`: the figures of docs/benchmarks.md on this machine."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import click
from diwan_lab.command import CommandFailed
from diwan_lab.process import ProcessFailed

from diwan_bench.exchange import Figures, Run, Workload, medians
from diwan_bench.namespaces import Namespaces, NoNamespaces
from diwan_bench.shown import table


@click.group()
def bench() -> None:
    """Measure Diwan on this machine."""


@bench.command()
@click.option("--rows", type=click.IntRange(100, 1_000_000), default=20_000, show_default=True, help="Rows of W1.")
@click.option("--live", type=click.IntRange(10, 1_000_000), default=1_000, show_default=True, help="Cases one by one.")
@click.option("--runs", type=click.IntRange(1, 50), default=3, show_default=True, help="Runs; the median is shown.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
def exchange(rows: int, live: int, runs: int, keep: Path | None, as_json: bool) -> None:
    """A post and a centre on two ends of a cable: rows a second, milliseconds, bytes, memory. Needs root.

    The processes are the real ones, with TLS, and the cable joins two network namespaces made for the run. Nothing is
    left behind."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    folder = Path(tempfile.mkdtemp(prefix="diwan-bench-")) if keep is None else keep.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figures = _measure(folder, Workload(folder, rows, live), runs)
        click.echo(table(figures, rows, live, runs), err=as_json)
        if as_json:
            click.echo(json.dumps({name: round(value, 3) for name, value in figures.items()}))
    except KeyboardInterrupt:
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(130)
    except (NoNamespaces, ProcessFailed, CommandFailed) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or folder}: {error.strerror}" if error.strerror else str(error))
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _measure(folder: Path, workload: Workload, runs: int) -> Figures:
    found: list[Figures] = []
    with Namespaces(folder / "logs") as namespaces:
        click.echo(f"Diwan: generating W1, {workload.rows:,} rows", err=True)
        workload.make()
        for number in range(1, runs + 1):
            say = _Teller(f"run {number} of {runs}")
            place = folder / f"run{number}"
            found.append(Run(place, workload, namespaces, say).measure())
            say(", ".join(f"{name} {value:,.1f}" for name, value in found[-1].items() if name in SHOWN_BETWEEN))
    return medians(found)


SHOWN_BETWEEN = ("bulk_changes_per_second", "live_p50_ms", "live_p99_ms", "wire_bytes_bulk")


class _Teller:
    """Says what is being done, with the run's name before it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, text: str) -> None:
        click.echo(f"Diwan: {self._name}: {text}", err=True)


def _fail(message: str) -> None:
    click.echo(f"Diwan: {message}", err=True)
    sys.exit(1)


def _as_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
