"""Whose parcels are admitted next: a lone save never waits for another post's backlog."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message

BATCH_BYTES: Final = 400_000
"""Messages up to this size together share a transaction."""
SMALL_BYTES: Final = 32_000
"""A node with no more waiting than this reports as people do: some forty cases."""
BESIDE_BYTES: Final = 120_000
"""While one does, others' messages share a transaction up to this size only, or one of them: 700 rows, some 80 ms."""
REPORTED_S: Final = 5.0
"""How long ago such a node has sent something at the most, for others to take small steps."""

NODE_BYTES: Final = 10 * 1024 * 1024
"""Kept of one node at the most: its credit, one parcel of the largest size beyond it, and both once more. Who sends
more than it was granted loses it, and sends it again when it is asked for."""
ALL_BYTES: Final = 96 * 1024 * 1024
"""Kept of all together: the credit of some four hundred nodes. Beyond, only those with little waiting are heard."""

_PARCEL: Final = f"/{topics.PARCEL}"

log = logging.getLogger("diwan.ingest")


class Turns:
    """What came and is not admitted yet. Each node's messages keep their order. Nodes with little waiting go first,
    in a transaction of their own; after it one of the others has its turn, so that nobody waits for ever."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._waiting: dict[str, deque[Message]] = {}
        self._bytes: dict[str, int] = {}
        self._total = 0
        self._flooding: set[str] = set()
        self._reported: dict[str, float] = {}
        self._large: set[str] = set()
        self._large_is_next = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def beside(self) -> bool:
        """Whether a node other than those with a backlog has reported a case or a few just now."""
        heard = self._now() - REPORTED_S
        return any(at > heard and node not in self._large for node, at in self._reported.items())

    def add(self, messages: Iterable[Message]) -> None:
        """Messages as they came; those for which there is no room are lost, as a line loses them."""
        for message in messages:
            addressed = topics.sender(message[0])
            node = addressed[0] if addressed else ""
            size = self._bytes.get(node, 0) + len(message[1])
            if size > NODE_BYTES or (size > SMALL_BYTES and self._total + len(message[1]) > ALL_BYTES):
                self._drop(node)
                continue
            self._waiting.setdefault(node, deque()).append(message)
            self._bytes[node] = size
            self._total += len(message[1])

    def _drop(self, node: str) -> None:
        if node not in self._flooding:
            self._flooding.add(node)
            log.warning("no room for all that %s sends; what is lost is asked for again", node[:20])

    def next(self) -> list[Message]:
        """The messages of the next transaction: at least one where any waits."""
        small = [node for node in self._waiting if self._bytes[node] <= SMALL_BYTES]
        large = [node for node in self._waiting if self._bytes[node] > SMALL_BYTES]
        self._note(small, large)
        if small and not (large and self._large_is_next):
            self._large_is_next = bool(large)
            return self._taken(small, BATCH_BYTES)
        self._large_is_next = False
        return self._taken(large, BESIDE_BYTES if self.beside else BATCH_BYTES)

    def _note(self, small: Iterable[str], large: Iterable[str]) -> None:
        now = self._now()
        for node in small:
            if any(topic.endswith(_PARCEL) for topic, _ in self._waiting[node]):
                self._reported[node] = now
        if large := set(large):
            self._large = large
        if len(self._reported) > len(self._waiting):
            self._reported = {node: at for node, at in self._reported.items() if now - at < REPORTED_S}

    def _taken(self, nodes: list[str], limit: int) -> list[Message]:
        batch: list[Message] = []
        size = 0
        for node in sorted(nodes, key=self._bytes.__getitem__):
            queue = self._waiting[node]
            while queue and (not batch or size + len(queue[0][1]) <= limit):
                message = queue.popleft()
                batch.append(message)
                size += len(message[1])
                self._bytes[node] -= len(message[1])
                self._total -= len(message[1])
            if not queue:
                del self._waiting[node], self._bytes[node]
                self._flooding.discard(node)
        return batch
