"""The queue of parcels at the centre: shares the time of admission fairly between nodes, and admits single saves
before backlogs.

The time of admission is measured for each node and shared fairly: a small message may cost more than a large one, and a
hostile post would send such messages."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from diwan_core import world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics

BATCH_BYTES: Final = 400_000
"""Messages up to this size together share a transaction."""
SMALL_BYTES: Final = 32_000
"""A node with no more waiting than this reports as people do: some forty cases."""
BESIDE_BYTES: Final = 120_000
"""While one does, others' messages share a transaction up to this size only, or one of them: 700 rows, some 80 ms."""
REPORTED_S: Final = 5.0
"""How long ago such a node has sent something at the most, for others to take small steps."""
STEP_S: Final = 0.25
"""A transaction takes no message more after this long,"""
BESIDE_S: Final = 0.1
"""nor after this long while others report."""

LIGHT_S: Final = 0.3
"""Seconds of admission, those long ago counting less, that a node may have taken and is still heard with the small."""
HALF_LIFE_S: Final = 2.0

NODE_BYTES: Final = 4 * 1024 * 1024
"""Kept of one node at the most: its credit, one packet of the largest size beyond it, both once more, and the pieces of
pictures that go ahead of their receipts. Who sends more than it was granted loses it, and sends it again when it is
asked for."""
ALL_BYTES: Final = 96 * 1024 * 1024
"""Kept of all together: the credit of some four hundred nodes. Beyond, only those with little waiting are heard."""
NODE_MESSAGES: Final = 5_000
"""Kept of one node at the most, however small they are."""

_PARCEL: Final = f"/{topics.PARCEL}"

log = logging.getLogger("diwan.ingest")


class Turn(NamedTuple):
    """The messages of the next transaction, and the seconds it may take."""

    messages: list[Message]
    seconds: float


class Turns:
    """The messages that came and are not admitted yet. Each node's messages keep their order. Nodes with little
    waiting that have taken no more than their share of the time go first, in a transaction of their own; after it the
    others have their turn, who took least time before whom took most, so that nobody waits for ever."""

    def __init__(self, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self._now = monotonic
        self._waiting: dict[str, deque[Message]] = {}
        self._bytes: dict[str, int] = {}
        self._total = 0
        self._flooding: set[str] = set()
        self._crowded: set[str] = set()
        self._reported: dict[str, float] = {}
        self._large: set[str] = set()
        self._large_is_next = False
        self._spent: dict[str, float] = {}
        self._faded_at = monotonic()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def beside(self) -> bool:
        """Whether a node other than those with a backlog has reported a case or a few just now."""
        heard = self._now() - REPORTED_S
        return any(at > heard and node not in self._large for node, at in self._reported.items())

    def charge(self, spent: Mapping[str, float]) -> None:
        """Note that nodes have used so many seconds."""
        self._fade()
        for node, seconds in spent.items():
            self._spent[node] = self._spent.get(node, 0.0) + seconds

    def _fade(self) -> None:
        now = self._now()
        kept = 0.5 ** ((now - self._faded_at) / HALF_LIFE_S)
        if kept < 0.99:
            self._faded_at = now
            self._spent = {node: left for node, seconds in self._spent.items() if (left := seconds * kept) > 0.001}

    def add(self, messages: Iterable[Message]) -> None:
        """Messages as they came; those for which there is no room are lost, as a line loses them."""
        for message in messages:
            node = _node(message)
            size = self._bytes.get(node, 0) + len(message[1])
            if size > NODE_BYTES or len(self._waiting.get(node, ())) >= NODE_MESSAGES:
                self._flooding.add(node)
                continue
            if size > SMALL_BYTES and self._total + len(message[1]) > ALL_BYTES:
                self._drop(node)
                continue
            self._waiting.setdefault(node, deque()).append(message)
            self._bytes[node] = size
            self._total += len(message[1])

    def put_back(self, messages: Sequence[Message]) -> None:
        """Put back the messages of a turn that were not reached; they come first again."""
        for message in reversed(messages):
            node = _node(message)
            self._waiting.setdefault(node, deque()).appendleft(message)
            self._bytes[node] = self._bytes.get(node, 0) + len(message[1])
            self._total += len(message[1])

    def flooding(self) -> set[str]:
        """Nodes that have sent far more than they were granted since the last call; what was too much is lost."""
        found, self._flooding = self._flooding, set()
        return found

    def _drop(self, node: str) -> None:
        if node not in self._crowded:
            self._crowded.add(node)
            log.warning("no room for all that %s sends; what is lost is asked for again", node[:20])

    def next(self) -> Turn:
        """The messages of the next transaction: at least one where any waits."""
        self._fade()
        share = self._share()
        small = [node for node in self._waiting if self._is_small(node, share)]
        large = [node for node in self._waiting if not self._is_small(node, share)]
        self._note(small, large)
        seconds = BESIDE_S if self.beside else STEP_S
        if small and not (large and self._large_is_next):
            self._large_is_next = bool(large)
            return Turn(self._taken(small, BATCH_BYTES), seconds)
        self._large_is_next = False
        return Turn(self._taken(large, BESIDE_BYTES if self.beside else BATCH_BYTES), seconds)

    @property
    def is_small_waiting(self) -> bool:
        """Whether a node waits that goes before those with a backlog."""
        share = self._share()
        return any(self._is_small(node, share) for node in self._waiting)

    def _share(self) -> float:
        """The seconds that each node may have taken."""
        return max(LIGHT_S, sum(self._spent.values()) / max(1, len(self._spent.keys() | self._waiting.keys())))

    def _is_small(self, node: str, share: float) -> bool:
        return self._bytes[node] <= SMALL_BYTES and self._spent.get(node, 0.0) <= share

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
        for node in sorted(nodes, key=lambda node: (self._spent.get(node, 0.0), self._bytes[node])):
            queue = self._waiting[node]
            while queue and (not batch or size + len(queue[0][1]) <= limit):
                message = queue.popleft()
                batch.append(message)
                size += len(message[1])
                self._bytes[node] -= len(message[1])
                self._total -= len(message[1])
            if not queue:
                del self._waiting[node], self._bytes[node]
                self._crowded.discard(node)
        return batch


def _node(message: Message) -> str:
    addressed = topics.sender(message[0])
    return addressed[0] if addressed else ""
