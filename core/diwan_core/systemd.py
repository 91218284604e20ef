"""Messages of a service to systemd: that it is ready, and that it still works (sd_notify(3), WatchdogSec).

Outside systemd the environment variables are missing and nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Final

SOCKET: Final = "NOTIFY_SOCKET"
MICROSECONDS: Final = "WATCHDOG_USEC"
PROCESS: Final = "WATCHDOG_PID"


def notify(state: str) -> bool:
    """Send one state such as `READY=1`; False where no service manager listens."""
    address = os.environ.get(SOCKET, "")
    if not address or address[0] not in "/@":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.connect("\0" + address[1:] if address[0] == "@" else address)
            sender.sendall(state.encode())
        except OSError:
            return False
    return True


def may_take(seconds: float) -> None:
    """The service may take so long to start, though its unit allows less."""
    notify(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")


def ready() -> None:
    """The service has started."""
    notify("READY=1")


class Watchdog:
    """Tells systemd that a loop still runs. When a process hangs, the messages stop and systemd starts the service
    again.

    `interval_s` is how often `beat` must be called: a third of what systemd allows, so that two may be late. It is None
    where no watchdog watches this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._last = -1e9
        self.interval_s = _interval()

    def beat(self) -> None:
        """The loop has completed a round; cheap enough to call each time."""
        if self.interval_s is None:
            return
        now = self._now()
        if now - self._last >= self.interval_s / 2:
            self._last = now
            notify("WATCHDOG=1")

    def within(self, timeout_s: float) -> float:
        """A wait no longer than the watchdog allows, in seconds."""
        return timeout_s if self.interval_s is None else min(timeout_s, self.interval_s)


def _interval() -> float | None:
    try:
        microseconds = int(os.environ.get(MICROSECONDS, "0"))
        process = int(os.environ.get(PROCESS, "0"))
    except ValueError:
        return None
    if microseconds <= 0 or process not in (0, os.getpid()):
        return None
    return microseconds / 3e6
