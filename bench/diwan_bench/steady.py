"""A post in one process that reports at a steady pace and notes when each case was receipted by the centre.

    python -m diwan_bench.steady --dir POST --rows W1.jsonl --rate 10 --out moments

Saves and exchanges in turn, as officer and agent would, until SIGTERM; says "receipted" with its first receipt. Writes
a line `epoch seq committed_ns receipted_ns` for each case saved while its session stood.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from diwan_core.exchange.loop import Stop
from diwan_core.register import Edit

from diwan_bench.agent import Agent
from diwan_bench.live import documents

ENDS_WITHIN_S: Final = 30.0


def reports(agent: Agent, cases: Iterable[dict[str, Any]], rate: float, stop: Stop) -> Iterator[str]:
    """Save `cases` at `rate` a second until asked to stop, and exchange; a line for each receipted."""
    open_: list[tuple[str, int, int]] = []
    given = iter(cases)
    due, last, said = time.monotonic(), float("inf"), False
    while not stop.asked or (open_ and time.monotonic() < last):
        now = time.monotonic()
        if stop.asked:
            last = min(last, now + ENDS_WITHIN_S)
        elif now >= due and agent.carrier.up:
            due = max(due + 1 / rate, now)
            epoch, seq = agent.register.save([Edit("case", next(given))], author="officer").ref
            open_.append((epoch, seq, agent.register.committed_ns))
            agent.exchange.woken()
        agent.turn(max(0.0, min(due - time.monotonic(), 0.05)))
        told = time.time_ns()
        while open_ and agent.stored.get(open_[0][0], 0) >= open_[0][1]:
            epoch, seq, committed = open_.pop(0)
            if not said:
                print("receipted", flush=True)
                said = True
            yield f"{epoch} {seq} {committed} {told}"


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--rows", type=Path, required=True)
    options.add_argument("--rate", type=float, required=True)
    options.add_argument("--out", type=Path, required=True)
    given = options.parse_args()
    cases = documents(given.rows)
    stop = Stop()
    with Agent.of(given.dir) as agent:
        moments = list(reports(agent, cycle(cases), given.rate, stop))
    given.out.write_text("".join(f"{line}\n" for line in moments), encoding="ascii")


if __name__ == "__main__":
    main()
