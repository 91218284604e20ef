"""Carriers, which move messages between nodes; they may lose, repeat, reorder or forget any message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Message = tuple[str, bytes]
"""(topic, payload)."""


class Carrier(Protocol):
    """The interface of a carrier, as a node's loop uses it."""

    @property
    def up(self) -> bool:
        """Whether messages can be published now."""
        ...

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message, or lose it."""
        ...

    def poll(self, timeout: float, wake: Sequence[int] = ()) -> list[Message]:
        """Messages that came, after at most `timeout` seconds, or sooner when a descriptor of `wake` can be read."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
