"""What happens to machines, lines and the broker."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.simulation.disk import SimulatedDisk
from tests.simulation.nodes import PostNode, disk_of
from tests.simulation.run import Run

POINTS: Final = ("before-commit", "after-commit", "blob-stored")
"""The named points of the code that posts and centre pass."""
CLOCKS: Final = {"ten years ahead": 315e6, "ten years behind": -315e6, "1970": -1e12}


def kill(run: Run, chance: Random) -> bool:
    """The processes of a machine are killed."""
    if (one := run.anyone(chance)) is None:
        return False
    run.country.killed(one)
    run.start_soon(one, chance.randrange(4))
    return True


def crash(run: Run, chance: Random) -> bool:
    """A machine will die at a named point of the code: counted when it does."""
    if (one := run.anyone(chance)) is not None:
        passed = POINTS + (("before-flush",) if isinstance(one, PostNode) else ("before-receipt", "before-publish"))
        if run.editions:
            passed += ("codes-made",)
        run.armed[one.machine.name] = chance.choice(passed), chance.choice((1, 1, 2, 5))
    return False


def power(run: Run, chance: Random) -> bool:
    """The power is cut between two turns."""
    if (one := run.anyone(chance)) is None:
        return False
    run.over(one, by_power=True)
    return True


def death(run: Run, chance: Random) -> bool:
    """The next work of a machine ends at any operation of its disk, by a power cut or a kill: counted when it does."""
    if (one := run.anyone(chance)) is not None:
        disk = disk_of(one.machine)
        disk.faults.die_at(disk.operations + chance.choice((1, 3, 10, 40, 150)) * chance.randint(1, 3))
        run.by_power = chance.random() < 0.7
    return False


def statement(run: Run, chance: Random) -> bool:
    """The next work of a machine ends between two statements of its register's, by a power cut or a kill: counted when
    it does."""
    if (one := run.anyone(chance)) is None:
        return False
    left, disk = chance.choice((1, 3, 10, 40, 150)) * chance.randint(1, 3), disk_of(one.machine)
    run.by_power = chance.random() < 0.7

    def trace(_statement: str) -> None:
        nonlocal left
        left -= run.may_die(one)
        if left == 0 and not disk.dead:  # an exception would not leave this call: the disk ends here, its machine soon
            run.between_statements.add(one.machine.name)
            disk.dies()

    one.needed()[0].store.connection.set_trace_callback(trace)
    return False


def full(run: Run, chance: Random) -> bool:
    """A disk has room for little more, until somebody makes room; a machine that cannot start waits for that."""
    if (one := run.anyone(chance)) is None or disk_of(one.machine).faults.limit is not None:
        return False
    disk = disk_of(one.machine)
    disk.faults.full(disk.used() + chance.choice((0, 10_000, 200_000)))
    run.todo.append(_has_room_again(disk, chance.randrange(3, 40)))
    return True


def _has_room_again(disk: SimulatedDisk, steps: int) -> Iterator[None]:
    for _ in range(steps):
        if disk.faults.limit is None:
            return
        yield
    disk.faults.full(None)


def clock(run: Run, chance: Random) -> bool:
    """A post starts anew with a wrong clock, or a right one."""
    post = run.some_post(chance)
    if post is None:
        return False
    run.country.killed(post)
    post.machine.clock_s = CLOCKS[chance.choice(sorted(CLOCKS))] if chance.random() < 0.6 else 0.0
    run.next_boot(post.machine)
    run.start_soon(post, 0)
    return True


def line(run: Run, chance: Random) -> bool:
    """The line of a post goes, or comes back, which is no fault."""
    if (post := run.some_post(chance)) is None:
        return False
    post.line = not post.line
    return not post.line


def weather(run: Run, chance: Random) -> bool:
    """What becomes of messages from now on."""
    kinds = ("lose", "double", "reorder", "harm", "late")
    run.country.broker.weather = {
        kind: chance.choice((0.05, 0.3, 0.9)) for kind in kinds if chance.random() < 0.3
    }  # fmt: skip
    return bool(run.country.broker.weather)


def wipe(run: Run, chance: Random) -> None:
    """The broker loses all that waits in it, and starts again."""
    run.country.broker.wipe()
    run.country.certificates.broker_ended()
