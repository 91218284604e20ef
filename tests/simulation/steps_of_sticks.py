"""Sticks, written at posts and carried in any order."""

from __future__ import annotations

from pathlib import Path
from random import Random

from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from tests.simulation.country import SNAPSHOT_BEHIND
from tests.simulation.nodes import PostNode
from tests.simulation.run import Run


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
    stick, centre = Stick(chance.choice(run.sticks)), run.country.centre
    if centre.runs and chance.random() < 0.5:
        with run.dying(centre), run.country.world.at(centre.machine):
            register = centre.needed()[0]
            central_stick.import_from_stick(register, run.centre_keys(), stick)
            central_stick.export_to_stick(register, run.centre_keys(), run.country.scope_key(), stick, SNAPSHOT_BEHIND)
    elif (post := run.some_post(chance)) is not None:
        with run.dying(post), run.country.world.at(post.machine):
            post_stick.import_from_stick(post.needed()[0], NodeKeys.load(post.machine.folder), stick)
            post.needed()[1].woken()
    else:
        return False
    return True
