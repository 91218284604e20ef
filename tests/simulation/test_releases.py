"""A node of an older release in the simulated country knows the older dictionary, and nothing else of it is left."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Register
from diwan_core.register.storage.state import get_state

from tests.simulation import nodes as names
from tests.simulation.country import Country, country
from tests.simulation.nodes import PostNode
from tests.simulation.releases import VERSIONS
from tests.simulation.runs import run_in
from tests.simulation.steps_of_releases import start_with

pytestmark = pytest.mark.slow


def known(made: Country, post: PostNode) -> object:
    """The dictionary that a register says it is of."""
    with made.world.at(post.machine), post.needed()[0].store.read() as transaction:
        return get_state(transaction, "dictionary")


def test_a_node_runs_with_each_older_dictionary_and_is_brought_up_to_date(memory: Path) -> None:
    register, seen = Register, set()
    with country(memory / "country", 1, 2) as made:
        run, chance = run_in(made, memory, 1), Random(1)
        newer, older = made.posts
        for version in VERSIONS:
            start_with(run, older, version)
            for turn in range(8):
                if turn in (2, 4):
                    with made.world.at(newer.machine):
                        (run.people.report if turn == 2 else run.people.send_back)(newer, chance)
                run.do_nothing()
            assert known(made, older) == version
            assert type(older.register) is not register
            with made.world.at(older.machine):
                seen.add(vars(names)["Register"])
                run.people.edit(older, chance)
            assert vars(names)["Register"] is register, "outside of that machine it is the present release"
        start_with(run, older, 0)
        run.rest()
        assert run.outcome.words == []
    assert len(seen) == len(VERSIONS)
    assert DICTIONARY.version not in VERSIONS
