"""The real register on a simulated disk: what an officer was told is saved outlives everything a disk can do."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from diwan_core import world
from diwan_core.register import DiskFull, Register, RegisterError
from diwan_core.register.storage.database import RegisterDamaged

from tests.simulation.disks import WorldOfDisks
from tests.simulation.one_post import Post
from tests.simulation.vfs import SimulatedSqlite

MOST_OPERATIONS = 300


@pytest.fixture(autouse=True)
def _boots(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The post sets the identity of its boots; nothing is left of it."""
    monkeypatch.setenv("DIWAN_BOOT_ID", "boot-0")
    yield
    os.environ.pop("DIWAN_BOOT_ID", None)


def cut_the_power(post: Post, cuts: int) -> list[str]:
    """Let the post work and cut its power again and again; what was missing after the first cut that took something."""
    for _ in range(cuts):
        post.work(MOST_OPERATIONS)
        post.disk.power_cut()
        missing = post.missing()
        if missing:
            return missing
    return []


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.lab) for seed in range(3, 43))])
def test_nothing_told_saved_is_lost_by_power_cuts(memory: Path, sqlite: SimulatedSqlite, seed: int) -> None:
    post = Post(sqlite, memory, seed)
    assert cut_the_power(post, 50) == []
    assert len(post.cases) > 50
    assert len(post.pictures) > 2


def test_without_waiting_for_the_disk_cases_would_be_lost(memory: Path, sqlite: SimulatedSqlite) -> None:
    missing = cut_the_power(Post(sqlite, memory, 1, synchronous="OFF"), 50)
    assert any(one.startswith("case") for one in missing)


class Unsynced(WorldOfDisks):
    """A world in which nobody waits until files are on the disk."""

    def sync_file(self, descriptor: int) -> None:
        """Forgotten."""

    def sync_folder(self, descriptor: int) -> None:
        """Forgotten too."""


def test_without_syncing_files_pictures_would_be_lost(memory: Path, sqlite: SimulatedSqlite) -> None:
    with world.using(Unsynced(sqlite.disks)):
        missing = cut_the_power(Post(sqlite, memory, 1), 50)
    assert any(one.startswith("picture") for one in missing)


def test_nothing_told_saved_is_lost_by_kills_and_put_backs_bring_back_what_was(
    memory: Path, sqlite: SimulatedSqlite
) -> None:
    post = Post(sqlite, memory, 3)
    for _ in range(20):
        post.work(MOST_OPERATIONS)
        post.disk.killed()
        assert post.missing() == []
    before, cases = post.disk.snapshot(), dict(post.cases)
    post.work(MOST_OPERATIONS)
    post.disk.restore(before)
    post.cases = cases
    assert post.missing() == []


def save_for_ever(post: Post, register: Register) -> None:
    """Save cases until an error ends it."""
    while True:
        post.save(register)


def test_a_full_disk_is_called_so_and_costs_nothing(memory: Path, sqlite: SimulatedSqlite) -> None:
    post = Post(sqlite, memory, 4)
    with Register.open(post.folder, role="writer") as register:
        for room in (5_000, 20_000, 60_000, 100_000):
            post.disk.faults.full(post.disk.used() + room)
            with pytest.raises(DiskFull, match="free some space"):
                save_for_ever(post, register)
        post.disk.faults.full(None)
        post.save(register)
    post.disk.power_cut()
    assert post.missing() == []


def work_with_errors(post: Post, register: Register, chance: random.Random) -> list[str]:
    """Let people and upkeep work while some writes, or some syncs, fail; what the errors said."""
    said = []
    fail = chance.choice((post.disk.faults.fail_write, post.disk.faults.fail_sync, post.disk.faults.fail_sync))
    for _ in range(chance.randint(3, 25)):
        if chance.random() < 0.3:
            fail(after=chance.randint(0, 20))
        try:
            post.do_something(register)
        except (DiskFull, RegisterDamaged) as error:
            said.append(str(error))
        except (OSError, sqlite3.OperationalError):
            pass  # of a picture, which the console says; of the upkeep, which is logged and done again
    return said


@pytest.mark.parametrize("seed", [11, *(pytest.param(seed, marks=pytest.mark.lab) for seed in range(12, 34))])
def test_errors_of_the_disk_are_called_so_and_cost_nothing(memory: Path, sqlite: SimulatedSqlite, seed: int) -> None:
    """Where the upkeep commits without syncing, one seed in four loses cases saved behind what a failed sync lost."""
    post, chance = Post(sqlite, memory, seed), random.Random(seed)
    said: list[str] = []
    for boot in range(20):
        os.environ["DIWAN_BOOT_ID"] = f"boot-{boot}"
        with suppress(RegisterError), Register.open(post.folder, role="writer") as register:
            said += work_with_errors(post, register, chance)
        post.disk.faults.clear()
        post.disk.power_cut()
        assert post.missing() == []
    assert any("its disk reports errors" in one for one in said)
    assert any("until this machine has been restarted" in one for one in said)
    assert not any("free some space" in one for one in said)


def test_a_disk_that_cannot_be_read_is_named_with_the_remedy(memory: Path, sqlite: SimulatedSqlite) -> None:
    post = Post(sqlite, memory, 6)
    post.disk.faults.fail_read(after=5, times=1000)
    with pytest.raises(RegisterDamaged, match="reports errors"), Register.open(post.folder) as register:
        register.store.rows("SELECT * FROM journal, state, epoch")
    post.disk.faults.clear()
    assert post.missing() == []
