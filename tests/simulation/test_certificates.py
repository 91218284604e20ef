"""Certificates in the simulated country: what has ended lets nobody in, and is renewed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from diwan_central.network import own_certificates
from diwan_core.trust.network.tls import NODE_CERTIFICATE

from tests.simulation.certificates import LAST_S, end_s
from tests.simulation.country import country
from tests.simulation.run import Run
from tests.simulation.runs import run_in
from tests.simulation.steps_of_certificates import years
from tests.simulation.steps_of_people import quiet


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def sleep_until_after_all_ended(run: Run) -> None:
    """The whole country is off until no certificate holds any more."""
    made = run.country
    run.turn(max(end_s(post.machine.folder) for post in made.posts) + 86_400 - made.certificates.true_s)


def test_a_post_whose_certificate_has_ended_is_not_let_in_until_it_has_another_one(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run = run_in(made, memory, 1)
        for post in made.posts:
            post.line = False
        run.do_nothing()
        sleep_until_after_all_ended(run)
        assert all(made.certificates.shut_out(post) for post in made.posts)
        with made.world.at(made.posts[0].machine):
            run.people.report(made.posts[0], Random(1))
        run.rest()
        assert run.outcome.words == []
        assert not any(made.certificates.shut_out(post) for post in made.posts)


def test_a_centre_that_does_not_renew_its_own_is_found(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was: five years after it was made it heard nobody any more."""
    monkeypatch.setattr(own_certificates, "renew_own", lambda _folder: [])
    with country(memory / "country", 1, 1) as made:
        run = run_in(made, memory, 1)
        sleep_until_after_all_ended(run)
        made.certificates.broker_ended()
        with made.world.at(made.posts[0].machine):
            run.people.report(made.posts[0], Random(1))
        run.rest()
        assert any("not at rest" in words for words in run.outcome.words)


def test_time_passes_also_while_a_post_gets_new_keys_and_has_no_certificate(memory: Path) -> None:
    """Seed 82008."""
    with country(memory / "country", 1, 2) as made:
        run = run_in(made, memory, 1)
        made.killed(made.posts[0])
        (made.posts[0].machine.folder / "keys" / NODE_CERTIFICATE).unlink()
        before = made.certificates.true_s
        assert years(run, Random(1)) == (made.certificates.true_s > before)


def test_no_quiet_months_pass_the_end_of_the_authority(memory: Path) -> None:
    """Seed 82014: after thirty years of them no post could be enrolled any more."""
    with country(memory / "country", 1, 1) as made:
        run = run_in(made, memory, 1)
        for seed in range(500):
            quiet(run, Random(seed))
        assert 0.9 * LAST_S < made.world.seconds < LAST_S
