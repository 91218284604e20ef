"""The search index of every node is looked at when a country is at rest."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.simulation.country import country
from tests.simulation.indexes import broken_indexes
from tests.simulation.runs import run_in


def test_an_index_that_is_not_as_one_made_anew_is_seen(memory: Path) -> None:
    with country(memory / "country", 1, 1) as made:
        run, post = run_in(made, memory, 1), made.posts[0]
        with made.world.at(post.machine):
            run.people.report(post, Random(1))
            register = post.needed()[0]
            assert broken_indexes(register) == []
            with register.store.write() as transaction:
                transaction.execute("INSERT INTO search (rowid, rest) VALUES (1, 'nowhere')")
            found = broken_indexes(register)
            assert len(found) == 2 and "nowhere" in found[0] and "totals" in found[1]
            with register.store.write() as transaction:
                transaction.execute("INSERT INTO search (search) VALUES ('delete-all')")
            assert "lacks" in broken_indexes(register)[0]
