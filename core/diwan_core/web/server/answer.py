"""The bytes of an answer that a client's socket does not take yet, kept in order."""

from collections import deque
from typing import Final

_TOGETHER: Final = 64 * 1024
"""Pieces smaller than this are joined: a TLS record for each line of a page would cost more than the page."""
_AT_ONCE: Final = 16 * 1024
"""One TLS record. What was offered to TLS once must be offered again unchanged until it is taken."""


class Output:
    """The bytes that wait to be sent on one connection."""

    def __init__(self) -> None:
        self._pieces: deque[bytes | bytearray] = deque()
        self._sent = 0
        self._offered = False
        self.size = 0

    def __bool__(self) -> bool:
        return self.size > 0

    def add(self, data: bytes) -> None:
        """Append to what waits."""
        if not data:
            return
        self.size += len(data)
        last = self._pieces[-1] if len(self._pieces) > (1 if self._offered else 0) else None
        if isinstance(last, bytearray) and len(last) + len(data) <= _TOGETHER:
            last += data
        else:
            self._pieces.append(bytearray(data) if len(data) < _TOGETHER else data)

    def first(self) -> memoryview:
        """The bytes to be sent next; not empty while anything waits."""
        self._offered = True
        return memoryview(self._pieces[0])[self._sent : self._sent + _AT_ONCE]

    def sent(self, size: int) -> None:
        """Note that so many bytes of `first` are sent."""
        self.size -= size
        self._sent += size
        if self._sent >= len(self._pieces[0]):
            self._pieces.popleft()
            self._sent = 0
            self._offered = False

    # gunicorn's Response writes to this as if it were the socket
    def sendall(self, data: bytes) -> None:
        self.add(data)
