"""The page on which a person types the key of a machine's data disk after a start; it shows only the name of the
machine.

It has a certificate of its own, made at set-up and never the console's, whose key is on the locked disk.
It runs as a user who may read nothing, and passes what was typed on to the process that opens the disk."""

from __future__ import annotations

import html
import http.server
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from importlib import resources
from pathlib import Path
from typing import Final

from diwan_core.disks.data_disk import LONGEST, SOCKET

LARGEST: Final = 4_096
FIRST_PAUSE_S: Final = 2.0
LONGEST_PAUSE_S: Final = 60.0
"""Between two tries of anybody: it doubles with each wrong one."""
SLOW_S: Final = 10.0
_TEMPLATE: Final = "unlock.html"
_HEADERS: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)
_SAID: Final = {
    "wrong": "This is not a key of this machine. Wait a moment and type it again.",
    "wait": "Too fast: wait a minute, then type it again.",
    "failed": "The key could not be tried: look whether the data disk is plugged in.",
    "ok": "Open. The console starts within a minute, at the same address.",
}


class Gate:
    """Passes keys on, one at a time, and slower after each wrong one."""

    def __init__(self, path: Path = SOCKET, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock_s = path, clock_s
        self._lock = threading.Lock()
        self._pause = FIRST_PAUSE_S
        self._next = 0.0

    def try_key(self, key: str) -> str:
        """`ok`, `wrong`, `wait` or `failed`."""
        with self._lock:
            if self._clock_s() < self._next:
                return "wait"
            answer = self._asked(key.encode()[:LONGEST])
            wrong = answer == "wrong"
            self._next = self._clock_s() + (self._pause if wrong else 0.0)
            self._pause = min(LONGEST_PAUSE_S, self._pause * 2) if wrong else FIRST_PAUSE_S
            return answer

    def _asked(self, key: bytes) -> str:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(60.0)
                line.connect(str(self._path))
                line.sendall(key.replace(b"\n", b" ") + b"\n")
                answer = line.recv(16).decode("ascii", "replace")
        except OSError:
            return "failed"
        return answer if answer in _SAID else "failed"


def page(name: str, said: str = "") -> bytes:
    """The page as bytes; `said` is a key of what may be said."""
    text = f'<p class="said" role="alert">{_SAID[said]}</p>' if said in _SAID else ""
    shown = resources.files(__package__).joinpath(_TEMPLATE).read_text(encoding="utf-8")
    for mark, value in (("@SAID@", text), ("@LONGEST@", str(LONGEST)), ("@NAME@", html.escape(name))):
        shown = shown.replace(mark, value)
    return shown.encode()


class Server(http.server.ThreadingHTTPServer):
    """The page over TLS on one address."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], name: str, gate: Gate, certificate: Path, key: Path) -> None:
        self.machine, self.gate = name, gate
        self._busy = threading.BoundedSemaphore(16)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._context.load_cert_chain(certificate, key)
        super().__init__(address, Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Take a connection, unless sixteen are being answered."""
        if not isinstance(request, socket.socket) or not self._busy.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Greet within ten seconds, in a thread of its own, and answer."""
        try:
            if isinstance(request, socket.socket):
                request.settimeout(SLOW_S)
                with self._context.wrap_socket(request, server_side=True) as line:
                    self.finish_request(line, client_address)
        except OSError:
            pass
        finally:
            self._busy.release()
            self.shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a broken connection."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    server_version = "Diwan"
    sys_version = ""
    timeout = SLOW_S

    def do_GET(self) -> None:
        """The page, whatever was asked for."""
        self._send(page(self.server.machine))

    def do_POST(self) -> None:
        """A key that was typed."""
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 < length <= LARGEST:
            if 0 < length <= 16 * LARGEST:
                self.rfile.read(length)  # so that the answer is read before the line is cut
            self._send(page(self.server.machine, "wrong"), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        try:
            form = urllib.parse.parse_qs(self.rfile.read(length).decode("utf-8", "replace"), max_num_fields=4)
        except ValueError:
            form = {}
        key = (form.get("key") or [""])[0].strip()
        said = self.server.gate.try_key(key) if key else "wrong"
        self._send(page(self.server.machine, said), HTTPStatus.OK if said == "ok" else HTTPStatus.FORBIDDEN)

    def _send(self, content: bytes, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in (*_HEADERS, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing, because what was typed must be in no log."""
