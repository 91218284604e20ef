"""What the exchange asks of whoever keeps the posts' logs of reads at the centre."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

Standing = list[tuple[int, bytes]]
"""Up to which row a log is here, and places before it: (row, its seal), the furthest first."""
Anchors = Sequence[tuple[int, str]]
"""What a node has anchored of its log: (rows, seal in hex), the longest first."""


class LogKeeper(Protocol):
    """The keeper of logs of reads."""

    def standing(self, node: str, anchors: Anchors) -> Standing | None:
        """How far the log of a node is here; None where nothing can be taken now."""
        ...

    def take(self, node: str, sealed: bytes, anchors: Anchors) -> Standing | None:
        """Take a stretch of it; how far it is here then, None where there is nothing to say. Raises TrustError."""
        ...
