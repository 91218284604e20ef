"""Keys of rows that have none of their own: what stands in the row, and its occurrence number in the file.

Two look-alike rows are two events until someone says otherwise; the same file imported twice is the same events.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable
from typing import Final

_DRAWERS: Final = 4096
_MASK: Final = (1 << 64) - 1


class Occurrences:
    """Counts how often something was seen, in some 10 bytes for each different thing: files may have millions of rows.

    Things are told apart by 64 bits of their hash: two that differ meet in one of 37 million files of a million rows.
    """

    def __init__(self) -> None:
        self._seen = [array("Q") for _ in range(_DRAWERS)]
        self._again: dict[int, int] = {}

    def count(self, thing: Hashable) -> int:
        """1 for what is seen for the first time, then 2, 3, …"""
        mark = hash(thing) & _MASK
        drawer = self._seen[mark % _DRAWERS]
        place = bisect_left(drawer, mark)
        if place < len(drawer) and drawer[place] == mark:
            number = self._again.get(mark, 1) + 1
            self._again[mark] = number
            return number
        drawer.insert(place, mark)
        return 1


def occurrence_key(digest: str, number: int) -> str:
    """The key of the `number`-th row with this content. Its form may never change: it stands in registers."""
    return f"{digest}.{number}"
