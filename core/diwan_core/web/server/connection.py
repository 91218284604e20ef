"""One connection: its socket, its state, and the bytes that wait in both directions.

It belongs either to the loop or to the thread that works on its request, never to both.
"""

from __future__ import annotations

import contextvars
import socket
import ssl
from contextlib import suppress
from enum import Enum, auto
from typing import Final

from diwan_core.web.server.answer import Output
from diwan_core.web.server.body import LargeBody, SmallBody
from diwan_core.web.server.head import HeadReader
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.progress import Progress
from diwan_core.web.server.request import Origin, Request
from diwan_core.web.server.work import Answer

PIECE: Final = 64 * 1024
HANDSHAKE_RECORD: Final = 0x16
"""The first byte of every TLS connection (RFC 8446 section 5.1)."""


class State(Enum):
    """The state of a connection."""

    OPENED = auto()  # with TLS: whether its first byte is one of TLS is not known yet
    HANDSHAKE = auto()
    HEAD = auto()
    BODY = auto()
    QUEUED = auto()  # for a thread
    WORKING = auto()  # a thread has it
    ANSWERING = auto()
    IDLE = auto()  # kept for the next request
    LINGERING = auto()  # answered, and closed as soon as the client has heard it


class Want(Enum):
    """The state that a socket must reach before the next step."""

    READABLE = auto()
    WRITABLE = auto()


class Connection:
    """A connection that was accepted just now. It counts for the address `group`, unless a trusted proxy made it."""

    def __init__(
        self, sock: socket.socket, peer: str, group: str, server: object, limits: Limits, *, proxied: bool = False
    ) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.peer = peer
        self.group = group
        self.proxied = proxied
        self.server = server
        self.state = State.HEAD
        self.due = 0.0
        """When the deadline of the state is over."""
        self.since = 0.0
        """When the state began."""
        self.secure = False
        self.misdirected = False
        """Plain HTTP at a port for TLS."""
        self.client_group = group
        """Whom the request counts for: behind a trusted proxy the client that the proxy names."""
        self.counted = False
        """Whether its request is counted among those under way of a client behind a proxy."""
        self.reads_large = False
        """Whether its thread is one of those that read large bodies."""
        self.context = contextvars.copy_context()
        """The application's context variables: an answer may be continued by another thread."""
        self._limits = limits
        self.output = Output()
        self.lingered = 0
        """How much was thrown away of what its client sent after the answer."""
        self.begin_request()

    def begin_request(self, rest: bytes = b"") -> None:
        """Forget the last request; `rest` was sent behind it."""
        self.reader = HeadReader(self._limits)
        self.rest = rest
        self.request: Request | None = None
        self.small: SmallBody | None = None
        self.large: LargeBody | None = None
        self.answer: Answer | None = None
        self.progress: Progress | None = None
        self.refused = 0
        """The status to refuse the request with."""

    @property
    def has_large_body(self) -> bool:
        """Whether a thread has to read a body that is not here yet."""
        return self.large is not None and self.large.left > 0 and not self.refused

    @property
    def body_left(self) -> int:
        """How much of the request's body has not come yet."""
        if self.large is not None:
            return self.large.left
        if self.small is not None:
            return self.small.left
        return self.request.length if self.request is not None and self.refused else 0

    @property
    def origin(self) -> Origin:
        return Origin(self.peer, self.server, self.secure)

    # --- reading and writing without waiting -------------------------------------------------------------------------

    def first_byte(self) -> int | None:
        """The first byte the client has sent, left where it is; None while there is none. Raises OSError."""
        try:
            seen = self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        if not seen:
            raise ConnectionResetError("closed before a byte was sent")
        return seen[0]

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Begin the handshake; `shake` goes on with it."""
        self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
        self.secure = True

    def shake(self) -> Want | None:
        """Go on with the handshake; None once it is done. Raises OSError where it fails."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return None
        try:
            self.sock.do_handshake()
        except ssl.SSLWantReadError:
            return Want.READABLE
        except ssl.SSLWantWriteError:
            return Want.WRITABLE
        return None

    def receive(self, size: int = PIECE) -> bytes | Want:
        """The bytes that have come, up to `size`, and nothing at the end of the stream. Raises OSError."""
        if self.rest:
            data, self.rest = self.rest[:size], self.rest[size:]
            return data
        try:
            return self.sock.recv(size)
        except (BlockingIOError, ssl.SSLWantReadError):
            return Want.READABLE
        except ssl.SSLWantWriteError:
            return Want.WRITABLE

    @property
    def has_more(self) -> bool:
        """Whether bytes are here that its socket does not show: read ahead, or decrypted with those before."""
        return bool(self.rest) or (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0)

    def flush(self) -> Want | None:
        """Send what waits; None once all of it is sent. Raises OSError."""
        while self.output:
            with self.output.first() as data:
                try:
                    size = self.sock.send(data)
                except (BlockingIOError, ssl.SSLWantWriteError):
                    return Want.WRITABLE
                except ssl.SSLWantReadError:
                    return Want.READABLE
            self.output.sent(size)
            if self.progress is not None:
                self.progress.note(size)
        return None

    # --- for the thread that works on its request --------------------------------------------------------------------

    def wait_for_data(self, size: int, seconds: float) -> bytes:
        """The bytes that come, up to `size`, waiting for them; nothing at the end of the stream. Raises TimeoutError,
        OSError."""
        if self.rest:
            data, self.rest = self.rest[:size], self.rest[size:]
            return data
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(size)
        finally:
            self.sock.setblocking(False)

    # --- the end -----------------------------------------------------------------------------------------------------

    def half_close(self) -> None:
        """Say that nothing more will come. What the client still sends is read by `discard`."""
        with suppress(OSError):
            if isinstance(self.sock, ssl.SSLSocket):
                with suppress(ssl.SSLError):
                    self.sock.unwrap()
            self.sock.shutdown(socket.SHUT_WR)

    def discard(self) -> int | Want:
        """Read what comes as it is on the wire, and throw it away: how much it was, 0 at the end. Raises OSError."""
        try:
            size = len(socket.socket.recv(self.sock, PIECE))
        except BlockingIOError:
            return Want.READABLE
        self.lingered += size
        return size

    def close(self) -> None:
        if self.small is not None:
            self.small.close()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for it
        with suppress(OSError):
            self.sock.close()
