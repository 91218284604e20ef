"""What the node does after an error of a sync: nobody writes any more, the log stays, and a restart brings all back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from diwan_core.register import Register, RegisterDamaged, RegisterError
from diwan_core.register.maintenance import upkeep_connection
from diwan_core.register.storage import database, unsynced

from tests.simulation.one_post import Post
from tests.simulation.vfs import SimulatedSqlite

pytestmark = pytest.mark.slow

SEEDS = 40
COPY = "PRAGMA wal_checkpoint(PASSIVE)"


@pytest.fixture(autouse=True)
def _boots(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test sets the identity of its boots; nothing is left of it."""
    monkeypatch.setenv("DIWAN_BOOT_ID", "boot-0")
    yield
    os.environ.pop("DIWAN_BOOT_ID", None)


def restart(post: Post) -> None:
    """The power is cut, and the machine starts again with a sound disk."""
    post.disk.faults.clear()
    post.disk.power_cut()
    post.boots += 1
    os.environ["DIWAN_BOOT_ID"] = f"boot-{post.boots}"


def copy_a_part(post: Post, register: Register) -> None:
    """Copy a part of the log into the database: what came after a reader had begun stays where it is."""
    for _ in range(10):
        post.save(register)
    with Register.open(post.folder) as reader, reader.store.read():
        reader.count("case")
        for _ in range(10):
            post.save(register)
        with upkeep_connection(register.store.path) as connection:
            _, pages, copied = connection.execute(COPY).fetchone()
    assert 0 < copied < pages


def fail_the_second_part(post: Post, register: Register) -> None:
    """Copy the rest of the log; the disk reports an error when the database is synced."""
    post.disk.faults.fail_sync(after=1)
    with (
        pytest.raises(RegisterDamaged, match="until this machine has been restarted"),
        upkeep_connection(register.store.path) as connection,
    ):
        connection.execute(COPY)
    post.disk.faults.clear()


def is_refused(post: Post, register: Register) -> None:
    """Neither people nor the upkeep can write, nor who opens the register now."""
    for write in (post.save, lambda opened: post.upkeep(opened.store.path)):
        with pytest.raises(RegisterDamaged, match="until this machine has been restarted"):
            write(register)
    with pytest.raises(RegisterDamaged), Register.open(post.folder, role="writer"):
        pass


def works_again(post: Post) -> None:
    """Everything that was told saved is there, and stays when the log has been copied and the power is cut again."""
    assert post.missing() == []
    with Register.open(post.folder, role="writer") as register:
        post.save(register)
        with upkeep_connection(register.store.path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        post.save(register)
    assert not (post.folder / unsynced.MARK).exists()
    restart(post)
    assert post.missing() == []


def test_a_sync_that_fails_after_a_copy_in_two_parts_costs_nothing(memory: Path, sqlite: SimulatedSqlite) -> None:
    """Where people went on writing, three in four of these power cuts damaged the database."""
    for seed in range(SEEDS):
        post = Post(sqlite, memory / str(seed), seed)
        with Register.open(post.folder, role="writer") as register:
            copy_a_part(post, register)
            fail_the_second_part(post, register)
            is_refused(post, register)
        restart(post)
        works_again(post)


def test_whoever_closes_the_register_leaves_its_log_as_it_is(memory: Path, sqlite: SimulatedSqlite) -> None:
    post = Post(sqlite, memory, 1)
    log = post.folder / "register.db-wal"
    with Register.open(post.folder, role="writer") as register:
        copy_a_part(post, register)
        fail_the_second_part(post, register)
        before = log.read_bytes()
    assert log.read_bytes() == before
    assert post.missing() == []
    assert log.read_bytes() == before


def test_a_node_that_dies_while_it_syncs_may_go_on_when_it_starts_again(memory: Path, sqlite: SimulatedSqlite) -> None:
    """Its disk reported nothing: the simulation lets whatever SQLite was about end with an error."""
    died_at_a_sync = 0
    for step in range(1, 30):
        post = Post(sqlite, memory / str(step), step)
        with Register.open(post.folder, role="writer") as register:
            post.disk.faults.die_at(post.disk.operations + step)
            with suppress(RegisterError):
                post.save(register)
            died_at_a_sync += unsynced.is_marked(post.folder)
            post.disk.killed()
        unsynced.forget(post.folder)
        works_again(post)
    assert died_at_a_sync > 0


def test_a_save_whose_sync_fails_is_not_told_saved_and_none_stands_behind_it(
    memory: Path, sqlite: SimulatedSqlite
) -> None:
    for seed in range(SEEDS // 4):
        post = Post(sqlite, memory / str(seed), seed)
        with Register.open(post.folder, role="writer") as register:
            copy_a_part(post, register)
            post.disk.faults.fail_sync(after=0)
            with pytest.raises(RegisterDamaged, match="until this machine has been restarted"):
                post.save(register)
            post.disk.faults.clear()
            is_refused(post, register)
        post.disk.killed()  # not a restart of the machine
        with pytest.raises(RegisterDamaged), Register.open(post.folder, role="writer"):
            pass
        restart(post)
        works_again(post)


def test_a_sync_that_fails_where_a_writer_copies_the_log_is_noted_too(
    memory: Path, sqlite: SimulatedSqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(SEEDS // 4):
        post = Post(sqlite, memory / str(seed), seed)
        with Register.open(post.folder, role="writer") as register:
            copy_a_part(post, register)
            post.disk.faults.fail_sync(after=2)  # of the commit, and of the log before it is copied
            with monkeypatch.context() as patch:
                patch.setattr(database, "LOG_LIMIT", 0)
                post.save(register)
            post.disk.faults.clear()
            is_refused(post, register)
        restart(post)
        works_again(post)


def test_a_log_that_a_close_could_not_copy_is_copied_whole_after_the_next_opening(
    memory: Path, sqlite: SimulatedSqlite
) -> None:
    """SQLite says nothing of an error while it closes."""
    for seed in range(SEEDS // 4):
        post = Post(sqlite, memory / str(seed), seed)
        with Register.open(post.folder, role="writer") as register:
            copy_a_part(post, register)
            post.disk.faults.fail_sync(after=1)
        post.disk.faults.clear()
        assert (post.folder / "register.db-wal").stat().st_size > 0
        works_again(post)
