"""Members join and leave, and what names people travels less far and further, while everything else happens too."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from diwan_central.network import scopes

from tests.simulation import plan as plans
from tests.simulation import steps_of_scopes
from tests.simulation.country import country
from tests.simulation.plan import Step
from tests.simulation.run import Outcome, Run
from tests.simulation.runs import KINDS, look_after

STEPS = 160


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """What nodes log of faults is expected."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def plan(seed: int, steps: int) -> list[Step]:
    """The steps of any run, and between them what an administration says."""
    chance = Random(f"scopes {seed}")
    kinds, rates = list(steps_of_scopes.WEIGHTS), list(steps_of_scopes.WEIGHTS.values())
    found = []
    for step in plans.plan(seed, steps):
        found.append(step)
        if chance.random() < 0.12:
            found.append(Step(chance.choices(kinds, rates)[0], chance.getrandbits(48)))
    return found


def simulate(seed: int, steps: int, folder: Path) -> Outcome:
    """A country at rest holds nothing out of scope; and once everything travels to all again, nothing is lost."""
    with country(folder / "country", seed, 3) as made:
        run = Run(made, folder, seed, {**KINDS, **steps_of_scopes.KINDS}, look_after)
        for step in plan(seed, steps):
            run.do(step)
            if run.outcome.words:
                return run.outcome
        run.come_to_rest(lambda: steps_of_scopes.unsettled(run))
        run.outcome.words += steps_of_scopes.out_of_scope(run)
        with made.world.at(made.centre.machine):
            scopes.set_reach(made.centre.machine.folder, steps_of_scopes.TYPES, "all")
        made.hear_of_the_ledger()
        run.outcome.at_rest = False
        run.rest()
        return run.outcome


@pytest.mark.parametrize("seed", [4, 9, *(pytest.param(seed, marks=pytest.mark.lab) for seed in range(100, 200))])
def test_nothing_is_out_of_scope_and_nothing_is_lost(memory: Path, seed: int) -> None:
    outcome = simulate(seed, STEPS, memory)
    assert outcome.words == []
    assert outcome.at_rest
