"""Editions of code lists, published at the centre."""

from __future__ import annotations

from random import Random

from diwan_core import dictionary
from diwan_core.register.code_editions import TYPE

from tests.simulation.code_lists import publish_edition
from tests.simulation.run import Run


def codes(run: Run, chance: Random) -> None:
    """Somebody imports a list at the centre. A release that knows no editions has no command for it."""
    centre = run.country.centre
    if not run.country.is_open:
        return
    with run.dying(centre), run.country.world.at(centre.machine):
        if knows_editions():
            run.backups.pop("central", None)  # what the centre itself wrote is nowhere sent to an older centre
            run.editions += publish_edition(centre.needed()[0], chance)


def knows_editions() -> bool:
    """Whether the release that runs here has the type."""
    return TYPE in dictionary.DICTIONARY.types
