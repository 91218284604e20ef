"""Wakes a node's long-running process: a save sends a datagram to a socket in the node's folder, so that nothing has
to poll. The other end is `exchange.loop.WakeSocket`."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

WAKE: Final = "wake.sock"
"""What the names of such sockets end with."""


@contextmanager
def short_way(folder: Path) -> Iterator[str]:
    """A path to `folder` short enough for a socket's address, which holds 107 bytes at the most: through the
    directory's descriptor."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def knock(folder: Path, what: bytes) -> None:
    """Send `what` to all who listen in this folder; where nobody does, nothing is lost."""
    with short_way(folder) as way, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        for path in sorted(folder.glob(f"*{WAKE}")):
            try:
                sock.sendto(what, f"{way}/{path.name}")
            except OSError:
                continue  # it is not running, or has wakes enough waiting
