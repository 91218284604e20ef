"""The command `diwan simulate`: a whole country in one thread, from a seed, with faults (`tests/simulation`)."""

import os
import sys

import click

from diwan_lab.checks import ROOT

SOME = click.IntRange(1)
"""A run of no step, or a series of no run, would say that nothing was wrong."""


@click.command()
@click.option("--seed", default=1, show_default=True, help="Seed of the first run; the next runs count up from it.")
@click.option(
    "--runs", type=SOME, default=1, show_default=True, help="How many runs, each with a mix of faults of its own."
)
@click.option(
    "--steps", type=SOME, default=300, show_default=True, help="Steps of each run: what people do, and faults."
)
@click.option("--enough", type=SOME, help="Faults after which a run ends, before all its steps are done.")
@click.option("--posts", type=SOME, default=3, show_default=True, help="How many posts the country has at first.")
@click.option(
    "--jobs", type=SOME, default=1, show_default=True, help="How many runs at a time, each in a process of its own."
)
@click.option("--shrink", is_flag=True, help="Make a run that fails shorter, and print it as a test.")
@click.option("--scopes", is_flag=True, help="Also what an administration says of who reads what.")
@click.option("--coverage", is_flag=True, help="Print which kinds of steps never met which states.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON object at the end on standard output, and a line for each run on standard error.",
)
def simulate(
    seed: int,
    runs: int,
    steps: int,
    enough: int | None,
    posts: int,
    jobs: int,
    shrink: bool,
    scopes: bool,
    coverage: bool,
    as_json: bool,
) -> None:
    """Let faults happen to a simulated country; the same seed gives the same run.

    Exit code 0: nothing was lost, doubled, different or miscounted, and every run came to rest; 1: something was."""
    argv = [sys.executable, "-m", "tests.simulation", "--seed", str(seed), "--runs", str(runs), "--steps", str(steps)]
    argv += [
        "--posts",
        str(posts),
        "--jobs",
        str(jobs),
        *(["--enough", str(enough)] if enough is not None else []),
        *(["--shrink"] if shrink else []),
        *(["--scopes"] if scopes else []),
        *(["--coverage"] if coverage else []),
        *(["--json"] if as_json else []),
    ]
    os.chdir(ROOT)
    os.execve(argv[0], argv, {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606  the process becomes the simulation
