"""The finding that rows have waited at a post for a week without a receipt; they would be lost with the post."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from diwan_core import world
from diwan_core.health.findings import Findings
from diwan_core.register import Register

WAITS: Final = "rows_wait"
LONG_S: Final = 7 * 86_400
EVERY_S: Final = 600.0


class Silence:
    """Looks every ten minutes whether rows have waited for a week without a receipt of the centre."""

    def __init__(
        self, register: Register, findings: Findings, monotonic: Callable[[], float] = world.monotonic_s,
        now: Callable[[], float] = world.wall_s,
    ) -> None:  # fmt: skip
        self._register, self._findings, self._monotonic, self._now = register, findings, monotonic, now
        self._next = self._began = monotonic()

    def turn(self) -> None:
        """Look, if it is time to."""
        if self._monotonic() < self._next:
            return
        self._next = self._monotonic() + EVERY_S
        count, heard = self._register.unsent()
        if heard is None:
            long = self._monotonic() - self._began > LONG_S
        else:
            long = self._now() - heard / 1000 > LONG_S
        if count and long:
            since = "never" if heard is None else time.strftime("%Y-%m-%d", time.gmtime(heard / 1000))
            self._findings.note(WAITS, count=str(count), since=since)
        else:
            self._findings.clear(WAITS)
