"""The progress of an import, on one line of a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from diwan_core.intake.run.progress import seconds_left

EVERY_S: Final = 0.25
_WIDTH: Final = 78


@contextmanager
def progress_line(name: str) -> Iterator[Callable[[float, int], None] | None]:
    """The line, rewritten four times a second; nothing where the output is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    line = Progress(name)
    line(0.0, 0)
    try:
        yield line
    finally:
        sys.stderr.write("\r" + " " * _WIDTH + "\r")
        sys.stderr.flush()


class Progress:
    """The progress that is shown: rows, rows a second, time left."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._began = time.monotonic()
        self._due = 0.0

    def __call__(self, share: float, rows: int) -> None:
        now = time.monotonic()
        if now < self._due and share < 1:
            return
        self._due = now + EVERY_S
        text = f"{self._name[:30]}: {said(share, rows, now - self._began)}"
        sys.stderr.write("\r" + text[:_WIDTH].ljust(_WIDTH))
        sys.stderr.flush()


def said(share: float, rows: int, seconds: float) -> str:
    """ "12,000 rows · 9,800 a second · 34 % · 0:12 left" """
    found = [f"{rows:,} rows"]
    if seconds >= 0.5 and rows:
        found.append(f"{rows / seconds:,.0f} a second")
    found.append(f"{share:.0%}")
    left = seconds_left(share, seconds)
    if left is not None:
        found.append(f"{left // 60}:{left % 60:02} left")
    return " · ".join(found)
