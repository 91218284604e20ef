"""The record format of SQLite: a row as its bytes give it (https://sqlite.org/fileformat2.html, "Record Format")."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

Value: TypeAlias = int | float | str | bytes | None
MOST_COLUMNS: Final = 300
LONGEST_ROW: Final = 64 * 1024 * 1024
"""Bytes; what claims to be longer is not a row."""
_NUMBERS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial type -> bytes of the integer."""


class Cell(NamedTuple):
    """A row as it lies in a page: its rowid (None in an index), and its columns."""

    rowid: int | None
    values: tuple[Value, ...]


class NotARow(Exception):
    """These bytes are not a row."""


def varint(page: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where the next one begins. Raises NotARow."""
    value = 0
    for place in range(at, at + 8):
        if place >= len(page):
            raise NotARow
        byte = page[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    if at + 8 >= len(page):
        raise NotARow
    value = value << 8 | page[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9


def columns(payload: bytes, least: int) -> tuple[Value, ...]:
    """The columns of a row, of which there are at least so many. Raises NotARow."""
    head, at = varint(payload, 0)
    if not 2 <= head <= len(payload):
        raise NotARow
    kinds: list[int] = []
    while at < head:
        kind, at = varint(payload, at)
        if kind < 0 or kind in (10, 11) or len(kinds) >= MOST_COLUMNS:
            raise NotARow
        kinds.append(kind)
    if at != head or len(kinds) < least or head + sum(map(_bytes_of, kinds)) != len(payload):
        raise NotARow
    return _values(payload, head, kinds)


def _bytes_of(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else _NUMBERS.get(kind, 0)


def _values(payload: bytes, at: int, kinds: Sequence[int]) -> tuple[Value, ...]:
    found: list[Value] = []
    for kind in kinds:
        content = payload[at : at + _bytes_of(kind)]
        at += len(content)
        if kind == 0:
            found.append(None)
        elif kind in (8, 9):
            found.append(kind - 8)
        elif kind == 7:
            found.append(float(struct.unpack(">d", content)[0]))
        elif kind < 7:
            found.append(int.from_bytes(content, "big", signed=True))
        elif kind % 2 == 0:
            found.append(content)
        else:
            try:
                found.append(content.decode("utf-8"))
            except UnicodeDecodeError as error:
                raise NotARow from error
    return tuple(found)
