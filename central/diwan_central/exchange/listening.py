"""Subscriptions of a service of the centre: which posts it hears, and which it does not hear for a while.

Each is heard by subscriptions of its own, so that one that floods can be left unheard and no other's messages wait
behind its. A post never has more on its way than it was granted, and a few questions. One from which much more arrives
is not heard for some seconds, and longer each time it begins again. What it sends meanwhile the broker drops, as a line
would: a post that means well sends it again when it is answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from diwan_core import world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.register import Register
from diwan_core.register.exchange_state.ledger_entries import last_entry
from diwan_core.register.exchange_state.nodes import posts

FIRST_S: Final = 5.0
LONGEST_S: Final = 900.0
FORGIVEN_S: Final = 3600.0
"""A node that was heard for so long without a flood begins at FIRST_S again."""
WINDOW_S: Final = 1.0
MOST_MESSAGES: Final = 2_000
MOST_BYTES: Final = 48 * 1024 * 1024
"""Of one node within WINDOW_S; honest ones wait for answers between a few."""

log = logging.getLogger("diwan.flood")


class Session(Protocol):
    """A session whose subscriptions can be changed."""

    def subscribe(self, more: Sequence[str]) -> None:
        """Hear these topics too."""

    def unsubscribe(self, less: Sequence[str]) -> None:
        """Hear these topics no more."""


class Listening:
    """The subscriptions of one service: these leaves of every node's topics."""

    def __init__(
        self, session: Session, leaves: Sequence[str], monotonic: Callable[[], float] = world.monotonic_s
    ) -> None:
        self._session = session
        self._leaves = leaves
        self._now = monotonic
        self._nodes: set[str] = set()
        self._unheard: dict[str, float] = {}
        """Node -> when it is heard again."""
        self._last: dict[str, tuple[float, float]] = {}
        """Node -> when it was heard again last, and for how long it had not been."""
        self._window = -1e9
        self._counts: dict[str, tuple[int, int]] = {}

    def follow(self, nodes: Iterable[str]) -> None:
        """Hear these nodes, and no others."""
        wanted = set(nodes)
        self._subscribe(wanted - self._nodes - self._unheard.keys())
        self._unsubscribe(self._nodes - wanted - self._unheard.keys())
        self._nodes = wanted

    def note(self, messages: Iterable[Message]) -> None:
        """Messages that came: who sends too many is not heard for a while."""
        now = self._now()
        if now - self._window > WINDOW_S:
            self._window = now
            self._counts.clear()
        for topic, payload in messages:
            addressed = topics.sender(topic)
            if addressed is not None:
                count, size = self._counts.get(addressed[0], (0, 0))
                self._counts[addressed[0]] = count + 1, size + len(payload)
        for node, (count, size) in self._counts.items():
            if (count > MOST_MESSAGES or size > MOST_BYTES) and node not in self._unheard:
                self.leave(node)

    def leave(self, node: str) -> None:
        """Do not hear a node for a while."""
        if node in self._unheard or node not in self._nodes:
            return
        since, before = self._last.get(node, (-1e9, 0.0))
        seconds = min(LONGEST_S, before * 2) if before and self._now() - since < FORGIVEN_S else FIRST_S
        self._unheard[node] = self._now() + seconds
        self._last[node] = self._unheard[node], seconds
        self._unsubscribe({node})
        log.warning("%s sends far more than it was granted, and is not heard for %.0f s", node, seconds)

    def turn(self) -> None:
        """Hear again whose time has come."""
        back = {node for node, until in self._unheard.items() if self._now() >= until}
        for node in back:
            del self._unheard[node]
        self._subscribe(back & self._nodes)

    def _subscribe(self, nodes: Iterable[str]) -> None:
        if found := self._topics(nodes):
            self._session.subscribe(found)

    def _unsubscribe(self, nodes: Iterable[str]) -> None:
        if found := self._topics(nodes):
            self._session.unsubscribe(found)

    def _topics(self, nodes: Iterable[str]) -> list[str]:
        return [topics.up(node, leaf) for node in sorted(nodes) for leaf in self._leaves]


class Nodes:
    """The posts that are in the ledger, looked up again when it has grown."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._length = -1

    def new(self) -> set[str] | None:
        """All of them, where there may be others than at the last call."""
        length = last_entry(self._register.store)
        if length == self._length:
            return None
        self._length = length
        with self._register.store.read() as transaction:
            return set(posts(transaction))
