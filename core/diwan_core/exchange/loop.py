"""The parts of a node's main loops: wake socket, signals, and waiting for messages, in one thread."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from diwan_core import world
from diwan_core.register.storage.database import Store
from diwan_core.register.storage.wake import WAKE, short_way

LOOK_S: Final = 2.0
"""How often what a lost knock did not say is looked for; a loop that sleeps comes round every five seconds."""

log = logging.getLogger("diwan.wake")


class WakeSocket:
    """The socket that a save wakes: a datagram socket in the node's folder, so that nothing has to be polled.

    It is this process's own: a socket that another one has put in its place is left alone."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self.path = folder / f"{name}.{WAKE}"
        self.path.unlink(missing_ok=True)
        self._bind()

    def _bind(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        with short_way(self._folder) as way:
            self._socket.bind(f"{way}/{self.path.name}")
        self.path.chmod(0o600)
        self._mark = self._found()

    def _found(self) -> tuple[int, int, int] | None:
        """The identity of the file at the socket's path, which tells it from any other; the number of a file alone
        may be given again soon."""
        try:
            held = self.path.lstat()
        except FileNotFoundError:
            return None
        return held.st_dev, held.st_ino, held.st_ctime_ns

    def keep(self) -> bool:
        """Make the socket again where its file was taken away; whether it was."""
        if self._found() is not None:
            return False
        self._socket.close()
        self._bind()
        return True

    def fileno(self) -> int:
        """The descriptor for select."""
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
        """Take the socket away, and its file where it is still this one's."""
        if self._found() == self._mark:
            self.path.unlink(missing_ok=True)
        self._socket.close()


class Wakings:
    """Whether something was saved: a knock says so at once; a look every few seconds finds what a lost knock did not
    say, by SQLite's own count of what other connections have committed."""

    def __init__(self, socket: WakeSocket, store: Store, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self._socket, self._store, self._now = socket, store, monotonic
        self._due = 0.0
        self._version = store.version()

    def come(self) -> bool:
        """Whether one has come since the last call. Raises RegisterError, OSError."""
        knocked = self._socket.drain()
        now = self._now()
        if knocked or now < self._due:
            return knocked
        self._due = now + LOOK_S
        if self._socket.keep():
            log.warning("the socket of %s was taken away and is made again", self._socket.path.name)
        before, self._version = self._version, self._store.version()
        return before != self._version


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
        """The descriptor for select."""
        return self._reader.fileno()
