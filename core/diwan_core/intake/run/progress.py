"""The progress of an import or export: its share, its speed, and the time left."""

from typing import Any


def seconds_left(share: float, seconds: float) -> int | None:
    """The seconds that the rest will take, judged by the beginning; None while that is not known."""
    if seconds < 1 or not 0 < share < 1:
        return None
    return round(seconds * (1 - share) / share)


def progress_of(share: float, rows: int, seconds: float) -> dict[str, Any]:
    """The progress of reading a file, as a page shows it."""
    return {
        "share": round(share, 3),
        "rows": rows,
        "a_second": round(rows / seconds) if seconds >= 0.5 else 0,
        "left": seconds_left(share, seconds),
    }
