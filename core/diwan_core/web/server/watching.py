"""The sockets that the loop waits for, and calls that other threads ask it to make."""

import os
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from diwan_core.web.server.connection import Connection, Want

_EVENTS: Final = {Want.READABLE: selectors.EVENT_READ, Want.WRITABLE: selectors.EVENT_WRITE}


class Watching:
    """The events that wake the loop."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._calls: deque[Callable[[], None]] = deque()
        self._listeners: list[socket.socket] = []
        self._selector.register(self._wake, selectors.EVENT_READ, None)

    def listen(self, listener: socket.socket) -> None:
        """Wake when somebody connects."""
        listener.setblocking(False)
        self._listeners.append(listener)
        self._selector.register(listener, selectors.EVENT_READ, listener)

    def stop_listening(self) -> None:
        for listener in self._listeners:
            self._selector.unregister(listener)
            listener.close()
        self._listeners.clear()

    def watch(self, connection: Connection, want: Want) -> None:
        """Wake when the connection can go on."""
        try:
            self._selector.modify(connection.sock, _EVENTS[want], connection)
        except KeyError:
            self._selector.register(connection.sock, _EVENTS[want], connection)

    def forget(self, connection: Connection) -> None:
        """Wait no longer for it: a thread has it, or it is closed."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(connection.sock)

    def call(self, function: Callable[[], None]) -> None:
        """Have the loop call a function soon; any thread may ask, and a signal handler too."""
        self._calls.append(function)
        with suppress(BlockingIOError):
            os.eventfd_write(self._wake, 1)

    def wait(self, seconds: float) -> list[Connection | socket.socket]:
        """The connections that can go on and the listeners somebody connects to, once there are any or after so many
        seconds. What others asked for is done before."""
        ready: list[Connection | socket.socket] = []
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.eventfd_read(self._wake)
            else:
                ready.append(key.data)
        while self._calls:
            self._calls.popleft()()
        return ready

    def close(self) -> None:
        self._selector.close()
        os.close(self._wake)
