"""Runs in which an administration also says who reads what: `./diwan simulate --scopes`.

Members join and leave, records move, operations begin and end, letters are written to single posts, and what names
people travels less far and further, while everything else happens too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Final

from diwan_central.network import scopes
from diwan_core.register import RegisterError

from tests.simulation import checks_of_letters, steps_of_letters, steps_of_scopes
from tests.simulation import plan as plans
from tests.simulation.country import country
from tests.simulation.coverage import Coverage
from tests.simulation.plan import Step
from tests.simulation.run import Kind, Outcome, Run
from tests.simulation.runs import KINDS, look_after

SCOPES, LETTERS = 0.12, 0.15
"""How likely a step of these kinds comes after each of the others."""
KINDS_HERE: Final[Mapping[str, Kind]] = {**KINDS, **steps_of_scopes.KINDS, **steps_of_letters.KINDS}
TYPES: Final = tuple(dict.fromkeys((*steps_of_scopes.TYPES, *steps_of_letters.TYPES)))


def plan(seed: int, steps: int) -> list[Step]:
    """The steps of any run, and between them what an administration says. No post has an older release: the centre
    narrows nothing while one has, and where one gets it back afterwards it takes no rows any more."""
    chance, of_letters = Random(f"scopes {seed}"), Random(f"letters {seed}")
    found = []
    for step in plans.plan(seed, steps):
        if step.kind == "older":
            continue
        found.append(step)
        if chance.random() < SCOPES:
            found.append(_drawn(chance, steps_of_scopes.WEIGHTS))
        if of_letters.random() < LETTERS:
            found.append(_drawn(of_letters, steps_of_letters.WEIGHTS))
    return found


def _drawn(chance: Random, weights: Mapping[str, int]) -> Step:
    return Step(chance.choices(list(weights), list(weights.values()))[0], chance.getrandbits(48))


def simulate(
    seed: int,
    steps: Sequence[Step],
    folder: Path,
    posts: int = 3,
    coverage: Coverage | None = None,
    enough: int | None = None,
) -> Outcome:
    """A country at rest holds nothing out of scope; and once everything travels to all again, nothing is lost."""
    with country(folder / "country", seed, posts) as made:
        run = Run(made, folder, seed, KINDS_HERE, _look_after)
        run.coverage = coverage
        for step in steps:
            try:
                run.do(step)
                run.outcome.words += [f"{step}: {words}" for words in checks_of_letters.held_though_not_for_it(run)]
            except RegisterError as error:
                run.outcome.words.append(f"{step}: {error}")
            if run.outcome.words:
                return run.outcome
            if enough is not None and run.outcome.faults.total() >= enough:
                break
        run.come_to_rest(lambda: steps_of_scopes.unsettled(run))
        run.outcome.words += steps_of_scopes.out_of_scope(run)
        run.outcome.words += checks_of_letters.not_as_addressed(run)
        with made.world.at(made.centre.machine):
            scopes.set_reach(made.centre.machine.folder, TYPES, "all")
        made.hear_of_the_ledger()
        run.outcome.at_rest = False
        run.rest()
        return run.outcome


def _look_after(run: Run) -> None:
    look_after(run)
    steps_of_scopes.follow(run)
