"""Editions of code lists, sticks in other hands, and deaths between statements, in the simulated country."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from diwan_core.register.codes.code_file import loaded_edition

from tests.simulation import steps_of_codes, steps_of_harmed_sticks
from tests.simulation.country import country
from tests.simulation.coverage import states_now
from tests.simulation.nodes import disk_of
from tests.simulation.plan import Step
from tests.simulation.runs import run_in
from tests.simulation.steps_of_releases import start_with

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_an_edition_is_loaded_everywhere_at_rest_and_its_row_waits_at_an_older_post(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run = run_in(made, memory, 1)
        run.pace = 1.0
        start_with(run, made.posts[0], 1)
        for seed in range(6):
            run.do(Step("codes", seed))
        assert run.editions == 6
        assert "post rows wait" in states_now(run)
        run.rest()
        assert run.outcome.words == []
        loaded = {loaded_edition(one.machine.folder, "locode") for one in made.all_nodes()}
        assert len(loaded) == 1
        assert loaded != {""}


def test_a_country_is_not_at_rest_before_the_edition_in_force_is_loaded(memory: Path) -> None:
    with country(memory / "country", 1, 1) as made:
        run = run_in(made, memory, 1)
        for _ in range(20):
            run.do_nothing()
        assert made.settled()
        with made.world.at(made.centre.machine):
            steps_of_codes.codes(run, Random(1))
        assert "central: another edition of locode is in force" in made.unsettled()


def test_a_machine_dies_where_an_edition_is_made_and_not_in_its_place(memory: Path) -> None:
    with country(memory / "country", 1, 1) as made:
        run = run_in(made, memory, 1)
        run.armed = {"post1": ("codes-made", 1), "central": ("codes-made", 1)}
        for seed in range(12):
            run.do(Step("codes", seed))
        for _ in range(20):
            run.do_nothing(5.0)
        assert (run.armed, run.outcome.faults["crash"]) == ({}, 2)
        run.rest()
        assert run.outcome.words == []


def test_a_death_between_two_statements_takes_what_was_not_committed_and_nothing_else(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run = run_in(made, memory, 1)
        for seed in range(80):
            run.do(Step("statement" if seed % 2 else "report", seed))
        assert run.outcome.faults["statement"] > 20
        run.rest()
        assert run.outcome.words == []


@pytest.mark.parametrize("way", steps_of_harmed_sticks.WAYS)
def test_whatever_is_done_to_sticks_nothing_on_them_is_believed_that_is_not_true(memory: Path, way: object) -> None:
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        for one in made.posts:
            one.line = False
        done = 0
        for seed in range(60):
            run.do(Step(("report", "stick", "photograph", "carry", "carry")[seed % 5], seed))
            stick = chance.choice(run.sticks) if run.sticks else None
            files = [path for path in sorted(stick.rglob("*")) if path.is_file()] if stick is not None else []
            if stick is not None and files and seed % 3 == 0:
                done += way(run, stick, files, chance)  # type: ignore[operator]
        assert done > 10
        assert all(one.runs and not disk_of(one.machine).dead for one in made.all_nodes())
        run.rest()
        assert run.outcome.words == []
