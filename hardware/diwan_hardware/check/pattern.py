"""The data of a capacity test: every sector says where it belongs, so that a sector that comes back from elsewhere
shows its origin.

A counterfeit card keeps only the first part of what it claims. Some of them write the rest over the beginning (they
wrap around), others drop it; both look whole until they are read back. The idea is that of f3 and H2testw."""

from __future__ import annotations

import hashlib
import struct
from typing import Final

BLOCK: Final = 1024 * 1024
SECTOR: Final = 4096
_MARK: Final = b"diwan-capacity\0\0"
_HEAD: Final = struct.Struct(">16s16sQ")


def block_at(seed: bytes, number: int) -> bytes:
    """The block with this number of a test with this seed (16 bytes)."""
    content = bytearray(hashlib.shake_128(seed + number.to_bytes(8, "big")).digest(BLOCK))
    for start in range(0, BLOCK, SECTOR):
        _HEAD.pack_into(content, start, _MARK, seed, number * BLOCK + start)
    return bytes(content)


def origin(seed: bytes, sector: bytes) -> int | None:
    """The place that a sector of this test was written for; None where it is none of its sectors."""
    if len(sector) < _HEAD.size:
        return None
    mark, its_seed, place = _HEAD.unpack_from(sector)
    return int(place) if mark == _MARK and its_seed == seed else None


def first_difference(expected: bytes, found: bytes) -> int:
    """The first sector (its place in the block) that is not as it was written; the blocks differ."""
    for start in range(0, BLOCK, SECTOR):
        if expected[start : start + SECTOR] != found[start : start + SECTOR]:
            return start
    return 0
