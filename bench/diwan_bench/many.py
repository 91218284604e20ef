"""Many posts on a small machine: each with its own folder, keys, register and session, all in one process.

    python -m diwan_bench.many setup --dir MANY --posts 200 --central-dir CENTRE --central URL --rows W1.jsonl --each 50
    python -m diwan_bench.many run --dir MANY --within 60

`setup` enrols them and saves cases at each while none has a line. `run` brings them up one after another within so many
seconds, says "up", and prints when the last receipt came, in ns since 1970. Two hundred agents as processes
would measure this machine's memory instead of the centre.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import time
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.cli import main as diwan
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.post import PostExchange
from diwan_core.register import Edit, Register
from diwan_core.trust import ScopeKeyring
from diwan_core.trust.tls import client_context
from diwan_lab.command import grouped_secret

from diwan_bench.live import documents

TURN_S: Final = 0.01


def call(*arguments: str | Path) -> str:
    """One `diwan` command in this process; what it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        diwan([str(argument) for argument in arguments], standalone_mode=False)
    return said.getvalue()


def set_up(folder: Path, posts: int, centre: Path, console: str, rows: Path, each: int) -> None:
    """Make, enrol and fill the posts."""
    cases = iter(documents(rows))
    for number in range(1, posts + 1):
        post = folder / f"{number:03}"
        call("post", "init", "--dir", post, "--label", f"Post {number}", "--office", "JOAQJ", "--port", "9999")
        code = grouped_secret(call("central", "code", "--dir", centre, "--label", f"Post {number}"))
        call("enrol", "--dir", post, "--central", console, code)
        with Register.open(post, role="writer") as register:
            register.save_many([[Edit("case", case)] for case in islice(cases, each)], author="officer")


@dataclass
class Agent:
    """What `diwan post agent` does, without a process of its own."""

    register: Register
    exchange: PostExchange
    carrier: MqttCarrier
    starts: float

    @classmethod
    def of(cls, folder: Path, starts: float) -> Agent:
        config = node.load(folder, role="post")
        register = Register.open(folder, role="writer")
        if register.keys is None:
            raise TypeError("a writer has keys")
        exchange = PostExchange(
            register, register.keys, ScopeKeyring(folder), take_ledger=lambda entries: take_entries(register, entries)
        )
        carrier = MqttCarrier(
            config.id, config.broker_host, config.broker_port, partial(client_context, folder),
            exchange.subscriptions(), exchange.came_up,
        )  # fmt: skip
        return cls(register, exchange, carrier, starts)

    def turn(self) -> None:
        """One turn of its loop, without waiting."""
        self.exchange.handle(self.carrier.poll(0.0))
        if self.carrier.up:
            for topic, payload in self.exchange.outgoing():
                self.carrier.publish(topic, payload)
        self.exchange.flush()

    def unreceipted(self) -> int:
        """Rows without a receipt."""
        return int(self.register.store.one("SELECT coalesce(sum(seq - stored), 0) FROM epoch WHERE own=1"))


def run(folder: Path, within: float) -> int:
    """Bring all up within so many seconds and exchange until each has its last receipt; that moment, ns."""
    chance = random.Random(1)
    began = time.monotonic()
    agents = [Agent.of(post, began + chance.uniform(0, within)) for post in sorted(folder.iterdir())]
    open_ = list(agents)
    while open_:
        now = time.monotonic()
        for agent in agents:
            if agent.starts <= now:
                agent.turn()
        open_ = [agent for agent in open_ if agent.starts > now or agent.unreceipted()]
        time.sleep(max(0.0, TURN_S - (time.monotonic() - now)))
    ended = time.time_ns()
    for agent in agents:
        agent.carrier.close()
        agent.register.close()
    return ended


def main() -> None:
    """The commands above."""
    options = argparse.ArgumentParser()
    options.add_argument("what", choices=("setup", "run"))
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--posts", type=int, default=0)
    options.add_argument("--central-dir", type=Path)
    options.add_argument("--central", default="")
    options.add_argument("--rows", type=Path)
    options.add_argument("--each", type=int, default=0)
    options.add_argument("--within", type=float, default=60.0)
    given = options.parse_args()
    if given.what == "setup":
        given.dir.mkdir()
        set_up(given.dir, given.posts, given.central_dir, given.central, given.rows, given.each)
    else:
        print("up", flush=True)
        print(run(given.dir, given.within), flush=True)


if __name__ == "__main__":
    main()
