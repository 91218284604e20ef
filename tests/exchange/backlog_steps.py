"""Measures the processor time of each transaction in which a backlog is taken, at the centre and at another post.

    python -m tests.exchange.backlog_steps --rows 16000 --most 8000 --turns 2

With more than `--most` records pending in the search index, some are indexed: within the transactions that add to
them, or between these. Both in one process, in turns, so that what else the machine does meets both. What a save waits
for is the longest of them."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from diwan_appliance import agent
from diwan_bench import w1gen
from diwan_bench.live import documents
from diwan_central.exchange.admission_queue import Turns
from diwan_core.exchange.post.feed_pacing import FEED_BYTES
from diwan_core.register.index import pending
from diwan_core.register.search import index_later

from tests.exchange.network import Network, network

AT_ONCE = 1_000


@dataclass
class Steps:
    """Seconds of processor time of each transaction of one node: with rows, and those that only index."""

    rows: list[float] = field(default_factory=list)
    index: list[float] = field(default_factory=list)


class Backlog:
    """A backlog of the first post of `net` on its way to the centre and to the second one."""

    def __init__(self, net: Network, *, between: bool) -> None:
        self._net, self._between = net, between
        self._turns = Turns()
        self.ingest, self.reader = Steps(), Steps()

    def turn(self) -> bool:
        """One turn of each process; whether anything is left."""
        sender = self._net.posts[0]
        self._turns.add(sender.exchange.outgoing())
        if self._turns:
            self._admit()
        for clock in (self._net.clock, sender.clock):
            clock.now += 0.06
        for topic, payload in self._net.inbox.receipts():
            self._net.ingest_carrier.publish(topic, payload)
        sender.exchange.handle(sender.carrier.poll(0))
        for topic, payload in self._net.relay.live():
            self._net.relay_carrier.publish(topic, payload)
        self._read()
        return bool(self._turns) or not sender.exchange.outbox.idle

    def _admit(self) -> None:
        began = time.process_time()
        if self._between and index_later.index_between(self._net.register.store):
            self.ingest.index.append(time.process_time() - began)
            return
        first, *others = self._turns.next().messages
        self._turns.put_back(others)  # one parcel at a time, as beside a post that reports
        self._net.inbox.handle([first])
        self.ingest.rows.append(time.process_time() - began)

    def _read(self) -> None:
        exchange = self._net.posts[1].exchange
        exchange.handle(exchange.paced.set_aside(self._net.posts[1].carrier.poll(0)))
        while exchange.paced or exchange.feed.left:
            before, began = exchange.feed.cursor(exchange.register.store.connection), time.process_time()
            agent.take_some(exchange)
            spent = time.process_time() - began
            taken = exchange.feed.cursor(exchange.register.store.connection) != before
            (self.reader.rows if taken else self.reader.index).append(spent)


def measure(rows: int, *, between: bool) -> Backlog:
    """Take a backlog of so many rows of W1."""
    with tempfile.TemporaryDirectory() as made:
        w1gen.write(Path(made) / "w1.jsonl", rows, 1)
        cases = documents(Path(made) / "w1.jsonl")
        with network(Path(made) / "nodes", posts=2) as net:
            net.settle()
            net.posts[1].exchange.feed.step = FEED_BYTES
            for at in range(0, rows, AT_ONCE):
                net.posts[0].save(*cases[at : at + AT_ONCE])
            backlog = Backlog(net, between=between)
            while backlog.turn():
                pass
            assert net.register.count("case") == net.posts[1].register.count("case") == rows
    return backlog


def told(seconds: Sequence[float]) -> str:
    """Median and longest, in ms; of the second half, in which some are indexed."""
    late = seconds[len(seconds) // 2 :]
    return f"{statistics.median(late) * 1e3:.0f}; {max(late) * 1e3:.0f}" if late else "none"


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    for name, value in (("rows", 16_000), ("most", 8_000), ("turns", 2)):
        options.add_argument(f"--{name}", type=int, default=value)
    given = options.parse_args()
    for between in (False, True) * given.turns:
        with (
            patch.object(pending, "MOST", given.most),
            patch.object(index_later, "MOST", given.most),
            patch.object(agent, "index_between", index_later.index_between if between else lambda _: False),
        ):
            found = measure(given.rows, between=between)
        print("between" if between else "within")
        for name, steps in (("ingest", found.ingest), ("reader", found.reader)):
            spent = (sum(steps.rows) + sum(steps.index)) / given.rows
            print(
                f"  {name}: with rows {told(steps.rows)} ms, index {told(steps.index)} ms, {spent * 1e6:.0f} µs a row"
            )


if __name__ == "__main__":
    main()
