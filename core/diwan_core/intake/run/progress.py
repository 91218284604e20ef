"""How far an import or an export is: its share, its pace, and how long the rest takes."""

from typing import Any


def seconds_left(share: float, seconds: float) -> int | None:
    """How long the rest takes, as far as the beginning tells; None while it does not."""
    if seconds < 1 or not 0 < share < 1:
        return None
    return round(seconds * (1 - share) / share)


def progress_of(share: float, rows: int, seconds: float) -> dict[str, Any]:
    """How far a file is read, as a page says it."""
    return {
        "share": round(share, 3),
        "rows": rows,
        "a_second": round(rows / seconds) if seconds >= 0.5 else 0,
        "left": seconds_left(share, seconds),
    }
