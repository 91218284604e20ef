"""Nodes whose release is older than the others', and their update."""

from __future__ import annotations

from random import Random

from tests.simulation.nodes import CentreNode, PostNode
from tests.simulation.releases import VERSIONS
from tests.simulation.run import Run


def older(run: Run, chance: Random) -> bool:
    """A post, or the centre, starts with an older release, or is brought up to date again."""
    one = run.anyone(chance)
    version = chance.choice(VERSIONS)
    if one is None:
        return False
    start_with(run, one, 0 if one.machine.dictionary else version)
    return True


def start_with(run: Run, one: PostNode | CentreNode, dictionary: int) -> None:
    """Its processes end, and start again with another release."""
    if one.runs:
        run.country.killed(one)
    one.machine.dictionary = dictionary
    run.start_soon(one, 0)
