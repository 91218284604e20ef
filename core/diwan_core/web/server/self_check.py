"""The self-check of a console: it requests its own `/healthz` and tells systemd that it is ready and still works.

A console whose threads all hang, or whose loop no longer accepts connections, stops answering itself, and the watchdog
starts it again. Outside systemd nothing is done."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Sequence
from typing import Final

from diwan_core import systemd

ANSWER_S: Final = 20.0
"""A console that needs longer than this for `/healthz` counts as hanging."""
UNTIL_READY_S: Final = 0.2
EVERY_S: Final = 30.0
_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def start(sockets: Sequence[socket.socket], tls: bool = False) -> threading.Thread | None:
    """Begin to check the console that serves on these sockets; None where no service manager listens."""
    if not os.environ.get(systemd.SOCKET):
        return None
    address = sockets[0].getsockname()
    thread = threading.Thread(target=_check_for_ever, args=(address, tls), name="self-check", daemon=True)
    thread.start()
    return thread


def _check_for_ever(address: object, tls: bool) -> None:
    watchdog = systemd.Watchdog()
    pause = threading.Event()
    while not answers(address, tls):
        pause.wait(UNTIL_READY_S)
    systemd.ready()
    while True:
        if answers(address, tls):
            watchdog.beat()
        pause.wait(watchdog.within(EVERY_S))


def answers(address: object, tls: bool = False, seconds: float = ANSWER_S) -> bool:
    """Whether a console at this socket address says within `seconds` that it serves."""
    try:
        with _connected(address, seconds) as plain:
            if not tls:
                return _says_ok(plain)
            context = ssl.create_default_context()
            context.check_hostname = False  # it asks itself, at an address that no certificate names
            context.verify_mode = ssl.CERT_NONE
            with context.wrap_socket(plain) as wrapped:
                return _says_ok(wrapped)
    except OSError:
        return False


def _connected(address: object, seconds: float) -> socket.socket:
    if isinstance(address, str):
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        plain.settimeout(seconds)
        plain.connect(address)
        return plain
    host, port = address[:2] if isinstance(address, tuple) else ("127.0.0.1", 0)
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  every address is meant
    return socket.create_connection((everywhere.get(host, host), port), timeout=seconds)


def _says_ok(connected: socket.socket) -> bool:
    connected.sendall(_REQUEST)
    return connected.recv(64).split(b"\r\n")[0].split(b" ")[1:2] == [b"200"]
