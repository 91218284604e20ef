"""Whose parcels are admitted next: a lone save never waits for another post's backlog."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message

BATCH_BYTES: Final = 400_000
"""Messages up to this size together share a transaction."""


class Turns:
    """What came and is not admitted yet. Each node's messages keep their order; the node with the fewest bytes waiting
    goes first."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Message]] = {}
        self._bytes: dict[str, int] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, messages: Iterable[Message]) -> None:
        """Messages as they came."""
        for message in messages:
            addressed = topics.sender(message[0])
            node = addressed[0] if addressed else ""
            self._waiting.setdefault(node, deque()).append(message)
            self._bytes[node] = self._bytes.get(node, 0) + len(message[1])

    def next(self) -> list[Message]:
        """The messages of the next transaction: at least one where any waits."""
        batch: list[Message] = []
        size = 0
        for node in sorted(self._waiting, key=lambda name: self._bytes[name]):
            queue = self._waiting[node]
            while queue and (not batch or size + len(queue[0][1]) <= BATCH_BYTES):
                message = queue.popleft()
                batch.append(message)
                size += len(message[1])
                self._bytes[node] -= len(message[1])
            if not queue:
                del self._waiting[node], self._bytes[node]
        return batch
