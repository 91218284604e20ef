"""The broker, and the lines to it: messages wait in order until they are taken, lost, doubled, harmed or late."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.carriers.memory import _matches

LATE_STEPS: Final = (50, 5000)
HEARD: Final = 300


@dataclass
class _Reader:
    name: str
    identity: bytes
    patterns: list[list[str]]
    denied: tuple[str, ...]
    waiting: list[Message] = field(default_factory=list)
    _wanted: dict[str, bool] = field(default_factory=dict)

    def wants(self, topic: str) -> bool:
        if topic not in self._wanted:
            self._wanted[topic] = self._is_wanted(topic)
        return self._wanted[topic]

    def _is_wanted(self, topic: str) -> bool:
        if any(topic.startswith(denied) for denied in self.denied):
            return False
        levels = topic.split("/")
        return any(_matches(pattern, levels) for pattern in self.patterns)


class Broker:
    """Joins the nodes. The centre's services are trusted; nodes are let in by the list of the ledger."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._readers: dict[str, _Reader] = {}
        self.refused: set[bytes] = set()
        self._late: list[tuple[int, str, Message]] = []
        self._step = 0
        self.weather: dict[str, float] = {}
        """Chances a delivery: "lose", "double", "reorder", "harm", "late"."""
        self.carried = 0
        self.heard: deque[Message] = deque(maxlen=HEARD)
        """The latest messages, which a hostile broker could send again."""

    def connect(self, name: str, identity: bytes, subscriptions: Sequence[str], denied: Sequence[str] = ()) -> None:
        self._readers[name] = _Reader(name, identity, [one.split("/") for one in subscriptions], tuple(denied))

    def disconnect(self, name: str) -> None:
        self._readers.pop(name, None)

    def shut_out(self, identity: bytes) -> None:
        """What its lists say of revoked keys."""
        self.refused.add(identity)
        for reader in self._readers.values():
            if reader.identity == identity:
                reader.waiting.clear()

    def publish(self, name: str, topic: str, payload: bytes) -> None:
        """A message of a connected client to all who want it."""
        sender = self._readers.get(name)
        if sender is None or sender.identity in self.refused:
            return
        self.heard.append((topic, payload))
        for reader in self._readers.values():
            if reader.wants(topic) and reader.identity not in self.refused:
                self._deliver(reader, topic, payload)

    def put_in(self, topic: str, payload: bytes) -> None:
        """A message that nobody connected has said."""
        for reader in self._readers.values():
            if reader.wants(topic):
                reader.waiting.append((topic, payload))

    def _deliver(self, reader: _Reader, topic: str, payload: bytes) -> None:
        fate = {kind for kind, rate in sorted(self.weather.items()) if rate and self.chance.random() < rate}
        self.carried += 1
        if "lose" in fate:
            return
        if "harm" in fate and payload:
            harmed = bytearray(payload)
            at = self.chance.randrange(len(harmed))
            if self.chance.random() < 0.5:
                harmed[at] ^= 1 << self.chance.randrange(8)
            else:
                del harmed[at:]
            payload = bytes(harmed)
        if "late" in fate:
            self._late.append((self._step + self.chance.randrange(*LATE_STEPS), reader.name, (topic, payload)))
            return
        for _ in range(2 if "double" in fate else 1):
            at = self.chance.randrange(len(reader.waiting) + 1) if "reorder" in fate else len(reader.waiting)
            reader.waiting.insert(at, (topic, payload))

    def step(self) -> None:
        """Time passes: what was late may arrive, at whoever has that name now."""
        self._step += 1
        due = [one for one in self._late if one[0] <= self._step]
        if due:
            self._late = [one for one in self._late if one[0] > self._step]
            for _, name, message in due:
                if (reader := self._readers.get(name)) is not None and reader.identity not in self.refused:
                    reader.waiting.append(message)

    def taken(self, name: str) -> list[Message]:
        """All that waits for a reader."""
        reader = self._readers[name]
        messages, reader.waiting = reader.waiting, []
        return messages

    def drop(self, name: str) -> list[Message]:
        """Without a line what waits is lost."""
        self._readers[name].waiting.clear()
        return []

    def wipe(self) -> None:
        """The broker loses all it has."""
        for reader in self._readers.values():
            reader.waiting.clear()

    def hurry(self) -> None:
        """What is late is never delivered."""
        self._late.clear()
