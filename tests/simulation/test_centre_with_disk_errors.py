"""A centre whose disk reports errors blames no message for them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.simulation.country import country
from tests.simulation.nodes import disk_of
from tests.simulation.runs import run_in


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_messages_that_came_while_reads_failed_are_not_quarantined(memory: Path) -> None:
    """They were quarantined as what admission stumbles over, and had to be sent again."""
    with country(memory / "country", 1, 2) as made:
        run, chance, centre = run_in(made, memory, 1), Random(1), made.centre
        died = 0
        for after in range(30):
            for post in made.posts:
                with made.world.at(post.machine):
                    run.people.report(post, chance)
                made.turn(post)
            made.broker.step()
            centre.needed()[0].store.connection.execute("PRAGMA cache_size=4")  # so that it reads again and again
            disk_of(centre.machine).faults.fail_read(after=after, times=2)
            with run.dying(centre):
                made.turn(centre)
            died += not centre.runs
            run.put_right(centre)
            while not centre.runs:
                run.do_nothing()
            kept = centre.needed()[0].store.rows("SELECT code, reason FROM quarantine")
            assert kept == []
        assert died > 10
        run.rest()
        assert run.outcome.words == []
