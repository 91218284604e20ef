"""Paces the feed at a post: rows of others are taken a few at a time, so that a save made there never waits for them.

Small parcels share a transaction, so that two hundred posts that come back at once cost a post's card few commits."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics

FEED_BYTES: Final = 48 * 1024
"""Feed parcels up to this size together share a transaction: some 150 rows."""
YIELD_S: Final = 0.005
"""How long the database is left alone between two of them: who waits for it looks every half millisecond."""


class Paced:
    """The feed parcels that came and are not taken yet, in their order."""

    def __init__(self) -> None:
        self._feed: deque[Message] = deque()

    def __bool__(self) -> bool:
        return bool(self._feed)

    def set_aside(self, messages: Sequence[Message]) -> list[Message]:
        """Keep the feed parcels of what came; the rest is to be taken at once."""
        now: list[Message] = []
        for message in messages:
            (self._feed if topics.is_feed(message[0]) else now).append(message)
        return now

    def next(self) -> list[Message]:
        """The feed parcels of the next transaction: at least one where any waits."""
        some: list[Message] = []
        size = 0
        while self._feed and (not some or size + len(self._feed[0][1]) <= FEED_BYTES):
            some.append(self._feed.popleft())
            size += len(some[-1][1])
        return some
