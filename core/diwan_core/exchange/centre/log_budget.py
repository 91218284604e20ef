"""Limits the lines of the log about one node, so that a node whose messages are refused cannot fill the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from diwan_core import world

LINES: Final = 40
"""Of one node within WINDOW_S; what there was more is counted in a line of its own."""
WINDOW_S: Final = 60.0
NODES: Final = 5_000


class LogBudget:
    """Lines of a log, by the nodes they are about."""

    def __init__(self, log: logging.Logger, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self._log = log
        self._now = monotonic
        self._told: dict[str, tuple[float, int]] = {}

    def warn(self, node: str, message: str, *arguments: object) -> None:
        """Write a warning about a node, if there is room for it."""
        now = self._now()
        since, count = self._told.get(node, (now, 0))
        if now - since > WINDOW_S:
            if count > LINES:
                self._log.warning("%d more lines about %s were left out", count - LINES, node[:20])
            since, count = now, 0
        if node not in self._told and len(self._told) >= NODES:
            self._told.clear()
        self._told[node] = since, count + 1
        if count < LINES:
            self._log.warning(message, *arguments)
