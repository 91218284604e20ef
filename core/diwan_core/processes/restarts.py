"""How long to wait before a process is started again: longer each time it ends soon after its start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FIRST_S: Final = 2.0
LAST_S: Final = 60.0
STEADY_S: Final = 60.0
"""A process that ran for so long was well: its next end is a first one again."""


@dataclass
class Restarts:
    """The restarts of one process. Times are seconds of a clock that only goes forward."""

    wait_s: float = 0.0
    """The present pause; 0 while none is due."""
    due: float = 0.0
    _started: float = 0.0

    def started(self, now: float) -> None:
        """The process was started."""
        self._started = now

    def ended(self, now: float) -> float:
        """The process ended; returns the seconds until it is started again."""
        steady = now - self._started >= STEADY_S
        self.wait_s = FIRST_S if steady or not self.wait_s else min(2 * self.wait_s, LAST_S)
        self.due = now + self.wait_s
        return self.wait_s
