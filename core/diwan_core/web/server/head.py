"""Reads the head of a request piece by piece, within limits.

A head that is too large is read on without being kept, but for the fields that say in which language to answer and to
whom: the refusal is a page like any other.
"""

from typing import Final

from diwan_core.web.server.limits import Limits

BAD_REQUEST: Final = 400
URI_TOO_LONG: Final = 414
FIELDS_TOO_LARGE: Final = 431
_KEPT: Final = (b"accept-language:", b"cookie:")
_LONGEST_KEPT: Final = 4096
_END: Final = b"\r\n\r\n"


class HeadReader:
    """The head of one request; `feed` it until it is `done`."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._began = False
        self._searched = 0
        self._kept: list[bytes] = []
        self._skipped = 0
        self._in_long_line = False
        self.done = False
        self.refused = 0
        """The status to refuse the request with; 0 where its head is within the limits."""
        self.head = b""
        """All of the head with the empty line at its end; of one that is refused only the fields that were kept."""
        self.rest = b""
        """What came after the head."""

    @property
    def begun(self) -> bool:
        """Whether any byte of the head is here."""
        return bool(self._buffer) or self.done or self.refused != 0

    def feed(self, data: bytes) -> None:
        """Read on. After `done` nothing may be fed."""
        self._buffer += data
        if not self.refused:
            self._read()
        if self.refused and not self.done:
            self._skip()

    def _read(self) -> None:
        if not self._began and len(self._buffer) >= 2:
            self._began = True
            if self._buffer[:2] == b"\r\n":  # one empty line before a request is ignored (RFC 9112 section 2.2)
                del self._buffer[:2]
        end = self._buffer.find(_END, max(0, self._searched - 3))
        self._searched = len(self._buffer)
        length = end + len(_END) if end >= 0 else len(self._buffer)
        line = self._buffer.find(b"\n", 0, length)
        if (line if line >= 0 else length) > self._limits.line:
            self.refused = URI_TOO_LONG
        elif line >= 0 and length - line > self._limits.fields:
            self.refused = FIELDS_TOO_LARGE
        elif _has_bare_newline(self._buffer[:length]):
            self.refused = BAD_REQUEST
        elif end >= 0:
            self.head, self.rest = bytes(self._buffer[:length]), bytes(self._buffer[length:])
            self._buffer.clear()
            self.done = True

    def _skip(self) -> None:
        """Throw lines away until the empty one, keeping the few that matter."""
        while not self.done and (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[: end + 1])
            del self._buffer[: end + 1]
            self._skipped += len(line)
            if not line.strip() and not self._in_long_line:
                self._finish()
            elif not self._in_long_line and len(line) <= _LONGEST_KEPT and line.lower().startswith(_KEPT):
                self._kept.append(line.strip() + b"\r\n")
            self._in_long_line = False
        if not self.done and len(self._buffer) > _LONGEST_KEPT:
            self._skipped += len(self._buffer)
            self._in_long_line = True
            self._buffer.clear()
        if not self.done and self._skipped > self._limits.skipped:
            self._finish()

    def _finish(self) -> None:
        self.done = True
        self.head = b"".join(self._kept[-2 * len(_KEPT) :])
        self.rest = bytes(self._buffer)
        self._buffer.clear()


def _has_bare_newline(head: bytearray) -> bool:
    return head.count(b"\n") != head.count(b"\r\n")
