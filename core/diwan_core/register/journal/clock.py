"""The hybrid logical clock (Kulkarni et al. 2014): milliseconds of the wall clock << 16 | counter, never going back.

The floor is the latest of the build's date, the journal's last stamp and the last receipt's time, so that a post
without a clock battery that boots in 1970 still orders its changes after everything it has seen."""

from __future__ import annotations

from typing import Final

from diwan_core import world
from diwan_core.register.storage.wall_clock import WallClock, system_time, wall_ms

BUILD_FLOOR_MS: Final = 1_793_000_000_000
"""2026-10-26: no change of this release can be older."""

MAX_AHEAD_MS: Final = 10 * 366 * 86_400_000
"""A stamp further than this past the receiver's own clock is not believed."""


def tick(last: int, wall: WallClock = system_time) -> int:
    """The next stamp after `last`."""
    now = max(wall_ms(wall), BUILD_FLOOR_MS) << 16
    return now if now > last else last + 1


def observe(last: int, received: int, wall: WallClock = system_time) -> int:
    """The stamp to remember after seeing another node's stamp; an absurd one is ignored.

    Whether a stamp is absurd is judged by the clock alone: judged by earlier stamps, a hostile node could lead every
    node's stamps to the end of their range, ten years a step."""
    limit = (max(wall_ms(wall), BUILD_FLOOR_MS) + MAX_AHEAD_MS) << 16
    return max(last, received) if received <= limit else last


def offset_minutes(wall: WallClock = system_time) -> int:
    """Minutes of local time east of UTC."""
    return world.local_offset_minutes(wall())


def boot_identity() -> str:
    """The identity of one boot of one machine."""
    return world.boot_identity()


def monotonic_ms() -> int:
    """Milliseconds since boot."""
    return world.monotonic_ms()
