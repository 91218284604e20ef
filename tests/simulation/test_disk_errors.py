"""Disks that report errors in the running country."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from diwan_core.register import RegisterDamaged
from diwan_core.register.storage import unsynced

from tests.simulation.country import country
from tests.simulation.nodes import disk_of
from tests.simulation.plan import Step
from tests.simulation.runs import run_in


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("at", ["post1", "central"])
def test_a_node_whose_disk_did_not_confirm_writes_again_after_a_restart_of_its_machine(memory: Path, at: str) -> None:
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        one = next(one for one in made.all_nodes() if one.machine.name == at)
        for post in made.posts:
            with made.world.at(post.machine):
                run.people.report(post, chance)
        disk_of(one.machine).faults.fail_sync(after=0)
        for _ in range(4):
            run.do_nothing()
        with made.world.at(one.machine):
            assert unsynced.is_marked(one.machine.folder)
        for _ in range(20):  # its processes are started again and again, and end
            run.do_nothing()
        assert not one.runs
        run.put_right(one)
        for _ in range(4):
            run.do_nothing()
        assert one.runs
        run.rest()
        assert run.outcome.words == []


def test_a_machine_that_starts_anew_reads_its_disk_and_not_what_was_held_for_written(memory: Path) -> None:
    """Seed 60003: it went on behind a gap of its log, and the next power cut took what was saved there."""
    with country(memory / "country", 1, 1) as made:
        run, post = run_in(made, memory, 1), made.posts[0]
        run.pace = 1.0
        disk_of(post.machine).faults.fail_sync(after=0)
        run.do(Step("report", 1))
        assert not post.runs and disk_of(post.machine).gave_up
        run.next_boot(post.machine)
        assert not disk_of(post.machine).gave_up
        run.put_right(post)
        for _ in range(8):
            run.do_nothing()
        for seed in range(2, 6):
            run.do(Step("report", seed))
        run.over(post, by_power=True)
        run.rest()
        assert run.outcome.words == []
        assert run.outcome.acknowledged > 3


def test_what_could_not_be_saved_is_told_so(memory: Path) -> None:
    with country(memory / "country", 1, 1) as made:
        run, post = run_in(made, memory, 1), made.posts[0]
        disk_of(post.machine).faults.fail_sync(after=0)
        with made.world.at(post.machine), pytest.raises(RegisterDamaged):
            run.people.report(post, Random(1))
        assert run.people.told == []


def test_a_country_whose_logs_are_read_too_short_comes_to_rest(memory: Path) -> None:
    """Registers cannot be opened or read for a while; nothing that was saved is taken for missing."""
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        for seed in range(12):
            for post in [post for post in made.posts if post.runs]:
                with run.dying(post), made.world.at(post.machine):
                    run.people.report(post, chance)
            run.do(Step("short-read", seed))
        run.rest()
        assert run.outcome.words == []
        assert run.outcome.acknowledged > 20
