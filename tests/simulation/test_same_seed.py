"""The same seed gives the same run of a real register on a simulated disk, to the last byte of every file."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from diwan_core import world

from tests.simulation.one_post import Post
from tests.simulation.seeded import BEGAN_S, SeededWorld
from tests.simulation.snapshot import Snapshot
from tests.simulation.vfs import installed

BOOTS = 12


class OnePostsWorld(SeededWorld):
    """A seeded world with one machine, which the post itself boots; each look at the clock takes a little."""

    def monotonic_s(self) -> float:
        """Seconds since the world began."""
        self.seconds += 0.000_137
        return self.seconds

    def wall_s(self) -> float:
        """Seconds since 1970."""
        return BEGAN_S + self.monotonic_s()

    def wall_ms(self) -> int:
        """The same, for SQLite."""
        return int(self.wall_s() * 1000)

    def sleep_us(self, microseconds: int) -> None:
        """Let time pass, for SQLite."""
        self.sleep(microseconds / 1_000_000)

    def boot_identity(self) -> str:
        """The one that the post has set."""
        return os.environ["DIWAN_BOOT_ID"]


def run(root: Path, seed: int) -> list[Snapshot]:
    """What lay on the post's disk after each power cut."""
    with installed(random.Random(seed)) as sqlite:
        machine = sqlite.clock = OnePostsWorld(seed, sqlite.disks)
        with world.using(machine):
            post = Post(sqlite, root, seed)
            seen = []
            for _ in range(BOOTS):
                post.work(300)
                post.disk.power_cut()
                seen.append(post.disk.snapshot())
    return seen


def test_the_same_seed_gives_the_same_bytes_of_every_file(memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIWAN_BOOT_ID", "boot-0")
    first, again, other = run(memory / "first", 7), run(memory / "again", 7), run(memory / "other", 8)
    for boot in range(BOOTS):
        assert first[boot].keys() == again[boot].keys()
        differing = [name for name, entry in first[boot].items() if again[boot][name] != entry]
        assert differing == [], f"after power cut {boot}"
    assert {"register.db", "register.db-wal"} <= set().union(*first)
    assert first[-1] != other[-1]
