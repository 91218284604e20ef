"""A register that was marked as damaged is looked through by the process that writes it, once in a while."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core import world
from diwan_core.health.findings import Findings
from diwan_core.processes.part import Part
from diwan_core.register import Edit, Register, RegisterDamaged
from diwan_core.register.carving.soundness import make_indexes_anew
from diwan_core.register.storage.damage import RECHECKED, is_marked, mark
from diwan_core.salvage import recheck as rechecking
from diwan_core.salvage.recheck import FOUND_SOUND, ONCE_IN_S, recheck

from tests.exchange.network import Network, case, network
from tests.salvage.damage_kit import copied_into_database, overwrite_where

WORDS = "a false floor of welded plates"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as net:
        net.settle()
        yield net


def stopped(net: Network) -> Part:
    """The post, which has a case and does not run."""
    post = net.posts[0]
    post.save(case(narrative=f"{WORDS} " * 30))
    net.settle()
    net.stop(post)
    post.register.close()
    copied_into_database(post.register.store.path)
    folder = post.register.folder
    return Part("agent", folder, post.register.config, Findings(folder, "agent"))


def edit(folder: Path, place: str) -> None:
    with Register.open(folder, role="writer") as register:
        record = register.store.one("SELECT id FROM record WHERE type='case'")
        register.save([Edit("case", {"narrative": place}, record)], author="officer")


def spoil_totals(folder: Path) -> None:
    """What FTS5 made of a failed read: the index is said to have no words."""
    with closing(sqlite3.connect(folder / "register.db", isolation_level=None)) as connection:
        connection.execute("UPDATE search_data SET block=x'01000000' WHERE id=1")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_sound_register_is_written_again_and_its_node_says_so(net: Network) -> None:
    part = stopped(net)
    recheck(part.folder, part.findings)
    assert part.findings.codes() == []
    mark(part.folder, "database disk image is malformed")
    with pytest.raises(RegisterDamaged):
        edit(part.folder, "B")
    recheck(part.folder, part.findings)
    edit(part.folder, "B")
    assert part.findings.codes() == [FOUND_SOUND]


def test_damage_that_another_process_meets_meanwhile_keeps_it_closed(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = stopped(net)
    mark(part.folder, "database disk image is malformed")

    def while_the_console_reads(path: Path) -> None:
        make_indexes_anew(path)
        mark(part.folder, "database disk image is malformed")

    monkeypatch.setattr(rechecking, "make_indexes_anew", while_the_console_reads)
    recheck(part.folder, part.findings)
    assert is_marked(part.folder) and part.findings.codes() == []


def test_an_index_that_is_not_what_was_written_is_made_anew(net: Network) -> None:
    part = stopped(net)
    spoil_totals(part.folder)
    with pytest.raises(RegisterDamaged):
        edit(part.folder, "B")
    assert is_marked(part.folder)
    recheck(part.folder, part.findings)
    edit(part.folder, "B")
    assert not is_marked(part.folder)


def test_it_is_done_once_in_thirty_days(net: Network) -> None:
    part = stopped(net)
    for marked_after, days in ((False, 0.0), (True, 29.0), (False, 31.0)):
        mark(part.folder, "database disk image is malformed")
        if days:
            then = world.wall_s() - days / 30 * ONCE_IN_S
            (part.folder / RECHECKED).write_text(json.dumps({"since": then}))
        part.findings.clear()
        recheck(part.folder, part.findings)
        assert is_marked(part.folder) == marked_after
        assert part.findings.codes() == ([] if marked_after else [FOUND_SOUND]), "nobody is told that all is well"


def test_a_damaged_page_keeps_it_closed(net: Network) -> None:
    part = stopped(net)
    assert overwrite_where(part.folder / "register.db", WORDS.encode())
    mark(part.folder, "database disk image is malformed")
    recheck(part.folder, part.findings)
    assert is_marked(part.folder) and part.findings.codes() == []


def test_a_row_that_is_not_what_was_signed_keeps_it_closed(net: Network) -> None:
    """SQLite finds nothing wrong with it."""
    part = stopped(net)
    with closing(sqlite3.connect(part.folder / "register.db", isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET nominal=replace(nominal, 'welded', 'wooden') WHERE record IS NOT NULL")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    mark(part.folder, "database disk image is malformed")
    recheck(part.folder, part.findings)
    assert is_marked(part.folder)
