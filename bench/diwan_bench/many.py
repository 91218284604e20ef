"""Runs many posts on a small machine: each with its own folder, keys, register and session, fifty in one process.

    python -m diwan_bench.many setup --dir MANY --posts 200 --central-dir CENTRE --central URL --rows W1.jsonl --each 5
    python -m diwan_bench.many run --dir MANY --part 1/4 --signals DIR --rows W1.jsonl --each 10 --out FILE

`setup` enrols them and saves a few cases at each. `run` brings its part of them up and says "sent" when each has its
receipts; they go on reading what the others sent. When the file `outage` appears in the signals' folder it saves cases
at each, says "saved", and lets them find the broker again by themselves, as agents do. It writes to FILE when the
session of each stood again and when each had its last receipt (ns since 1970), says "receipted", and goes on until the
file `end` appears. Two hundred agents as processes would need 12 GB and measure this machine's scheduler instead of
the centre.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from diwan_core.cli import main as diwan
from diwan_core.register import Edit, Register
from diwan_lab.command import grouped_secret
from diwan_lab.joining import CONFIRMER, add_confirmer
from diwan_lab.revoked import node_id

from diwan_bench.agent import Agent
from diwan_bench.live import documents

TURN_S: Final = 0.02
READERS: Final = 5
"""How many of a process's posts take others' rows in one turn: each has a processor of its own in life, and none waits
for the others' registers before it hears its receipts."""
SPREAD_S: Final = 5.0
LOOK_S: Final = 0.25
STEP_BACK: Final = 10
"""Niceness: a tenth of the processor's time beside a process of the centre that wants it."""
OUTAGE: Final = "outage"
END: Final = "end"


def call(*arguments: str | Path) -> str:
    """One `diwan` command in this process; what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        diwan([str(argument) for argument in arguments], standalone_mode=False)
    return said.getvalue()


def set_up(folder: Path, posts: int, centre: Path, console: str, rows: Path, each: int) -> None:
    """Make, enrol and fill the posts."""
    cases = iter(documents(rows))
    add_confirmer(centre)
    for number in range(1, posts + 1):
        post = folder / f"{number:03}"
        call(
            "post",
            "init",
            "--dir",
            post,
            "--label",
            f"Post {number}",
            "--office",
            "JOAQJ",
            "--port",
            "9999",
            "--no-tls",
        )
        code = grouped_secret(
            call("central", "code", "--dir", centre, "--label", f"Post {number}", "--office", "JOAQJ")
        )
        words = json.loads(call("enrol", "--dir", post, "--central", console, code, "--json"))["words"]
        call("central", "confirm", node_id(post), *words.split(), "--by", CONFIRMER, "--dir", centre)
        with Register.open(post, role="writer") as register:
            save(register, list(islice(cases, each)))


def save(register: Register, cases: Sequence[dict[str, Any]]) -> None:
    """One by one, as officers do."""
    for case in cases:
        register.save([Edit("case", case)], author="officer")


class Posts:
    """The agents of one process."""

    def __init__(self, agents: Sequence[Agent]) -> None:
        self._agents = agents
        self.up_ns: list[int] = [0] * len(agents)
        self.receipted_ns: list[int] = [0] * len(agents)

    def until(self, done: Callable[[], bool], starts: Sequence[float] = ()) -> None:
        """Turn them all, those that have started, until `done`, which is asked a few times a second."""
        looked = time.monotonic()
        readers = cycle(range(len(self._agents)))
        while True:
            now = time.monotonic()
            reading = set(islice(readers, READERS))
            for at, agent in enumerate(self._agents):
                if not starts or starts[at] <= now:
                    agent.turn(feed=at in reading)
            if now - looked >= LOOK_S:
                looked = now
                if done():
                    return
            time.sleep(max(0.0, TURN_S - (time.monotonic() - now)))

    def have_sent(self) -> bool:
        """Whether all have their receipts."""
        return not any(agent.unreceipted() for agent in self._agents)

    def are_down(self) -> bool:
        """Whether no session stands."""
        return not any(agent.carrier.up for agent in self._agents)

    def save(self, cases: Sequence[dict[str, Any]], each: int) -> None:
        """So many of `cases` at each."""
        for at, agent in enumerate(self._agents):
            save(agent.register, cases[at * each : at * each + each])
            agent.exchange.woken()

    def have_receipts(self) -> bool:
        """Whether all have come back and are receipted; notes when each was first seen to be."""
        now = time.time_ns()
        for at, agent in enumerate(self._agents):
            if not self.up_ns[at] and agent.carrier.up:
                self.up_ns[at] = now
            if self.up_ns[at] and not self.receipted_ns[at] and not agent.unreceipted():
                self.receipted_ns[at] = now
        return all(self.receipted_ns)


def run(part: Sequence[Path], signals: Path, cases: Sequence[dict[str, Any]], each: int, out: Path) -> None:
    """See the module."""
    chance = random.Random(1)
    with ExitStack() as stack:
        posts = Posts([stack.enter_context(Agent.of(folder)) for folder in part])
        began = time.monotonic()
        posts.until(posts.have_sent, [began + chance.uniform(0, SPREAD_S) for _ in part])
        print("sent", flush=True)
        posts.until(lambda: (signals / OUTAGE).exists() and posts.are_down())
        posts.save(cases, each)
        print("saved", flush=True)
        step_back()
        posts.until(posts.have_receipts)
        out.write_text(json.dumps({"up": posts.up_ns, "receipted": posts.receipted_ns}), encoding="ascii")
        print("receipted", flush=True)
        posts.until((signals / END).exists)


def step_back() -> None:
    """The posts are other machines in life: what they cost must not be taken from the centre's.

    A kernel that schedules by sessions (sched(7), "The autogroup feature") looks at the session's niceness only."""
    os.nice(STEP_BACK)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(STEP_BACK), encoding="ascii")


def main() -> None:
    """The commands above."""
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=("setup", "run"))
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--rows", type=Path, required=True)
    options.add_argument("--each", type=int, required=True)
    options.add_argument("--posts", type=int, default=0)
    options.add_argument("--central-dir", type=Path)
    options.add_argument("--central", default="")
    options.add_argument("--part", default="1/1")
    options.add_argument("--signals", type=Path)
    options.add_argument("--out", type=Path)
    given = options.parse_args()
    if given.what == "setup":
        given.dir.mkdir()
        set_up(given.dir, given.posts, given.central_dir, given.central, given.rows, given.each)
        return
    number, parts = map(int, given.part.split("/"))
    part = sorted(given.dir.iterdir())[number - 1 :: parts]
    cases = documents(given.rows)
    mine = cases[(number - 1) * len(cases) // parts :]
    run(part, given.signals, mine, given.each, given.out)


if __name__ == "__main__":
    main()
