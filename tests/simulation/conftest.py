"""A place in memory for simulated disks, and SQLite on them."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core import world

from tests.simulation.disks import WorldOfDisks
from tests.simulation.vfs import SimulatedSqlite, installed


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is a place for it; nothing is left of it."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="diwan-simulation-", dir=shared))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def sqlite() -> Iterator[SimulatedSqlite]:
    """SQLite on simulated disks; the product's doors lead to the same disks."""
    with installed(random.Random(1)) as simulated, world.using(WorldOfDisks(simulated.disks)):
        yield simulated
