"""The list of what a simulation may reach is complete by construction, and counting does not change a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from diwan_core import crash

from tests.simulation.country import country
from tests.simulation.coverage import STATES, Coverage, every_pair, states_now
from tests.simulation.nodes import disk_of
from tests.simulation.plan import PEACE, WEIGHTS, plan
from tests.simulation.runs import KINDS, run_in, simulate
from tests.simulation.steps_of_releases import start_with


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_kind_of_step_and_every_point_is_paired_with_every_state() -> None:
    pairs = list(every_pair(KINDS))
    assert KINDS.keys() == WEIGHTS.keys() >= PEACE
    assert len(pairs) == len(set(pairs)) == (len(KINDS) + len(crash.POINTS)) * len(STATES)
    assert {name for name, _ in pairs} == {*KINDS, *(f"at {point}" for point in crash.POINTS)}
    assert all(name.startswith(("post ", "centre ")) for name in STATES)


def test_each_state_is_seen_when_a_machine_is_in_it(memory: Path) -> None:
    with country(memory / "country", 1, 2) as made:
        run = run_in(made, memory, 1)
        first, second = made.posts
        assert states_now(run) >= {"post ok", "centre ok"}
        first.line = False
        disk_of(first.machine).faults.full(10**9)
        start_with(run, second, 1)
        assert states_now(run) >= {"post no line", "post full", "post off"}
        run.do_nothing()
        run.do_nothing()
        with made.world.at(first.machine):
            run.people.report(first, Random(1))
        made.revoke(second.id, "a test")
        first.machine.clock_s = 1e8
        disk_of(made.centre.machine).faults.fail_read(after=10**6)
        assert states_now(run) >= {
            "post older release", "post cut off", "post wrong clock", "post rows unreceipted", "centre disk errors",
        }  # fmt: skip


def test_counting_changes_nothing_and_says_what_was_never_reached(memory: Path) -> None:
    coverage = Coverage()
    steps = plan(11, 40)
    counted = simulate(11, steps, memory / "counted", coverage=coverage)
    alone = simulate(11, steps, memory / "alone")
    assert (counted.faults, counted.acknowledged, counted.rounds) == (alone.faults, alone.acknowledged, alone.rounds)
    never = coverage.never(KINDS)
    reached = sum(1 for count in coverage.reached.values() if count)
    assert reached + sum(map(len, never.values())) == len(list(every_pair(KINDS)))
    assert coverage.reached["report", "post ok"] > 0
    assert "years" in never["centre closed"]
