"""A carrier in memory, for tests: a bus that can lose, repeat and reorder messages, from a seeded source of chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from diwan_core.exchange.carriers import Message


@dataclass
class MemoryBus:
    """Joins carriers. `loss` and `double` are chances per delivery; `reorder` shuffles what waits at a reader."""

    seed: int = 0
    loss: float = 0.0
    double: float = 0.0
    reorder: bool = False
    readers: list[MemoryCarrier] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def carrier(self, name: str, subscriptions: Sequence[str], denied: Sequence[str] = ()) -> MemoryCarrier:
        """A reader and writer on the bus; topics that begin with one of `denied` do not reach it."""
        made = MemoryCarrier(self, name, tuple(subscriptions), tuple(denied))
        self.readers.append(made)
        return made

    def deliver(self, topic: str, payload: bytes) -> None:
        """Hand a message to every reader subscribed to its topic."""
        for reader in self.readers:
            if not reader.wants(topic) or self.chance.random() < self.loss:
                continue
            for _ in range(2 if self.chance.random() < self.double else 1):
                reader.inbox.append((topic, payload))
            if self.reorder:
                self.chance.shuffle(reader.inbox)


class MemoryCarrier:
    """One node's end of a MemoryBus."""

    def __init__(self, bus: MemoryBus, name: str, subscriptions: tuple[str, ...], denied: tuple[str, ...]) -> None:
        self._bus = bus
        self.name = name
        self._patterns = [pattern.split("/") for pattern in subscriptions]
        self._denied = denied
        self.inbox: list[Message] = []
        self.up = True

    def wants(self, topic: str) -> bool:
        """Whether a topic matches a subscription (MQTT 3.1.1 §4.7) and is not denied."""
        if any(topic.startswith(denied) for denied in self._denied):
            return False
        levels = topic.split("/")
        return any(_matches(pattern, levels) for pattern in self._patterns)

    def publish(self, topic: str, payload: bytes) -> None:
        """See `Carrier`."""
        if self.up:
            self._bus.deliver(topic, payload)

    def poll(self, timeout: float, wake: Sequence[int] = ()) -> list[Message]:
        """See `Carrier`; never waits."""
        if not self.up:
            self.inbox.clear()
        messages, self.inbox = self.inbox, []
        return messages

    def close(self) -> None:
        """Leave the bus."""
        self._bus.readers.remove(self)


def _matches(pattern: Sequence[str], levels: Sequence[str]) -> bool:
    for at, level in enumerate(pattern):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(pattern) == len(levels)
