"""Makes keys for rows that have none: from the content of the row and its occurrence number in the file.

Two look-alike rows are two events until someone says otherwise; the same file imported twice is the same events.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable
from hashlib import sha256
from typing import Final
from uuid import UUID

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


def record_id(node: str, kind: str, system: str, key: str, attempt: int = 1) -> str:
    """The id of the record a row becomes, where its type has no field for the row's key: persons, companies,
    conveyances. The same row is the same record at this node, whatever became of it since (an erased person does not
    come back with an old list), and the key, which may be a document's number, stands nowhere.

    `attempt`: the second id of a row whose first record was taken back with its import, and so on.

    A UUIDv7 (RFC 9562 §5.7) of the time 0, filled with a digest. It may never change: importing twice adds nothing."""
    again = () if attempt == 1 else (str(attempt),)
    digest = sha256(
        "\x1f".join(("diwan import", node, kind, system, key, *again)).encode("utf-8", "surrogatepass")
    ).digest()
    bits = int.from_bytes(digest[:10], "big")
    return str(UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62))
