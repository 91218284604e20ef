"""The wall clock of this machine: for display, ages and the floor of the hybrid logical clock, never for order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

_ASTRAY_S: Final = float(os.environ.get("DIWAN_CLOCK_OFFSET_S") or 0)
"""For `diwan scenario`: how far the system clock is wrong."""

WallClock = Callable[[], float]


def system_time() -> float:
    """Seconds since 1970 UTC, as the system clock has it."""
    return max(0.0, time.time() + _ASTRAY_S)


def wall_ms(wall: WallClock = system_time) -> int:
    """Milliseconds since 1970 UTC, as the system clock has it."""
    return int(wall() * 1000)
