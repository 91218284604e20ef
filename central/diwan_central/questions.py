"""What members asked the relay: two hundred that come back at once are answered one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from diwan_core.exchange.carriers import Message


class Questions:
    """What waits for an answer, in the order it was asked first. Of several alike of one member only the latest."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, messages: Iterable[Message]) -> None:
        """Messages as they came; a topic names the member and what it asks."""
        self._waiting.update(messages)

    def next(self) -> list[Message]:
        """The next one; none where none waits."""
        for topic in self._waiting:
            return [(topic, self._waiting.pop(topic))]
        return []
