"""Waits for a process that is about to listen on a port."""

from __future__ import annotations

import socket
import time
from typing import Final

from diwan_lab.process import Process

_READY_S: Final = 60.0


def wait_until_it_listens(port: int, process: Process) -> None:
    """Return as soon as the port takes a connection. Raises OSError where the process ended, or after a minute."""
    end = time.monotonic() + _READY_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if process.pid is None or time.monotonic() > end:
                raise
            time.sleep(0.1)
