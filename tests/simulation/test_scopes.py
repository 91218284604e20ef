"""Members join and leave, records move, operations begin and end, letters are written, while everything else happens
too."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.runs_of_scopes import plan, simulate

STEPS = 160


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """What nodes log of faults is expected."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", [4, 9, *(pytest.param(seed, marks=pytest.mark.lab) for seed in range(100, 200))])
def test_nothing_is_out_of_scope_and_nothing_is_lost(memory: Path, seed: int) -> None:
    outcome = simulate(seed, plan(seed, STEPS), memory)
    assert outcome.words == []
    assert outcome.at_rest


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(65_000, 65_008))
def test_nothing_is_out_of_scope_where_hundreds_of_faults_happen_to_one_country(memory: Path, seed: int) -> None:
    outcome = simulate(seed, plan(seed, 12_000), memory, enough=500)
    assert outcome.words == []
    assert outcome.at_rest
    assert outcome.faults.total() >= 500
