"""The nodes of a simulated country: their machines, and their processes while they run."""

from __future__ import annotations

from dataclasses import dataclass

from diwan_core import world
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.centre.relay import RelayExchange
from diwan_core.exchange.erasure import Tidier
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.register import Register, maintenance

from tests.simulation.code_lists import CodeLists
from tests.simulation.disk import SimulatedDisk
from tests.simulation.seeded import Machine


class Upkeep:
    """What the thread beside a writer does: copy the log into the database, merge the search index."""

    def __init__(self, register: Register) -> None:
        self._turns = maintenance.turns(register.store.path)
        self._due_s = 0.0

    def turn(self) -> None:
        """What is due now."""
        now = world.monotonic_s()
        if now >= self._due_s:
            self._due_s = now + next(self._turns)

    def end(self) -> None:
        """Its connection is closed."""
        self._turns.close()


@dataclass
class PostNode:
    """A post: its machine, and its processes while they run."""

    machine: Machine
    id: str
    register: Register | None = None
    exchange: PostExchange | None = None
    tidier: Tidier | None = None
    upkeep: Upkeep | None = None
    codes: CodeLists | None = None
    line: bool = True
    """Whether its line to the broker works."""
    identity: bytes = b""
    """Its public key, by which the broker knows it."""

    @property
    def runs(self) -> bool:
        return self.exchange is not None

    @property
    def name(self) -> str:
        return self.machine.name

    def needed(self) -> tuple[Register, PostExchange]:
        """Its register and its exchange, of a post that runs."""
        assert self.register is not None and self.exchange is not None
        return self.register, self.exchange


@dataclass
class CentreNode:
    """The centre and its two services."""

    machine: Machine
    id: str = ""
    register: Register | None = None
    inbox: Inbox | None = None
    reader: Register | None = None
    relay: RelayExchange | None = None
    tidier: Tidier | None = None
    upkeep: Upkeep | None = None
    codes: CodeLists | None = None

    @property
    def runs(self) -> bool:
        return self.inbox is not None

    def needed(self) -> tuple[Register, Inbox, RelayExchange]:
        assert self.register is not None and self.inbox is not None and self.relay is not None
        return self.register, self.inbox, self.relay


def disk_of(machine: Machine) -> SimulatedDisk:
    """The disk of a machine that has been set up."""
    assert machine.disk is not None
    return machine.disk
