"""What `./diwan simulate` does; it sets PYTHONHASHSEED, by which sets are in the same order each time."""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import InvalidStateError, ProcessPoolExecutor
from contextlib import ExitStack
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from tests.simulation import plan as plans
from tests.simulation import runs, runs_of_scopes
from tests.simulation.coverage import Coverage, as_table
from tests.simulation.plan import Step
from tests.simulation.run import Outcome
from tests.simulation.runs import KINDS
from tests.simulation.runs_of_scopes import KINDS_HERE as KINDS_OF_SCOPES
from tests.simulation.shrink import as_test, shrunk

ENDED: Final = 130
"""Exit code after Ctrl-C, as of a shell."""


def main() -> int:
    """0: nothing was lost, doubled, different or miscounted, and every run came to rest. 1: something was. 2: wrong
    use."""
    asked = _asked()
    logging.disable(logging.CRITICAL)
    shared = Path("/dev/shm")
    within = shared if os.access(shared, os.W_OK) else None
    try:
        with tempfile.TemporaryDirectory(prefix="diwan-simulate-", dir=within) as folder:
            return _simulate(asked, folder)
    except KeyboardInterrupt:
        print("\nDiwan: ended.", file=sys.stderr)
        return ENDED


def _simulate(asked: argparse.Namespace, folder: str) -> int:
    """Carry out the runs below a folder, and say what came of them; the exit code."""
    kinds = KINDS_OF_SCOPES if asked.scopes else KINDS
    total: Counter[str] = Counter()
    coverage = Coverage()
    bad, acknowledged, began = 0, 0, time.monotonic()
    for outcome in _outcomes(asked, folder):
        total.update(outcome.faults)
        acknowledged += outcome.acknowledged
        coverage.add(outcome.reached)
        bad += not outcome.good
        print(_line(outcome), file=sys.stderr if asked.json else sys.stdout, flush=True)
        if not outcome.good and asked.shrink:
            print(_shortest(outcome, asked, folder))
    seconds = time.monotonic() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    faults = sum(total.values())
    result = {
        "seed": asked.seed, "runs": asked.runs, "steps": asked.steps, "enough": asked.enough,
        "posts": asked.posts, "faults": faults,
        "acknowledged": acknowledged, "bad": bad, "seconds": round(seconds, 1),
        "faults_a_second": round(faults / seconds, 1),
        "processor_seconds": round(sum(one.ru_utime + one.ru_stime for one in used), 1),
        "kinds": dict(sorted(total.items())),
        **({"scopes": True} if asked.scopes else {}),
    }  # fmt: skip
    if asked.coverage:
        result["never"] = coverage.never(kinds)
        if not asked.json:
            print(as_table(coverage, kinds))
    print(json.dumps(result) if asked.json else _sum(faults, acknowledged, bad))
    return 1 if bad else 0


def _outcomes(asked: argparse.Namespace, folder: str) -> Iterator[Outcome]:
    """Of each run, in the order of their seeds."""
    seeds = range(asked.seed, asked.seed + asked.runs)
    with ExitStack() as stack:
        one_by_one: Callable[..., Iterator[Outcome]] = map
        if asked.jobs > 1:
            threading.excepthook = _of_a_thread
            processes = ProcessPoolExecutor(  # Ctrl-C reaches all of them, and only this one says so
                min(asked.jobs, asked.runs), get_context("fork"), signal.signal, (signal.SIGINT, signal.SIG_DFL)
            )
            one_by_one = stack.enter_context(processes).map
        run = partial(
            _run_of_plan, steps=asked.steps, posts=asked.posts, enough=asked.enough, counted=asked.coverage,
            scopes=asked.scopes, folder=folder,
        )  # fmt: skip
        yield from one_by_one(run, seeds)


def _of_a_thread(failed: threading.ExceptHookArgs) -> None:
    """After Ctrl-C the thread of Python's own pool of processes fails at runs that were cancelled."""
    if failed.exc_type is not InvalidStateError:
        threading.__excepthook__(failed)


def _run_of_plan(
    seed: int, steps: int, posts: int, enough: int | None, *, counted: bool, scopes: bool, folder: str
) -> Outcome:
    coverage = Coverage() if counted else None
    outcome = _run(seed, _planned(seed, steps, scopes=scopes), posts, folder, coverage, enough, scopes=scopes)
    outcome.reached = coverage.reached if coverage is not None else outcome.reached
    return outcome


def _planned(seed: int, steps: int, *, scopes: bool) -> list[Step]:
    return runs_of_scopes.plan(seed, steps) if scopes else plans.plan(seed, steps)


def _run(
    seed: int,
    steps: list[Step],
    posts: int,
    folder: str,
    coverage: Coverage | None = None,
    enough: int | None = None,
    *,
    scopes: bool = False,
) -> Outcome:
    with tempfile.TemporaryDirectory(dir=folder) as at:
        try:
            simulate = runs_of_scopes.simulate if scopes else runs.simulate
            return simulate(seed, steps, Path(at), posts, coverage, enough)
        except Exception as error:  # noqa: BLE001  whatever it is, it is what this run has found
            where = " < ".join(
                f"{one.name} {one.lineno}" for one in reversed(traceback.extract_tb(error.__traceback__))
            )
            return Outcome(seed, words=[f"{error!r} in {where}"])


def _shortest(outcome: Outcome, asked: argparse.Namespace, folder: str) -> str:
    """The shortest plan found that fails as a run did, as a test."""

    def fails(kept: list[Step]) -> bool:
        return not _run(outcome.seed, kept, asked.posts, folder, scopes=asked.scopes).good

    planned = _planned(outcome.seed, asked.steps, scopes=asked.scopes)
    steps = shrunk(planned[: outcome.steps] or planned, fails)  # the others did not happen any more
    return as_test(outcome.seed, steps, outcome.words, asked.posts, scopes=asked.scopes)


def _line(outcome: Outcome) -> str:
    what = "nothing wrong" if outcome.good else "; ".join(outcome.words)[:1000]
    faults = sum(outcome.faults.values())
    done = f"{faults} faults, {outcome.acknowledged} saves, {outcome.rounds} rounds at the end"
    return f"seed {outcome.seed}: {done}: {what}"


def _sum(faults: int, acknowledged: int, bad: int) -> str:
    return f"{faults} faults, {acknowledged} saves acknowledged; runs in which something was wrong: {bad}"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="diwan simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="The first run's seed; the next ones count up.")
    parser.add_argument("--runs", type=int, default=1, help="How many runs, each with a mix of its own.")
    parser.add_argument("--steps", type=int, default=300, help="Steps of each run: what people do, and faults.")
    parser.add_argument("--enough", type=int, help="Faults after which a run has had enough, before all its steps.")
    parser.add_argument("--posts", type=int, default=3, help="Posts of the country at first.")
    parser.add_argument("--jobs", type=int, default=1, help="So many runs at a time, each in a process of its own.")
    parser.add_argument("--shrink", action="store_true", help="Make a failing run shorter and print it as a test.")
    parser.add_argument("--coverage", action="store_true", help="Print what was never reached.")
    parser.add_argument("--scopes", action="store_true", help="Also what an administration says of who reads what.")
    parser.add_argument("--json", action="store_true", help="One JSON object at the end on standard output.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
