"""One seeded world for all machines of a simulated country: its clock, its chance, its boots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from diwan_core.world import Background

from tests.simulation.disk import SimulatedDisk
from tests.simulation.disks import Disks, WorldOfDisks
from tests.simulation.releases import Releases

BEGAN_S: Final = 1_796_000_000.0
"""2026-11-30, after the floor that a release puts under every clock."""


@dataclass
class Machine:
    """A machine of the country: which boot it is in, how wrong its clock is, which file its database is."""

    name: str
    folder: Path
    hardware: str
    boot: str = "boot 0"
    booted_s: float = 0.0
    clock_s: float = 0.0
    disk: SimulatedDisk | None = None
    dictionary: int = 0
    """The dictionary of the older release that it runs; 0: the present one."""


class Idle:
    """A thread that is never run: the simulation takes its steps itself."""

    def start(self) -> None:
        """Nothing."""

    def join(self) -> None:
        """Nothing."""


class SeededWorld(WorldOfDisks):
    """Every door answered from one seed. `at` says which machine stands at the doors."""

    def __init__(self, seed: int, disks: Disks) -> None:
        super().__init__(disks)
        self._bits = Random(f"bits {seed}")
        self.seconds = 1000.0
        self.here: Machine | None = None
        self._releases = Releases()
        self.on_point: Callable[[str], None] = lambda name: None
        """Called at each of `crash.POINTS`, by whoever passes it."""

    @contextmanager
    def at(self, machine: Machine) -> Iterator[None]:
        """What is done inside is done by this machine."""
        before, self.here = self.here, machine
        try:
            with self._releases.using(machine.dictionary):
                yield
        finally:
            self.here = before

    def passes(self, name: str) -> None:
        """In place of `crash.point`."""
        self.on_point(name)

    def wall_s(self) -> float:
        return max(0.0, BEGAN_S + self.seconds + (self.here.clock_s if self.here else 0.0))

    def monotonic_s(self) -> float:
        return self.seconds - (self.here.booted_s if self.here else 0.0)

    def local_offset_minutes(self, wall_s: float) -> int:
        return 180

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def random_bytes(self, count: int) -> bytes:
        return self._bits.randbytes(count)

    def random_bits(self, count: int) -> int:
        return self._bits.getrandbits(count)

    def boot_identity(self) -> str:
        return f"{self.here.boot}-{self.here.hardware}" if self.here else "no boot"

    def background(self, run: Callable[[], None], name: str) -> Background:
        return Idle()
