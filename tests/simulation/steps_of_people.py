"""What people do, and the time that passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random

from diwan_core.register import Refused, RegisterError

from tests.simulation.certificates import LAST_S
from tests.simulation.nodes import PostNode, disk_of
from tests.simulation.run import Run


def _by_somebody(run: Run, chance: Random, what: Callable[[PostNode, Random], None]) -> None:
    post = run.some_post(chance)
    if post is None:
        return
    with run.dying(post), run.country.world.at(post.machine), suppress(Refused), _told_of_errors(post, chance):
        what(post, chance)  # what was erased meanwhile cannot be filled in again


@contextmanager
def _told_of_errors(post: PostNode, chance: Random) -> Iterator[None]:
    """An error of the disk is told to whoever wanted to save; some processes go on after it."""
    goes_on, disk = chance.random() < 0.5, disk_of(post.machine)
    try:
        yield
    except (RegisterError, OSError):
        if disk.dead or not (disk.faults.troubled and goes_on):
            raise


def report(run: Run, chance: Random) -> None:
    """Somebody reports cases."""
    _by_somebody(run, chance, run.people.report)


def edit(run: Run, chance: Random) -> None:
    """Somebody changes a case."""
    _by_somebody(run, chance, run.people.edit)


def send_back(run: Run, chance: Random) -> None:
    """A supervisor sends a case back to be corrected."""
    _by_somebody(run, chance, run.people.send_back)


def photograph(run: Run, chance: Random) -> None:
    """Somebody adds a picture."""
    _by_somebody(run, chance, run.people.photograph)


def rivals(run: Run, chance: Random) -> None:
    """Two people open one case at two posts, and both save."""
    post = run.some_post(chance)
    record = None
    if post is not None:
        with run.dying(post), run.country.world.at(post.machine):
            record = run.people.some_case(post, chance)
    for one in run.country.posts:
        if record is None or not one.runs:
            continue
        with run.dying(one), run.country.world.at(one.machine):
            if one.needed()[0].get(record) is not None:
                with suppress(Refused):
                    run.people.edit(one, chance, record)


def turns(run: Run, chance: Random) -> None:
    """Time passes."""
    for _ in range(chance.choice((1, 3, 10))):
        run.turn(chance.choice((0.2, 1.0, 5.0)))


def quiet(run: Run, chance: Random) -> None:
    """Nothing happens for a minute, an hour, or three months."""
    seconds = chance.choice((60.0, 3600.0, 90 * 86400.0))
    run.turn(seconds if run.country.world.seconds + seconds < LAST_S else 60.0)
