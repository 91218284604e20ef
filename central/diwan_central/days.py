"""Moments and days as the centre notes and shows them: by UTC, so that they are the same for everybody."""

from datetime import UTC, date, datetime

from diwan_core import world


def now_ms() -> int:
    """Milliseconds since 1970 by the clock of this machine."""
    return int(world.wall_s() * 1000)


def today() -> date:
    """The day by the clock of this machine."""
    return datetime.fromtimestamp(world.wall_s(), UTC).date()


def day_of(moment_ms: int) -> str:
    """The day of a moment; "" where there was none."""
    return datetime.fromtimestamp(moment_ms / 1000, UTC).date().isoformat() if moment_ms else ""
