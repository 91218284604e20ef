"""Ends the process at a named point, so that `diwan scenario` can test a power cut at the worst moments.

`DIWAN_CRASH=before-commit:7` kills the process, as a power cut does, when it passes that point for the seventh time.
The variable is read once, at start; without it a point costs one comparison. A post's units do not set it, and whoever
can set it can kill the process anyway.
"""

from __future__ import annotations

import os
import signal
from typing import Final

POINTS: Final = (
    "before-commit",
    "after-commit",
    "blob-stored",
    "before-receipt",
    "before-publish",
    "before-flush",
    "codes-made",
)

_name, _, _times = os.environ.get("DIWAN_CRASH", "").partition(":")
_left = int(_times) if _times.isdecimal() else 1


def point(name: str) -> None:
    """Die here if that was asked for."""
    global _left  # noqa: PLW0603  one counter for the process
    if name != _name:
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
