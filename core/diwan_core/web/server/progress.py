"""Decides whether a transfer still makes progress: so many bytes in each span of time, however long it takes as a
whole."""

from diwan_core.web.server.limits import Limits


class Progress:
    """A transfer that began at `now`."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._passed = 0
        self.due = now + limits.window_s
        """When `too_slow` is to be asked."""

    def note(self, size: int) -> None:
        """Note that so many bytes have passed."""
        self._passed += size

    def too_slow(self, now: float) -> bool:
        """Whether a window has ended in which too little has passed; a new one begins where enough has."""
        if now < self.due:
            return False
        if self._passed < self._limits.window_bytes:
            return True
        self._passed = 0
        self.due = now + self._limits.window_s
        return False
