"""An error of the disk while the search index was being written leaves nothing that is written into it later."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from diwan_core.register import Edit, Register, RegisterDamaged
from diwan_core.register.storage.damage import is_marked

from tests.exchange.network import case
from tests.simulation.one_post import Post
from tests.simulation.vfs import SimulatedSqlite

pytestmark = pytest.mark.slow

CASES = 40


def words(number: int, count: int) -> str:
    """A narrative of so many words, each of which is in one case alone."""
    return " ".join(f"w{number}x{place}" for place in range(count))


@pytest.mark.parametrize("fault", ["fail_read", "short_read_of_log"])
def test_a_process_that_met_an_error_of_a_read_does_not_spoil_the_search_index(
    memory: Path, sqlite: SimulatedSqlite, fault: str
) -> None:
    post = Post(sqlite, memory, 7)
    faults, saved = post.disk.faults, 0
    with Register.open(post.folder) as reader, Register.open(post.folder, role="writer") as register:
        assert reader.count("case") == 0  # keeps the log from being copied and removed
        made = [register.save([Edit("case", case(narrative=words(no, 200)))], author="officer") for no in range(CASES)]
        for after in range(100):
            with Register.open(post.folder, role="writer") as met_by:
                met_by.store.connection.execute("PRAGMA cache_size=4")  # so that it reads again and again
                getattr(faults, fault)(after)
                with suppress(RegisterDamaged):
                    met_by.save([Edit("case", {"place": "B"}, made[after % CASES].records[0])], author="officer")
                    saved += 1
                faults.clear()
                met_by.save([Edit("case", {"place": f"C{after}"}, made[0].records[0])], author="officer")
        assert saved < 80  # the others met the error
        for one in made:  # its many words are taken out of the index
            register.save([Edit("case", {"narrative": "short"}, one.records[0])], author="officer")
    assert not is_marked(post.folder)
    assert post.missing() == []
