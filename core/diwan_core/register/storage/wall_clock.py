"""The wall clock of this machine: for display, ages and the floor of the hybrid logical clock, never for order."""

from __future__ import annotations

from collections.abc import Callable

from diwan_core import world

WallClock = Callable[[], float]


def system_time() -> float:
    """Seconds since 1970 UTC, as the system clock has it."""
    return world.wall_s()


def wall_ms(wall: WallClock = system_time) -> int:
    """Milliseconds since 1970 UTC, as the system clock has it."""
    return int(wall() * 1000)
