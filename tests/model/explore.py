"""Going through every state within bounds, the nearest first, and finding the shortest way to one that must not be."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.model.healing import NoRest, heal, settle
from tests.model.state import ROWS, Bounds, World, begin
from tests.model.steps import Flaw, Step, after, steps


@dataclass
class Found:
    """What an exploration saw."""

    states: int
    rounds: int
    """The most rounds any of the states needed to come to rest."""
    depth: int
    wrong: str = ""
    trace: tuple[Step, ...] = ()
    """The steps to what was wrong; else those to the last state found, which is among the farthest."""
    ways: tuple[tuple[Step, ...], ...] = ()
    """Steps to states on the way, evenly spread."""


def explore(bounds: Bounds, flaw: Flaw | None = None, way_in: Sequence[Step] = (), sample: int = 0) -> Found:
    """Every state within these bounds that can be reached after the steps of `way_in`; the first one that is wrong ends
    it. `sample`: to how many states on the way the steps are kept."""
    gc.disable()  # hundreds of thousands of tuples, and no circle among them
    try:
        return _explored(bounds, flaw, way_in, sample)
    finally:
        gc.enable()


def _explored(bounds: Bounds, flaw: Flaw | None, way_in: Sequence[Step], sample: int) -> Found:
    start = walk(begin(bounds), way_in, flaw)
    number = {start: 0}
    came: list[tuple[int, Step, int]] = [(0, (), 0)]
    """Of each state: the one before, the step, and how many steps it is away."""
    rounds = 0
    for place, world in enumerate(_growing(worlds := [start])):
        for step in steps(world, flaw):
            found = after(world, step, flaw)
            if number.setdefault(found, len(worlds)) < len(worlds):
                continue
            worlds.append(found)
            came.append((place, step, came[place][2] + 1))
            try:
                complain(world, step, found)
                rounds = max(rounds, heal(found, flaw))
            except (NoRest, AssertionError) as error:
                way = (*way_in, *_way(came, len(came) - 1))
                return Found(len(worlds), rounds, came[-1][2], str(error), way)
    chosen = range(len(worlds) // (sample + 1), len(worlds), len(worlds) // (sample + 1) + 1) if sample else ()
    ways = tuple((*way_in, *_way(came, place)) for place in chosen)
    return Found(len(worlds), rounds, came[-1][2], "", (*way_in, *_way(came, len(came) - 1)), ways)


def walk(world: World, way: Iterable[Step], flaw: Flaw | None = None) -> World:
    """The world after these steps; ("settle",) delivers everything there is once, and what comes of it."""
    for step in way:
        world = settle(world, flaw) if step[0] == "settle" else after(world, step, flaw)
    return world


def _growing(worlds: list[World]) -> Iterator[World]:
    place = 0
    while place < len(worlds):
        yield worlds[place]
        place += 1


def complain(before: World, step: Step, world: World) -> None:
    """Raise AssertionError where something does not hold that always must."""
    centre = world.centre
    assert len(set(centre.log)) == len(centre.log), "a change is numbered in the scope twice"
    held = [change for journal in centre.journals for change in journal.changes]
    assert sorted(held) == sorted(centre.log), "the scope does not have every row that the centre holds, once"
    for journal in centre.journals:
        written = [change for change, epoch in enumerate(world.saves) if epoch == journal.epoch]
        assert list(journal.changes) == written[: len(journal.changes)], "more is settled than was sent, or other than"
    ever = dict(world.ever)
    for machine in world.machines:
        for journal in machine.journals:
            assert journal.stored <= ever.get(journal.epoch, 0), "a receipt says more than was ever received"
            assert journal.stored <= len(journal.changes), "more is receipted than was written"
        assert machine.holds() <= set(range(len(world.saves))), "a machine holds what nobody wrote"
    if step[0] == "deliver" and step[1][0] == ROWS and (step[1][1], step[1][2]) in before.centre.revoked:
        assert before.centre.log == centre.log, "rows under revoked keys were admitted"
    if len(world.machines) == 2:
        assert not world.blamed, "a post is taken for two machines, and no card was copied"


def _way(came: list[tuple[int, Step, int]], place: int) -> tuple[Step, ...]:
    way: list[Step] = []
    while place:
        place, step, _ = came[place]
        way.append(step)
    return tuple(reversed(way))
