"""A moment in the local time of this machine with its offset from UTC, for logs."""

from datetime import UTC, datetime, timedelta


def local_time(utc_ms: int) -> str:
    """`2026-11-20 14:05:09 +02:00`; the offset is the one that held at that moment. "?" for a moment that no calendar
    has."""
    try:
        local = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=utc_ms)).astimezone()
    except (ValueError, OverflowError, OSError):
        return "?"
    return local.isoformat(" ", "seconds")[:19] + " " + local.isoformat("T", "seconds")[19:]
