"""QR codes of enrolment codes on their way to the page that shows them, each fetched once."""

from __future__ import annotations

import threading
from typing import Final

from diwan_core import world

KEPT_S: Final = 120.0
MOST: Final = 50


class ShownOnce:
    """Codes on their way to the picture beside them: in memory only, for two minutes, each for one look."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def keep(self, code: str) -> str:
        """A name for the picture of a code."""
        name = world.random_text(16)
        with self._lock:
            while len(self._held) >= MOST:
                self._held.pop(next(iter(self._held)))
            self._held[name] = (world.monotonic_s() + KEPT_S, code)
        return name

    def take(self, name: str) -> str | None:
        """The code of a picture, the first time and in time; else None."""
        with self._lock:
            until, code = self._held.pop(name, (0.0, ""))
        return code if world.monotonic_s() < until else None
