"""A post whose keys are in wrong hands: enrolled and confirmed like any other, it sends what it likes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Final

from diwan_appliance import setup as post_setup
from diwan_bench.hostile_kinds import KINDS, Sent, Thief
from diwan_core.exchange.wire import topics

from tests.simulation.nodes import PostNode
from tests.simulation.run import Run

SCALE: Final = 0.003
"""What part of the rows that could be in its parcels are: those hundreds of rows cost time and reach nothing else."""
NAME: Final = "thief"


class Hostile:
    """The thief of one country, and what it has begun to send: each kind as an epoch of its own."""

    def __init__(self, post: PostNode) -> None:
        self.post = post
        self._begun: dict[str, Iterator[Sent]] = {}

    def next(self, kind: str, count: int) -> list[Sent]:
        """The next messages of a kind."""
        if kind not in self._begun:
            self._begun[kind] = KINDS[kind](Thief(self.post.machine.folder, SCALE))
        return list(islice(self._begun[kind], count))


def attack(run: Run, chance: Random) -> bool:
    """It sends some messages of one kind. The broker takes from it what is said in its own name."""
    kind, count = chance.choice(sorted(KINDS)), chance.choice((1, 3, 8))
    made, thief = run.country, _thief(run)
    if thief is None:
        return False
    with made.world.at(thief.post.machine):
        for leaf, payload in thief.next(kind, count):
            made.broker.publish(NAME, topics.up(thief.post.id, leaf), payload)
    return True


def _thief(run: Run) -> Hostile | None:
    """Who enrols, the first time, as an honest post would; None where the centre cannot now."""
    made = run.country
    if run.thief is None and not run.treated and made.is_open:
        run.put_right(made.centre)
        machine = made.machine(NAME)
        with made.world.at(machine):
            config = post_setup.create(machine.folder, "Post of a thief", "JOAQJ", "127.0.0.1", 0)
        post = PostNode(machine, config.id)
        made.enrol(post)
        made.broker.connect(NAME, post.identity, [])
        run.trust.hostile.add(post.id)
        run.thief = Hostile(post)
    return run.thief
