"""TCP ports on the loopback address that stay reserved from the moment they are chosen.

A port is held by a socket that is bound and does not listen. Servers set SO_REUSEADDR, as it does, and may bind and
listen beside it, any number of times; the kernel gives such a port to nobody who asks for any free one.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Final

HOST: Final = "127.0.0.1"


class PortInUse(Exception):
    """A port asked for is taken by another program."""


class HeldPorts:
    """Ports that are held until the `with` block ends, or `release`. 0 is any free one, and is given only once."""

    def __init__(self, ports: Iterable[int]) -> None:
        """Raises PortInUse with the remedy."""
        self._sockets: list[socket.socket] = []
        try:
            for port in ports:
                self._sockets.append(_held(port))
        except PortInUse:
            self.release()
            raise
        self.numbers: list[int] = [held.getsockname()[1] for held in self._sockets]

    def release(self) -> None:
        """Let them go."""
        for held in self._sockets:
            held.close()
        self._sockets = []

    def __enter__(self) -> HeldPorts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


_for_good: Final[list[HeldPorts]] = []


def free_port() -> int:
    """A free port that is held until this process ends."""
    held = HeldPorts([0])
    _for_good.append(held)
    return held.numbers[0]


def _held(port: int) -> socket.socket:
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, port))
    except (OSError, OverflowError) as error:
        held.close()
        raise PortInUse(f"port {port} is in use or not allowed: choose others with --port, or --port 0") from error
    return held
