"""The option `--against COMMIT` of `diwan bench …`: the same benchmark of another commit and of this tree, in turns.

Rates of two runs on one machine differ by what else the machine does meanwhile. In turns (that commit, this tree,
that commit, this tree) both meet the same, and the ratio of two runs that follow each other says more than a rate."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource
from diwan_lab.command import CommandFailed, program

from diwan_bench.paths import BENCH
from diwan_bench.results import machine

TURN_S: Final = 3600.0
"""A run that takes longer is ended."""
_NOT_PASSED_ON: Final = frozenset({"against", "turns", "as_json", "keep", "runs"})
_SINCE_RENAMED: Final = {"bulk_from_first_commit_per_second": "bulk_changes_per_second"}
"""Figures of ours that a commit before them measured under another name: there the clock of the bulk phase began at the
first commit, which was that of a thousand rows; now it begins at the first row."""

Say = Callable[[str], None]
Figures = dict[str, float]


@dataclass(frozen=True)
class Ratio:
    """One figure of both, medians, and this tree's in times of the other's: the median of the turns, least and most."""

    name: str
    other: float
    ours: float
    ratio: float
    least: float
    most: float


def against_option(command: Callable[..., None]) -> Callable[..., None]:
    """Let a benchmark that prints its figures with `--json` be run in turns with another commit's."""

    @click.option("--against", metavar="COMMIT", help="Run this commit's benchmark and ours in turns; needs git.")
    @click.option(
        "--turns", type=click.IntRange(1, 50), default=3, show_default=True, help="With --against: runs of each."
    )
    @click.pass_context
    @wraps(command)
    def run(context: click.Context, /, against: str | None, turns: int, **given: Any) -> None:
        if against is None:
            context.invoke(command, **given)
            return
        compare(context, against, turns, as_json=bool(given["as_json"]))

    return run


def compare(context: click.Context, commit: str, turns: int, *, as_json: bool) -> None:
    """Run both in turns and print the ratios. Ends the command with the reason where one of them fails."""

    def say(text: str) -> None:
        click.echo(f"Diwan: {text}", err=True)

    try:
        name, folder = prepared(commit, say)
        compile_modules(BENCH.parent, sys.executable)
        compile_modules(folder, folder / ".venv" / "bin" / "python")
        measured = list(_turns(str(folder / "diwan"), _arguments(context), turns, name, say))
    except (CommandFailed, OSError, subprocess.SubprocessError) as error:
        raise click.ClickException(str(error)) from error
    found = ratios(measured)
    click.echo(table(found, name, turns), err=as_json)
    if as_json:
        answer = {"machine": machine(), "against": name, "turns": turns}
        lines = {one.name: [round(value, 3) for value in (one.other, one.ours, one.ratio, one.least, one.most)]
                 for one in found}  # fmt: skip
        click.echo(json.dumps({**answer, "other, ours, ratio, least, most": lines}))


def cache() -> Path:
    """Where other commits' trees are kept with their environments: outside this tree, for the next comparison."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "diwan-bench"


def prepared(commit: str, say: Say, repository: Path = BENCH.parent) -> tuple[str, Path]:
    """The commit's full name, and the folder of its files, in which its own launcher has made its environment. Raises
    CommandFailed."""
    name = _git(repository, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").decode().strip()
    folder = cache() / name
    if not folder.exists():
        say(f"writing the files of {name[:12]} to {folder}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        subprocess.run(["tar", "-x", "-C", unfinished], input=_git(repository, "archive", name), check=True)
        unfinished.rename(folder)
    _run([str(folder / "diwan"), "bench", "--help"])
    return name, folder


def compile_modules(tree: Path, python: str | Path) -> None:
    """Write the bytecode of a tree's modules. Where it is missing, each process compiles what it imports: in the first
    turn, or, where PYTHONDONTWRITEBYTECODE is set, at each start, which costs a second and some megabytes."""
    units = sorted(path.parent for path in tree.glob("*/pyproject.toml"))
    subprocess.run([python, "-m", "compileall", "-q", *units], check=False, capture_output=True, env=environment())


def environment() -> dict[str, str]:
    """That of both benchmarks: ours, but bytecode is kept, as on a post."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _git(repository: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise CommandFailed(said or f"there is no commit {arguments[-1].removesuffix('^{commit}')} in {repository}")
    return done.stdout


def _arguments(context: click.Context) -> list[str]:
    """The benchmark's name and the options a person gave it, without those of the comparison; one run each."""
    given: list[str] = [str(context.info_name)]
    for parameter in context.command.params:
        name = parameter.name or ""
        typed = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if name == "runs":
            given += [parameter.opts[0], "1"]
        elif typed and isinstance(parameter, click.Option) and parameter.is_flag and name not in _NOT_PASSED_ON:
            given.append(parameter.opts[0])
        elif typed and name not in _NOT_PASSED_ON:
            given += [parameter.opts[0], str(context.params[name])]
    return given


def _turns(other: str, arguments: Sequence[str], turns: int, name: str, say: Say) -> Iterator[tuple[Figures, Figures]]:
    for turn in range(1, turns + 1):
        say(f"turn {turn} of {turns}: {name[:12]}")
        theirs = _figures(_run([other, "bench", *arguments, "--json"]))
        say(f"turn {turn} of {turns}: this tree")
        yield theirs, _figures(_run([program(), "bench", *arguments, "--json"]))


def _run(argv: Sequence[str]) -> str:
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=TURN_S, stdin=subprocess.DEVNULL, env=environment()
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise CommandFailed(f"{argv[0]} {' '.join(argv[1:3])}: {said[-1]}")
    return done.stdout


def _figures(printed: str) -> Figures:
    """The numbers of a benchmark's last line; those within another object under both names."""
    return dict(_flat(json.loads(printed.strip().splitlines()[-1]), ""))


def _flat(held: Mapping[str, Any], before: str) -> Iterator[tuple[str, float]]:
    for name, value in held.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}: ")
        elif isinstance(value, int | float):
            yield f"{before}{name}", float(value)


def ratios(measured: Sequence[tuple[Figures, Figures]]) -> list[Ratio]:
    """Each figure that both have, in our order."""
    found: list[Ratio] = []
    theirs, ours = measured[0]
    for name in ours:
        old = name if name in theirs else _SINCE_RENAMED.get(name, "")
        if old not in theirs or (name in _SINCE_RENAMED.values() and _is_renamed(theirs)):
            continue
        pairs = [(before[old], after[name]) for before, after in measured]
        each = [after / before for before, after in pairs if before]
        if each:
            other, mine = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            found.append(Ratio(name, other, mine, statistics.median(each), min(each), max(each)))
    return found


def _is_renamed(theirs: Figures) -> bool:
    return not any(name in theirs for name in _SINCE_RENAMED)


def table(found: Sequence[Ratio], name: str, turns: int) -> str:
    """The comparison as a person reads it."""
    lines = [
        f"{machine()}; {turns} turns",
        f"{'':44}{name[:12]:>14}{'this tree':>14}{'ratio':>8}{'least':>8}{'most':>8}",
    ]
    lines += [
        f"{one.name:44}{one.other:>14,.2f}{one.ours:>14,.2f}{one.ratio:>8.2f}{one.least:>8.2f}{one.most:>8.2f}"
        for one in found
    ]
    return "\n".join(lines)
