"""Moments in local time: of this machine with its offset from UTC, for logs, which must not be read wrongly; and of
whoever wrote something."""

import time
from datetime import UTC, datetime, timedelta, timezone


def local_time(utc_ms: int) -> str:
    """`2026-11-20 14:05:09 +02:00`; the offset is the one that held at that moment. "?" for a moment that no calendar
    has."""
    try:
        local = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=utc_ms)).astimezone()
    except (ValueError, OverflowError, OSError):
        return "?"
    return local.isoformat(" ", "seconds")[:19] + " " + local.isoformat("T", "seconds")[19:]


def stamp(utc_ms: int, offset_minutes: int) -> str:
    """When something was written, in the local time of who wrote it: "2026-11-22 14:05"."""
    try:
        zone = timezone(timedelta(minutes=offset_minutes))
        return datetime.fromtimestamp(utc_ms / 1000, UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return "?"


def moment(utc_ms: int) -> str:
    """A moment by this machine's clock: "2026-11-22 14:05"."""
    return stamp(utc_ms, time.localtime().tm_gmtoff // 60)
