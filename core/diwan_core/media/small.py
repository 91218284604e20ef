"""A picture made small enough to stand in a record."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from diwan_core.media.examine import Unreadable, examine


def small_copy(picture: BinaryIO, folder: Path, most: int) -> bytes:
    """A picture (a real file) of at most 320 pixels a side as WebP, with nothing in it but pixels; a confined process
    makes it in `folder`. Raises Unreadable, also where the copy has more than `most` bytes; OSError."""
    with examine(picture, folder) as examined:
        if examined.thumb.stat().st_size > most:
            raise Unreadable("too_large")
        return examined.thumb.read_bytes()
