"""Opens a picture in a confined process and returns its type, its size and small copies, or why it cannot be opened."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, Literal

from diwan_core.confined.host import ENVIRONMENT
from diwan_core.media.kinds import sniff_stream
from diwan_core.processes.parent import with_parent

Reason = Literal["no_picture", "damaged", "too_large", "too_slow", "no_codec", "busy"]
_REASONS: Final = frozenset({"damaged", "too_large", "no_codec"})
WALL_SECONDS: Final = 10.0
"""When a worker is given up. What stops a hostile picture is its two seconds of processor time (`worker.LIMITS`)."""
QUEUE_SECONDS: Final = 30.0
_ANSWER: Final = 1000
"""More bytes than any answer has."""
#: One at a time in a console: a Pi has four cores and one gigabyte, and its agent needs some of both.
_one_at_a_time = threading.Lock()


class Unreadable(Exception):
    """The picture cannot be opened; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Examined:
    """A picture that could be opened: its type, and its size in pixels when upright. `view` and `thumb` are files of
    WebP, gone when the `with` block of `examine` ends unless they are moved away."""

    media_type: str
    width: int
    height: int
    view: Path
    thumb: Path


@contextmanager
def examine(picture: BinaryIO, folder: Path) -> Iterator[Examined]:
    """Open a picture (a real file) and make its copies in `folder`. Raises Unreadable, OSError (disk full)."""
    media_type = sniff_stream(picture)
    if media_type is None:
        raise Unreadable("no_picture")
    made: list[Path] = []
    try:
        handles = []
        try:
            for name in ("view", "thumb"):
                handle, aside = tempfile.mkstemp(prefix=f".{name}-", dir=folder)
                handles.append(handle)
                made.append(Path(aside))
            width, height = _worked(picture, media_type, handles)
            for handle in handles:
                if not is_whole(handle):
                    raise Unreadable("damaged")
        finally:
            for handle in handles:
                os.close(handle)
        yield Examined(media_type, width, height, *made)
    finally:
        for path in made:
            path.unlink(missing_ok=True)


def is_whole(handle: int) -> bool:
    """Whether an open file is WebP, and as long as its head says (RFC 9649 §2.4)."""
    head = os.pread(handle, 12, 0)
    size = int.from_bytes(head[4:8], "little") + 8
    return head[:4] == b"RIFF" and head[8:] == b"WEBP" and os.fstat(handle).st_size == size


def _worked(picture: BinaryIO, media_type: str, handles: list[int]) -> tuple[int, int]:
    command = [sys.executable, "-I", "-m", "diwan_core.media.worker", media_type, *map(str, handles)]
    if not _one_at_a_time.acquire(timeout=QUEUE_SECONDS):
        raise Unreadable("busy")
    # opened anew through /proc: for reading only, and with a place in the file of its own
    source = os.open(f"/proc/self/fd/{picture.fileno()}", os.O_RDONLY)
    try:
        with subprocess.Popen(
            command,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=handles,
            env=with_parent(ENVIRONMENT),
            cwd="/",
        ) as worker:
            try:
                answer = _first_words(worker.stdout)
            finally:
                worker.kill()
    finally:
        os.close(source)
        _one_at_a_time.release()
    return _understood(answer, worker.returncode)


def _first_words(output: IO[bytes] | None) -> bytes:
    """The worker's first line, once it is there; empty when the worker ended without one."""
    if output is None:
        return b""
    waiting = select.poll()
    waiting.register(output, select.POLLIN)
    if not waiting.poll(WALL_SECONDS * 1000):
        raise Unreadable("too_slow")
    return os.read(output.fileno(), _ANSWER)


def _understood(answer: bytes, code: int) -> tuple[int, int]:
    """The worker's answer, checked. The worker has read bytes from a stranger, so its answer is trusted no more than
    they are."""
    try:
        said: Any = json.loads(answer)
    except ValueError:
        said = None
    match said:
        case {"width": int(width), "height": int(height)} if width > 0 and height > 0:
            return width, height
        case {"refused": str(reason)} if reason in _REASONS:
            raise Unreadable(reason)  # type: ignore[arg-type]
    # killed by its limit of processor time, or by its own fault inside a codec
    raise Unreadable("too_slow" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "damaged")
