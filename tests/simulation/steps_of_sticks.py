"""Sticks, written at posts and carried in any order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from tests.simulation.country import SNAPSHOT_BEHIND
from tests.simulation.nodes import PostNode, disk_of
from tests.simulation.run import Run

COURIERS: Final = "couriers"


def new_stick(run: Run) -> Path:
    """An empty stick."""
    run.sticks_made += 1
    stick = run.folder / "sticks" / str(run.sticks_made)
    stick.mkdir(parents=True)
    return stick


def export(run: Run, post: PostNode, stick: Path) -> None:
    """A post, on or off, writes a stick."""

    with run.country.world.at(post.machine):
        if post.register is not None:
            post_stick.export_to_stick(post.register, NodeKeys.load(post.machine.folder), Stick(stick))
            return
        with Register.open(post.machine.folder, role="writer") as register:
            post_stick.export_to_stick(register, NodeKeys.load(post.machine.folder), Stick(stick))


def stick(run: Run, chance: Random) -> bool:
    """A post writes a stick: a new one, or one that was somewhere already."""
    post = run.some_post(chance)
    if post is None:
        return False
    if not run.sticks or (len(run.sticks) < 6 and chance.random() < 0.5):
        run.sticks.append(new_stick(run))
    with run.dying(post):
        export(run, post, chance.choice(run.sticks))
    return True


def carry(run: Run, chance: Random) -> bool:
    """A courier comes to the centre or to a post, with any stick."""
    if not run.sticks:
        return False
    stick = chance.choice(run.sticks)
    if run.country.centre.runs and chance.random() < 0.5:
        bring_to_centre(run, stick)
    elif (post := run.some_post(chance)) is not None:
        bring_to_post(run, post, stick)
    else:
        return False
    return True


def bring_to_centre(run: Run, stick: Path) -> None:
    """The centre, which runs, reads a stick and writes what is for its post."""
    centre = run.country.centre
    with run.dying(centre), run.country.world.at(centre.machine):
        register, keys, at = centre.needed()[0], run.centre_keys(), Stick(stick)
        central_stick.import_from_stick(register, keys, at)
        central_stick.export_to_stick(register, keys, run.country.scope_key(), at, SNAPSHOT_BEHIND)


def bring_to_post(run: Run, post: PostNode, stick: Path) -> None:
    """A post that runs reads a stick."""
    with run.dying(post), run.country.world.at(post.machine):
        post_stick.import_from_stick(post.needed()[0], NodeKeys.load(post.machine.folder), Stick(stick))
        post.needed()[1].woken()


def open_by_sticks(run: Run) -> None:
    """A centre that was put back opens when its posts have shown their ledgers. Posts whose certificates have ended
    reach it by sticks alone, and get no others before it is open: so couriers go."""
    made = run.country
    if COURIERS in run.treated or not made.centre.runs or disk_of(made.centre.machine).dead or made.is_open:
        return
    if any(post.runs and made.certificates.shut_out(post) for post in made.posts):
        run.treated.add(COURIERS)
        run.todo.append(_couriers(run))


def _couriers(run: Run) -> Iterator[None]:
    for _ in range(10):
        yield
    for _ in range(2):  # posts learn what the centre asks that wants to open, and answer
        for post in run.country.posts:
            stick = new_stick(run)
            if post.runs and run.country.centre.runs and post.id not in run.treated:
                with run.dying(post):
                    export(run, post, stick)
            if run.country.centre.runs:
                bring_to_centre(run, stick)
            if post.runs:
                bring_to_post(run, post, stick)
        yield
    run.treated.discard(COURIERS)
