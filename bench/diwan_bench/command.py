"""The commands `diwan bench …`, which measure the figures of docs/benchmarks.md on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import FrameType

import click
from diwan_core.register import RegisterError
from diwan_lab.browser import NotAnswered
from diwan_lab.chromium import PROGRAM
from diwan_lab.command import CommandFailed
from diwan_lab.process import ProcessFailed
from diwan_lab.tab import BrowserError

from diwan_bench import first_page, results
from diwan_bench import report as drawing
from diwan_bench import web as web_bench
from diwan_bench.against import against_option
from diwan_bench.backlog import BacklogRun, Beside
from diwan_bench.backup import measure as measure_backup
from diwan_bench.exchange import Figures, Run, Workload, medians
from diwan_bench.hostile import ALL, HostileRun
from diwan_bench.idle import IdleRun
from diwan_bench.importing import measure as measure_import
from diwan_bench.line import LineRun
from diwan_bench.measuring import MEASURED, measure
from diwan_bench.namespaces import Namespaces, NoNamespaces
from diwan_bench.reconnect import ReconnectRun
from diwan_bench.shown import table
from diwan_bench.small_disk import SmallDisks
from diwan_bench.thin import Quality
from diwan_bench.wear import WearRun


@click.group()
def bench() -> None:
    """Measure Diwan on this machine."""


@bench.command()
@click.option("--rows", type=click.IntRange(100, 1_000_000), default=20_000, show_default=True, help="Rows of W1.")
@click.option("--live", type=click.IntRange(10, 1_000_000), default=1_000, show_default=True, help="Cases one by one.")
@click.option("--runs", type=click.IntRange(1, 50), default=3, show_default=True, help="Runs; the median is shown.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def exchange(rows: int, live: int, runs: int, keep: Path | None, as_json: bool) -> None:
    """Measure a post and a centre on two ends of a cable: rows a second, milliseconds, bytes, memory. Needs root.

    The processes are the real ones, with TLS, and the cable joins two network namespaces made for the run. Nothing is
    left behind."""
    with _workplace(keep) as folder:
        figures = _measure(folder, Workload(folder, rows, live), runs)
        click.echo(table(figures, rows, live, runs), err=as_json)
        if as_json:
            click.echo(json.dumps({name: round(value, 3) for name, value in figures.items()}))


@bench.command()
@click.option("--rows", type=click.IntRange(10, 1_000_000), default=2_000, show_default=True, help="Rows of W1.")
@click.option("--runs", type=click.IntRange(1, 50), default=5, show_default=True, help="Runs; the median is shown.")
@click.option("--kbit", type=click.FloatRange(1), default=256.0, show_default=True, help="kbit/s in each direction.")
@click.option("--rtt", type=click.FloatRange(0), default=600.0, show_default=True, help="Round trip, ms.")
@click.option("--loss", type=click.FloatRange(0, 50), default=2.0, show_default=True, help="Percent of IP packets.")
@click.option("--congestion", default="cubic", show_default=True, help="The kernels' TCP congestion control.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def line(
    rows: int, runs: int, kbit: float, rtt: float, loss: float, congestion: str, keep: Path | None, as_json: bool
) -> None:
    """Measure a backlog over a thin line, from the agent's start to the last receipt. Needs root.

    The line carries whole IP packets between two network namespaces made for the run, so that real TCP sees real
    loss."""
    quality = Quality(kbit, rtt, loss, congestion=congestion)
    with _workplace(keep) as folder, Namespaces(folder / "logs") as namespaces:
        found = []
        for number in range(1, runs + 1):
            say = _Teller(f"run {number} of {runs}")
            found.append(LineRun(folder / f"run{number}", rows, quality, namespaces, say).measure(number))
            say(f"connected after {found[-1]['connected_s']:.2f} s, the last receipt after {found[-1]['line_s']:.2f} s")
        _show({**medians(found), "worst_s": max(run["line_s"] for run in found)}, as_json)


@bench.command()
@click.option("--rows", type=click.IntRange(100, 5_000_000), default=100_000, show_default=True, help="Rows of W1.")
@click.option("--alone", is_flag=True, help="There is no other post.")
@click.option("--silent", is_flag=True, help="The other post reads the backlog and reports nothing.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def backlog(rows: int, alone: bool, silent: bool, keep: Path | None, as_json: bool) -> None:
    """Measure a post that comes back with a large backlog while another one goes on reporting. Needs root."""
    if alone and silent:
        raise click.UsageError("--alone and --silent say different things of the other post: give one of them.")
    beside: Beside = "nobody" if alone else "reads" if silent else "reports"
    with _workplace(keep) as folder, Namespaces(folder / "logs") as namespaces:
        _show(BacklogRun(folder / "run", rows, namespaces, _Teller("backlog"), beside).measure(), as_json)


@bench.command()
@click.option("--posts", type=click.IntRange(1, 999), default=200, show_default=True, help="How many come back.")
@click.option("--each", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Cases each saves in it.")
@click.option("--outage", type=click.FloatRange(1), default=90.0, show_default=True, help="Seconds without a centre.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def reconnect(posts: int, each: int, outage: float, keep: Path | None, as_json: bool) -> None:
    """Measure how the centre and many posts come back after an outage, while one post goes on reporting. Needs root."""
    with _workplace(keep) as folder, Namespaces(folder / "logs") as namespaces:
        _show(ReconnectRun(folder / "run", posts, each, outage, namespaces, _Teller("reconnect")).measure(), as_json)


@bench.command()
@click.option("--minutes", type=click.FloatRange(0.1), default=30.0, show_default=True, help="How long.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def idle(minutes: float, keep: Path | None, as_json: bool) -> None:
    """Measure what an idle post costs. Needs root."""
    with _workplace(keep) as folder, Namespaces(folder / "logs") as namespaces:
        _show(IdleRun(folder / "run", minutes, namespaces, _Teller("idle")).measure(), as_json)


@bench.command()
@click.option("--cases", type=click.IntRange(1, 900), default=20, show_default=True, help="Of each manner.")
@click.option("--picture-kb", type=click.IntRange(400, 20_000), default=1_000, show_default=True, help="Its size, kB.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: disk images and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
def wear(cases: int, picture_kb: int, keep: Path | None, as_json: bool) -> None:
    """Bytes written to the disks of a post and a centre for each reported case with a picture. Needs root.

    Each has a small disk of its own, an ext4 file system on a loop device, whose counter of sectors written counts
    what reached it: databases, their logs, pictures and the file system's journal."""
    with (
        _workplace(keep) as folder,
        SmallDisks(folder / "run" / "centre", folder / "run" / "post") as disks,
        Namespaces(folder / "logs") as namespaces,
    ):
        run = WearRun(folder / "run", cases, picture_kb * 1000, namespaces, disks, _Teller("wear"))
        _show(run.measure(), as_json)


@bench.command()
@click.option("--seconds", type=click.FloatRange(2), default=20.0, show_default=True, help="For each kind.")
@click.option("--only", multiple=True, type=click.Choice(ALL), help="Only these kinds.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: databases and logs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
def hostile(seconds: float, only: tuple[str, ...], keep: Path | None, as_json: bool) -> None:
    """Measure an honest post that reports while another enrolled one sends the most costly messages. Needs root."""
    with _workplace(keep) as folder, Namespaces(folder / "logs") as namespaces:
        run = HostileRun(folder / "run", seconds, namespaces, _Teller("hostile"), only or ALL)
        figures = run.measure()
        if as_json:
            click.echo(json.dumps({**figures, "kinds": list(run.rows)}))
        else:
            _show(figures, as_json)


@bench.command("import")
@click.option("--rows", type=click.IntRange(100, 5_000_000), default=20_000, show_default=True, help="Rows of W1.")
@click.option("--runs", type=click.IntRange(1, 50), default=3, show_default=True, help="Runs; the median is shown.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: files and databases.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def import_(rows: int, runs: int, keep: Path | None, as_json: bool) -> None:
    """Measure the import of the same rows from JSON lines, CSV and a workbook: rows a second, and memory.

    Each time into a new post, by the command, in a process of its own."""
    with _workplace(keep) as folder:
        _show(measure_import(folder, rows, runs, _Teller("import")), as_json)


@bench.command("backup")
@click.option(
    "--cases", type=click.IntRange(100, 5_000_000), default=20_000, show_default=True, help="In the register."
)
@click.option(
    "--pictures", type=click.IntRange(1, 1_000_000), default=2_000, show_default=True, help="Attached to them."
)
@click.option("--picture-kb", type=click.IntRange(1, 60_000), default=250, show_default=True, help="Size of each, kB.")
@click.option("--keep", type=click.Path(path_type=Path), help="Work in this folder and keep it: centre, repositories.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
def backup(cases: int, pictures: int, picture_kb: int, keep: Path | None, as_json: bool) -> None:
    """Compare a centre's backup with plain `borg create` of the same bytes: time, size, a day's increment, reading
    back, restoring, and what people who work meanwhile notice."""
    with _workplace(keep) as folder:
        _show(measure_backup(folder, cases, pictures, picture_kb, _Teller("backup")), as_json)


@contextmanager
def _workplace(keep: Path | None) -> Iterator[Path]:
    """A folder to measure in, and every failure in words."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    folder = Path(tempfile.mkdtemp(prefix="diwan-bench-")) if keep is None else keep.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    except KeyboardInterrupt:
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(130)
    except (NoNamespaces, ProcessFailed, CommandFailed, NotAnswered, RegisterError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or folder}: {error.strerror}" if error.strerror else str(error))
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _show(figures: Figures, as_json: bool) -> None:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    if as_json:
        click.echo(json.dumps(rounded))
    else:
        click.echo("\n".join(f"{name:32} {_figure(value):>16}" for name, value in rounded.items()))


def _figure(value: float) -> str:
    """A figure to be read: counts without decimals, the thousands set apart."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.3f}"


@bench.command()
@click.option(
    "--cases", type=click.IntRange(100, 5_000_000), default=200_000, show_default=True, help="In the register."
)
@click.option("--rounds", type=click.IntRange(3, 1000), default=web_bench.ROUNDS, show_default=True, help="Per page.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object, the last line.")
@against_option
def web(cases: int, rounds: int, as_json: bool) -> None:
    """Measure pages of a post's console with a full register: milliseconds and sizes; and, in a browser over a thin
    line, the page of a new report: bytes that pass, and the time until it can be filled in.

    The generated register is kept in the system's folder for temporary files, for the next run."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    folder = Path(tempfile.gettempdir()) / f"diwan-bench-web-{os.getuid()}"
    say = _Teller("web")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        answered = web_bench.measure(web_bench.filled(folder, cases, say), rounds, say)
        visits = first_page.measure(say) if PROGRAM is not None else []
    except KeyboardInterrupt:
        click.echo("\nDiwan: ended.", err=True)
        sys.exit(130)
    except (ProcessFailed, CommandFailed, NotAnswered, RegisterError, BrowserError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or folder}: {error.strerror}" if error.strerror else str(error))
    else:
        click.echo(web_bench.shown(answered, cases), err=as_json)
        click.echo(first_page.shown(visits) if visits else first_page.NO_BROWSER, err=as_json)
        if as_json:
            pages = {one.name: asdict(one) for one in answered}
            click.echo(
                json.dumps({"cases": cases, "pages": pages, "report": {one.kind: asdict(one) for one in visits}})
            )


@bench.command()
@click.option("--run", "to_run", is_flag=True, help="Measure first, and keep the results. Needs root and a quiet hour.")
@click.option("--only", multiple=True, type=click.Choice(list(MEASURED)), help="Measure only these.")
@click.option("--note", default="", help="A sentence beside the results: what else went on.")
def report(to_run: bool, only: tuple[str, ...], note: str) -> None:
    """Draw the tables and plots of docs/benchmarks.md from the results kept in docs/benchmarks."""
    try:
        if to_run:
            with _workplace(None) as folder:
                for name in only or MEASURED:
                    path = results.keep(replace(measure(name, folder, _Teller(name)), note=note))
                    click.echo(f"Diwan: {name}: kept in {path}", err=True)
        for path in drawing.write(results.kept()):
            click.echo(str(path))
    except drawing.NoSuchResult as error:
        _fail(str(error))


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
