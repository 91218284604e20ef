"""A post in wrong hands and a hostile broker in the simulated country."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from diwan_bench.hostile_kinds import KINDS
from diwan_core.exchange.wire import topics
from diwan_lab.verdict import judge

from tests.simulation import steps_of_brokers, steps_of_thieves
from tests.simulation.country import country
from tests.simulation.plan import Step
from tests.simulation.runs import run_in

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_whatever_a_thief_sends_the_others_come_to_rest_with_all_they_were_told_is_saved(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        for kind in sorted(KINDS):
            for post in made.posts:
                with made.world.at(post.machine):
                    run.people.report(post, chance)
            steps_of_thieves.attack(run, chance)
            assert run.thief is not None
            with made.world.at(run.thief.post.machine):
                for leaf, payload in run.thief.next(kind, 4):
                    made.broker.publish(steps_of_thieves.NAME, topics.up(run.thief.post.id, leaf), payload)
            run.do_nothing()
        assert run.thief is not None
        taken = made.centre.needed()[0].store.one(
            "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.origin=? AND j.verdict=0",
            (run.thief.post.id,),
        )
        assert taken > 30, "what is within its authority is admitted as its own"
        run.rest()
        assert run.outcome.words == []


def test_a_thief_s_messages_are_the_same_from_the_same_seed(memory: Path) -> None:
    found = []
    for turn in ("first", "again"):
        with country(memory / turn / "country", 1, 1) as made:
            run = run_in(made, memory / turn, 1)
            steps_of_thieves.attack(run, Random(1))
            assert run.thief is not None
            with made.world.at(run.thief.post.machine):
                found.append([run.thief.next(kind, 2) for kind in islice(sorted(KINDS), 6)])
    assert found[0] == found[1]


def test_whatever_a_hostile_broker_delivers_changes_nothing(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        for turn in range(40):
            for post in made.posts:
                with made.world.at(post.machine):
                    (run.people.photograph if turn % 10 == 5 else run.people.report)(post, chance)
            steps_of_brokers.forge(run, chance)
            run.do_nothing()
        run.rest()
        assert run.outcome.words == []


def test_what_a_centre_put_back_has_lost_of_a_thief_s_rows_is_wanted_by_nobody(memory: Path) -> None:
    """Others hold them; who wrote them does not send them again. Of an honest post they would be missed."""
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        run.do(Step("centre-backup", 1))
        for kind in ("lone rows", "conflicts"):
            steps_of_thieves.attack(run, chance)
            assert run.thief is not None
            with made.world.at(run.thief.post.machine):
                for leaf, payload in run.thief.next(kind, 4):
                    made.broker.publish(steps_of_thieves.NAME, topics.up(run.thief.post.id, leaf), payload)
            for _ in range(4):
                run.do_nothing()
        run.do(Step("centre-back", 1))
        run.rest()
        assert run.outcome.words == []
        folders = [post.machine.folder for post in made.posts]
        assert judge(made.centre.machine.folder, folders, [], []).diverged > 0
