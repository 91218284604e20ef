"""The loop a node's long-running processes share: messages, wakes, signals, in one thread."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from types import FrameType

from diwan_core.register.waking import WAKE, short_way


class WakeSocket:
    """Where a save knocks: a datagram socket in the node's folder, so that nothing is ever polled for."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"{name}.{WAKE}"
        self.path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with short_way(folder) as way:
            self._socket.bind(f"{way}/{self.path.name}")
        self.path.chmod(0o600)

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Whether anyone knocked since the last call."""
        knocked = False
        while True:
            try:
                self._socket.recv(64)
            except BlockingIOError:
                return knocked
            knocked = True

    def close(self) -> None:
        """Take the socket away."""
        self._socket.close()
        self.path.unlink(missing_ok=True)


class Stop:
    """Set by SIGTERM or SIGINT; the loop ends after the transaction at hand."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        # A signal that comes while select waits must end the wait.
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def fileno(self) -> int:
        """For select."""
        return self._reader.fileno()
