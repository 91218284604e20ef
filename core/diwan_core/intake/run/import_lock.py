"""The lock by which one import runs at a time at a node."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

LOCK: Final = "import.lock"


@contextmanager
def alone(folder: Path | None, waits: Callable[[], None]) -> Iterator[None]:
    """Lets one import run at a time at a node: two of the same file side by side would not see each other's keys.
    Waits, and says so."""
    if folder is None:
        yield
        return
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
