"""The body of a request: a small one is read before a thread is given, a large one is read by its thread."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from werkzeug.exceptions import RequestTimeout

from diwan_core.processes.nameless import nameless
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.progress import Progress

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from diwan_core.web.server.connection import Connection

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Memory:
    """How much of the memory for waiting bodies is taken. Only the loop's thread uses it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._taken = 0

    def take(self, size: int) -> bool:
        """Take memory for a body of this size; False where it has to wait in a file."""
        if size > self._limits.body_in_memory or self._taken + size > self._limits.bodies_in_memory:
            return False
        self._taken += size
        return True

    def give_back(self, size: int) -> None:
        self._taken -= size


class SmallBody:
    """A body that is read in full before its request is looked at. Raises OSError where the disk is full."""

    def __init__(self, size: int, memory: Memory, folder: Path) -> None:
        self.size = size
        self.left = size
        self._memory = memory if memory.take(size) else None
        self.file: BinaryIO = io.BytesIO() if self._memory else _in_file(folder)

    def add(self, data: bytes) -> None:
        self.file.write(data)
        self.left -= len(data)

    def close(self) -> None:
        """Forget it; doing so twice does no harm."""
        self.file.close()
        if self._memory is not None:
            self._memory.give_back(self.size)
            self._memory = None


def _in_file(folder: Path) -> BinaryIO:
    """A file that vanishes with this process, in the node's data folder, which is the encrypted disk."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return nameless(folder)


class LargeBody(io.RawIOBase):
    """A body that its thread reads from the connection while it arrives, as long as it makes progress."""

    def __init__(self, connection: Connection, size: int, limits: Limits, *, expects_continue: bool) -> None:
        self._connection = connection
        self._progress = Progress(limits, time.monotonic())
        self._expects_continue = expects_continue
        self.left = size
        """How many bytes the client has still to send."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Raises RequestTimeout where too little arrives."""
        if self._expects_continue:
            self._expects_continue = False
            self._connection.output.add(CONTINUE)
            self._connection.flush()
        view = memoryview(buffer).cast("B")
        data = self._receive(min(len(view), self.left)) if self.left else b""
        view[: len(data)] = data
        self.left -= len(data)
        return len(data)

    def _receive(self, size: int) -> bytes:
        while True:
            now = time.monotonic()
            if self._progress.too_slow(now):
                raise RequestTimeout
            try:
                data = self._connection.wait_for_data(size, max(self._progress.due - now, 0.001))
            except TimeoutError:
                continue
            self._progress.note(len(data))
            return data
