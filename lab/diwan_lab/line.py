"""The lines of posts to the broker: a TCP relay for each post, which can be cut, stalled, slowed down or broken off.

All lines are served by one thread. TLS stays end to end: a line sees only encrypted bytes.
"""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

Weather = Literal["fair", "stalled", "cut", "thin"]
THIN_BYTES_S: Final = 32_000
THIN_DELAY_S: Final = 0.3
_CHUNK: Final = 65_536
_PENDING: Final = 1_000_000
"""Bytes a line holds before it stops reading: what a modem buffers."""


@dataclass
class Line:
    """One post's line. `break_after` bytes from now every connection ends in the middle of what it was carrying."""

    weather: Weather = "fair"
    break_after: int | None = None
    port: int = 0


@dataclass
class _End:
    sock: socket.socket
    line: Line
    peer: "_End | None" = None
    pending: deque[tuple[float, bytes]] = field(default_factory=deque)
    held: int = 0
    free_at: float = 0.0


class Lines:
    """Lines to `target`, one a name, for the length of a `with` block."""

    def __init__(self, names: list[str], target: tuple[str, int]) -> None:
        self._target = target
        self.of: dict[str, Line] = {name: Line() for name in names}
        self._selector = selectors.DefaultSelector()
        self._ends: dict[int, _End] = {}
        self._stop = False
        self._thread = threading.Thread(target=self._serve, name="lines", daemon=True)

    def __enter__(self) -> "Lines":
        for line in self.of.values():
            listener = socket.create_server((self._target[0], 0))
            listener.setblocking(False)
            line.port = listener.getsockname()[1]
            self._selector.register(listener, selectors.EVENT_READ, line)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._stop:
            return
        self._stop = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def cut(self, name: str) -> None:
        """End the connections of a line once; new ones are let through."""
        self.of[name].break_after = 0

    def _serve(self) -> None:
        while not self._stop:
            for key, _ in self._selector.select(0.02):
                if isinstance(key.data, Line):
                    self._accept(key.fileobj, key.data)
                else:
                    self._read(key.data)
            now = time.monotonic()
            for end in list(self._ends.values()):
                if end.sock.fileno() >= 0:
                    self._tend(end, now)
            for line in self.of.values():
                if line.break_after == 0:
                    line.break_after = None

    def _accept(self, listener: object, line: Line) -> None:
        if not isinstance(listener, socket.socket):
            return
        near, _ = listener.accept()
        if line.weather == "cut":
            near.close()
            return
        try:
            far = socket.create_connection(self._target, timeout=2)
        except OSError:
            near.close()
            return
        first, second = _End(near, line), _End(far, line)
        first.peer, second.peer = second, first
        for end in (first, second):
            end.sock.setblocking(False)
            end.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends[end.sock.fileno()] = end
            self._selector.register(end.sock, selectors.EVENT_READ, end)

    def _read(self, end: _End) -> None:
        if end.line.weather == "stalled" or end.sock.fileno() < 0 or end.peer is None:
            return
        if end.peer.held > _PENDING:
            return
        try:
            data = end.sock.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(end)
            return
        line, peer, now = end.line, end.peer, time.monotonic()
        if line.break_after is not None:
            data = data[: line.break_after]
            line.break_after -= len(data)
        due = now
        if line.weather == "thin":
            peer.free_at = max(peer.free_at, now) + len(data) / THIN_BYTES_S
            due = peer.free_at + THIN_DELAY_S
        peer.pending.append((due, data))
        peer.held += len(data)
        self._tend(peer, now)

    def _tend(self, end: _End, now: float) -> None:
        """Send what is due; end what is to be cut."""
        line = end.line
        try:
            while line.weather != "stalled" and end.pending and end.pending[0][0] <= now:
                due, data = end.pending.popleft()
                sent = end.sock.send(data)
                end.held -= sent
                if sent < len(data):
                    end.pending.appendleft((due, data[sent:]))
                    break
        except BlockingIOError:
            end.pending.appendleft((due, data))
        except OSError:
            self._close(end)
            return
        if line.weather == "cut" or line.break_after == 0:
            self._close(end)

    def _close(self, end: _End) -> None:
        for one in (end, end.peer):
            if one is not None and one.sock.fileno() >= 0:
                self._ends.pop(one.sock.fileno(), None)
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(one.sock)
                one.sock.close()
