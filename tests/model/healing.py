"""From any state the network must come to rest: nothing more is lost, everybody says hello, a technician helps."""

from __future__ import annotations

from functools import lru_cache

from tests.model.state import World
from tests.model.steps import Flaw, deliver, hello, rekey

ROUNDS = 8
"""Hellos of everybody after which a healed network is at rest."""


class NoRest(Exception):
    """The network did not come to rest, or not as it should; the message says how."""


def heal(world: World, flaw: Flaw | None = None) -> int:
    """After how many rounds it is at rest, everything acknowledged being everywhere, once. Raises NoRest."""
    return _healed(world._replace(wire=frozenset(), left=(), post_copy=None, centre_copy=None, copied=-1), flaw)


@lru_cache(maxsize=1_000_000)
def _healed(world: World, flaw: Flaw | None) -> int:
    for number in range(1, ROUNDS + 1):
        was_open = world.closed is None
        for at in range(len(world.machines)):
            world = settle(hello(world, at), flaw)
        if was_open and is_at_rest(world):
            _judge(world)
            return number
        world = _help(world)
    raise NoRest(f"not at rest after {ROUNDS} rounds")


def is_at_rest(world: World) -> bool:
    """Whether every machine is told that all it has is stored, and holds the whole log."""
    return world.closed is None and all(
        machine.feed == world.centre.log and all(one.stored == len(one.changes) for one in machine.journals)
        for machine in world.machines
    ) and len(world.machines) == 2  # fmt: skip


def settle(world: World, flaw: Flaw | None) -> World:
    """Deliver everything once and in one order, also what comes of it."""
    while world.wire:
        message = min(world.wire, key=repr)
        world = deliver(world._replace(wire=world.wire - {message}), message, flaw)
    return world


def _help(world: World) -> World:
    """A technician brings what a copied card has, by new keys, and takes it out of use; then the posts get theirs."""
    for at, machine in enumerate(world.machines):
        if world.closed is None and (machine.post, machine.key) in world.centre.revoked:
            return rekey(world, at)
    if len(world.machines) == 3:
        copy = world.machines[2]
        if all(one.stored == len(one.changes) for one in copy.journals):
            gone = world.centre.revoked | {(copy.post, copy.key)}
            return world._replace(machines=world.machines[:2], centre=world.centre._replace(revoked=gone))
    return world


def _judge(world: World) -> None:
    log = world.centre.log
    missing = set(range(len(world.saves))) - set(log)
    if missing:
        raise NoRest(f"changes {sorted(missing)} were acknowledged and are not at the centre")
    if len(set(log)) != len(log):
        raise NoRest("a change is in the log twice")
