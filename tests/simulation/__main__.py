"""What `./diwan simulate` does; it sets PYTHONHASHSEED, by which sets are in the same order each time."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.simulation.plan import Step, plan
from tests.simulation.run import Outcome
from tests.simulation.runs import simulate
from tests.simulation.shrink import as_test, shrunk


def main() -> int:
    """0: nothing was lost, doubled, different or miscounted, and every run came to rest. 1: something was. 2: wrong
    use."""
    asked = _asked()
    logging.disable(logging.CRITICAL)
    total: Counter[str] = Counter()
    bad, acknowledged, began = 0, 0, time.monotonic()
    for seed in range(asked.seed, asked.seed + asked.runs):
        steps = plan(seed, asked.steps)
        outcome = _run(seed, steps, asked.posts)
        total.update(outcome.faults)
        acknowledged += outcome.acknowledged
        bad += not outcome.good
        if not asked.json:
            print(_line(outcome), flush=True)
        if not outcome.good and asked.shrink:
            print(as_test(seed, _shortest(seed, steps, asked.posts), outcome.words))
    seconds = time.monotonic() - began
    faults = sum(total.values())
    result = {
        "seed": asked.seed, "runs": asked.runs, "faults": faults, "acknowledged": acknowledged, "bad": bad,
        "seconds": round(seconds, 1), "faults_a_second": round(faults / seconds, 1),
        "kinds": dict(sorted(total.items())),
    }  # fmt: skip
    print(json.dumps(result) if asked.json else f"{faults} faults, {acknowledged} saves acknowledged, {bad} runs bad")
    return 1 if bad else 0


def _run(seed: int, steps: list[Step], posts: int) -> Outcome:
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="diwan-simulate-", dir=shared if os.access(shared, os.W_OK) else None
    ) as at:
        return simulate(seed, steps, Path(at), posts)


def _shortest(seed: int, steps: list[Step], posts: int) -> list[Step]:
    def fails(kept: list[Step]) -> bool:
        return not _run(seed, kept, posts).good

    return shrunk(steps, fails)


def _line(outcome: Outcome) -> str:
    what = "well" if outcome.good else "; ".join(outcome.words)[:1000]
    faults = sum(outcome.faults.values())
    return f"seed {outcome.seed}: {faults} faults, {outcome.acknowledged} saves, at rest after {outcome.rounds}: {what}"


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="diwan simulate", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="The first run's seed; the next ones count up.")
    parser.add_argument("--runs", type=int, default=1, help="How many runs, each with a mix of its own.")
    parser.add_argument("--steps", type=int, default=300, help="Steps of each run: what people do, and faults.")
    parser.add_argument("--posts", type=int, default=3, help="Posts of the country at first.")
    parser.add_argument("--shrink", action="store_true", help="Make a failing run shorter and print it as a test.")
    parser.add_argument("--json", action="store_true", help="One JSON object at the end.")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
