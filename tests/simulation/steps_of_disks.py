"""Disks that report errors, once or for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tests.simulation.nodes import CentreNode, PostNode, disk_of
from tests.simulation.run import Run


def error(run: Run, chance: Random) -> bool:
    """A disk reports errors of reads, writes, syncs or names: soon, once or many times, until somebody sees to it."""
    one = run.anyone(chance)
    if one is None:
        return False
    faults = disk_of(one.machine).faults
    fail = chance.choice((faults.fail_read, faults.fail_write, faults.fail_sync, faults.fail_name))
    return _goes_on(run, one, fail, chance)


def short_read(run: Run, chance: Random) -> bool:
    """Reads of a log end early: soon, once or many times, also while a register is opened and its log is gone through,
    until somebody sees to the disk."""
    one = run.anyone(chance)
    if one is None:
        return False
    if chance.random() < 0.5:
        run.country.killed(one)
        run.start_soon(one, 0)
    return _goes_on(run, one, disk_of(one.machine).faults.short_read_of_log, chance)


def _goes_on(run: Run, one: PostNode | CentreNode, fail: Callable[..., None], chance: Random) -> bool:
    fail(after=chance.choice((0, 0, 1, 5, 20, 60)), times=chance.choice((1, 1, 2, 10, 1000)))
    run.todo.append(_seen_to(run, one, chance.randrange(1, 25)))
    return True


def _seen_to(run: Run, one: PostNode | CentreNode, steps: int) -> Iterator[None]:
    for _ in range(steps):
        yield
    while disk_of(one.machine).dead:
        yield
    if one in run.country.all_nodes():
        run.put_right(one)
