"""Limits how many pages one account may open: enough for a person at work, too few to copy a register page by page.

A bucket of permits for each account: full it holds BURST, and it fills by PER_SECOND. It lives in the one process that
serves; whoever empties it waits seconds, and nothing is stored."""

import math
import threading
import time
from typing import Final

BURST: Final = 900
PER_SECOND: Final = 8.0
_PEOPLE: Final = 1000


class Pace:
    """The buckets of everyone at this console."""

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst, self._per_second = burst, per_second
        self._held: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, now: float | None = None) -> int:
        """0 when this account may go on, else the whole seconds until it may. `now` is monotonic seconds."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            left, then = self._held.pop(name, (float(self._burst), moment))
            left = min(float(self._burst), left + (moment - then) * self._per_second)
            while len(self._held) >= _PEOPLE:
                self._held.pop(next(iter(self._held)))
            self._held[name] = (left - 1 if left >= 1 else left, moment)
        return 0 if left >= 1 else math.ceil((1 - left) / self._per_second)
