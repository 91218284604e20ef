"""The queue of members' requests at the relay: the member whose answers took least time so far is answered next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from diwan_core import world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics

HALF_LIFE_S: Final = 10.0
"""Time that answers took counts half after so long."""
LITTLE_S: Final = 0.05


class Questions:
    """The requests that wait for an answer. Of several alike of one member only the latest; among members who took as
    much time, in the order it was asked first."""

    def __init__(self, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self._now = monotonic
        self._waiting: dict[str, bytes] = {}
        self._spent: dict[str, float] = {}
        self._faded_at = monotonic()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, messages: Iterable[Message]) -> None:
        """Messages as they came; a topic names the member and what it asks."""
        self._waiting.update(messages)

    def charge(self, member: str, seconds: float) -> None:
        """An answer to a member has taken so long."""
        self._fade()
        self._spent[member] = self._spent.get(member, 0.0) + seconds

    def next(self) -> list[Message]:
        """The next one; none where none waits."""
        self._fade()
        if not self._waiting:
            return []
        topic = min(self._waiting, key=lambda topic: self._spent.get(member_of(topic), 0.0))
        return [(topic, self._waiting.pop(topic))]

    def _fade(self) -> None:
        now = self._now()
        kept = 0.5 ** ((now - self._faded_at) / HALF_LIFE_S)
        if kept < 0.99:
            self._faded_at = now
            # What is little is forgotten, so that members who ask as people do are answered in their order.
            self._spent = {member: left for member, spent in self._spent.items() if (left := spent * kept) > LITTLE_S}


def member_of(topic: str) -> str:
    """The member that asks; "" where the topic is none of a member's."""
    addressed = topics.sender(topic)
    return addressed[0] if addressed else ""
