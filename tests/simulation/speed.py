"""How quick a simulated disk is: `python -m tests.simulation.speed`."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from diwan_core import world
from diwan_core.register import Register

from tests.simulation.disks import WorldOfDisks
from tests.simulation.one_post import Post
from tests.simulation.vfs import SimulatedSqlite, installed

SAVES = 500
REPEATS = 20


def _each_ms(times: int, do: Callable[[], object]) -> float:
    begun = time.process_time()
    for _ in range(times):
        do()
    return (time.process_time() - begun) / times * 1000


def measure(sqlite: SimulatedSqlite, root: Path) -> None:
    """Print milliseconds of processor time for what a simulation does most."""
    post = Post(sqlite, root, 1)
    with Register.open(post.folder, role="writer") as register:
        before, begun = post.disk.operations, time.process_time()
        simulated = _each_ms(SAVES, lambda: post.save(register))
        done, took = post.disk.operations - before, time.process_time() - begun
    print(f"save a case on the simulated disk   {simulated:6.2f} ms, {done / SAVES:.0f} operations of the disk")
    print(f"operations a second, with the saves {done / took:6.0f}")
    sqlite.disks.remove(post.disk)
    with Register.open(post.folder, role="writer") as register:
        plain = _each_ms(SAVES, lambda: post.save(register))
    print(f"save a case on a file in memory     {plain:6.2f} ms")
    sqlite.disks.add(post.disk)
    with Register.open(post.folder, role="writer") as register:
        register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    print(f"bytes on the disk                   {post.disk.used():6d}")
    print(f"take a snapshot                     {_each_ms(REPEATS, post.disk.snapshot):6.2f} ms")
    whole = post.disk.snapshot()
    print(f"put it back                         {_each_ms(REPEATS, lambda: post.disk.restore(whole)):6.2f} ms")
    print(f"die and be switched on again        {_each_ms(REPEATS, lambda: _once(post)):6.2f} ms")


def _once(post: Post) -> None:
    post.work(100)
    post.disk.power_cut()


def main() -> None:
    """Measure in a folder in memory, if there is one."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=shared) as folder,
        installed(random.Random(1)) as sqlite,
        world.using(WorldOfDisks(sqlite.disks)),
    ):
        measure(sqlite, Path(folder))


if __name__ == "__main__":
    main()
