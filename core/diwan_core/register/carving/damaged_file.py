"""Reads a SQLite file page by page, as far as the disk gives it, without its tree, free lists and schema.

Every page is read as if it were a leaf, and each of its cells by itself. A page whose head is damaged is searched byte
by byte. The format is described at https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from diwan_core.register.carving.row_format import LONGEST_ROW, Cell, NotARow, columns, varint

MAGIC: Final = b"SQLite format 3\0"
PAGE: Final = 4096
"""Bytes of a page where neither file nor log says: ours have never had others."""
TABLE_LEAF, INDEX_LEAF, INDEX_INNER, TABLE_INNER = 0x0D, 0x0A, 0x02, 0x05
TIMES_FOLLOWED: Final = 50
"""Pages of long rows that are read, for each page of the file: a row has its own, and few are begun by chance. In a
file that somebody made, the row of each cell of each page could go round in a circle of pages."""
_HEADS: Final = re.compile(rb"(?=(?:[\x04-\x7f]|[\x81-\x84][\x00-\x7f])\x00)")
"""The beginning of a row's head: its length, and the NULL that stands for the rowid."""
_LOG_MAGIC: Final = (0x377F0682, 0x377F0683)


@dataclass
class Damage:
    """The parts of a file that could not be read."""

    pages: int = 0
    unreadable: int = 0
    """Pages the disk did not give."""
    broken: int = 0
    """Pages that are not what a page is."""


class DamagedFile:
    """A database file and its write-ahead log. `rows` reads the pages as the last commit left them, `stale_rows` those
    that were replaced since or stand in the log behind a damaged place."""

    def __init__(self, database: Path, log: Path | None = None) -> None:
        self.damage = Damage()
        self._file = _opened(database)
        self._log = _opened(log or database.with_name(database.name + "-wal"))
        self.page_size = self._find_page_size()
        self._frames, self._behind = self._read_log()
        size = _size(self._file)
        self._count = max([-(-size // self.page_size), *self._frames])
        self._to_follow = TIMES_FOLLOWED * (self._count + len(self._behind))

    def _find_page_size(self) -> int:
        head = _read_at(self._file, 0, 100) or b""
        if head[:16] == MAGIC:
            size = int.from_bytes(head[16:18], "big")
            size = 65536 if size == 1 else size
            if 512 <= size <= 65536 and size & (size - 1) == 0:
                return size
        head = _read_at(self._log, 0, 32) or b""
        if len(head) == 32 and int.from_bytes(head[:4], "big") in _LOG_MAGIC:
            size = int.from_bytes(head[8:12], "big")
            if 512 <= size <= 65536 and size & (size - 1) == 0:
                return size
        return PAGE

    def _read_log(self) -> tuple[dict[int, int], list[int]]:
        """Page number -> place of its latest committed frame's page in the log; and the places of frames that no
        checksum vouches for."""
        head = _read_at(self._log, 0, 32)
        if head is None or len(head) < 32 or int.from_bytes(head[:4], "big") not in _LOG_MAGIC:
            return {}, list(self._places(0)) if head else []
        order = "<" if int.from_bytes(head[:4], "big") == _LOG_MAGIC[0] else ">"
        salt, sums = head[16:24], _checksum(order, head[:24], (0, 0))
        frames: dict[int, int] = {}
        pending: dict[int, int] = {}
        at = 32
        while (frame := _read_at(self._log, at, 24 + self.page_size)) and len(frame) == 24 + self.page_size:
            if frame[8:16] != salt:
                break
            sums = _checksum(order, frame[:8] + frame[24:], sums)
            if sums != struct.unpack(">II", frame[16:24]):
                break
            number, commit = struct.unpack(">II", frame[:8])
            pending[number] = at + 24
            if commit:
                frames.update(pending)
                pending = {}
            at += 24 + self.page_size
        return frames, [*pending.values(), *self._places(at)]

    def _places(self, start: int) -> Iterator[int]:
        """Where pages lie in the log from a frame on, whatever the frames say."""
        first = max(start, 32) + 24
        yield from range(first, _size(self._log) - self.page_size + 1, 24 + self.page_size)

    def page(self, number: int) -> bytes | None:
        """A page as the last commit left it, by its number from 1; None where it cannot be read."""
        if (place := self._frames.get(number)) is not None:
            return self._whole(self._log, place)
        return self._whole(self._file, (number - 1) * self.page_size)

    def _whole(self, file: BinaryIO | None, place: int) -> bytes | None:
        content = _read_at(file, place, self.page_size)
        return content if content is not None and len(content) == self.page_size else None

    def rows(self) -> Iterator[Cell]:
        """Everything that can be read as a row, of the database as its last commit left it."""
        for number in range(1, self._count + 1):
            self.damage.pages += 1
            content = self.page(number)
            if content is None:
                self.damage.unreadable += 1
            else:
                yield from self._cells(content, 100 if number == 1 else 0)

    def stale_rows(self) -> Iterator[Cell]:
        """The same of pages that are no longer, or not certainly, part of the database."""
        for number in self._frames:
            content = self._whole(self._file, (number - 1) * self.page_size)
            if content is not None:
                yield from self._cells(content, 100 if number == 1 else 0)
        for place in self._behind:
            content = self._whole(self._log, place)
            if content is not None:
                yield from self._cells(content, 0)

    def _cells(self, page: bytes, head: int) -> Iterator[Cell]:
        kind, count = page[head], int.from_bytes(page[head + 3 : head + 5], "big")
        known = kind in (TABLE_LEAF, INDEX_LEAF, INDEX_INNER)
        start = head + (12 if kind == INDEX_INNER else 8)
        if known and count > 0 and start + 2 * count <= len(page):
            places = struct.unpack(f">{count}H", page[start : start + 2 * count])
            good = 0
            for place in places:
                try:
                    yield self._cell(page, place, kind)
                    good += 1
                except NotARow:
                    continue
            if good == count:
                return
        elif kind == TABLE_INNER or (known and count == 0):
            return
        elif page[head] == 0 and head == 0 and not self._is_lost(page):
            return  # the rest of a long row, or a list of free pages
        self.damage.broken += 1
        yield from self._searched(page)

    @staticmethod
    def _is_lost(page: bytes) -> bool:
        """Whether a page begins with a sector of zeros, as a card gives it that has lost one, and holds something."""
        return not any(page[:512]) and any(page)

    def _searched(self, page: bytes) -> Iterator[Cell]:
        """Rows of a page whose head, or some of whose cells, are damaged: wherever the head of a row lies whose first
        column is its rowid. What is read by chance is told from a row by what is in it (`carve`) and by its chain."""
        for found in _HEADS.finditer(page):
            for place in range(max(1, found.start() - 18), found.start() - 1):
                try:
                    _, at = varint(page, place)
                    _, at = varint(page, at)
                    if at == found.start():
                        yield self._cell(page, place, TABLE_LEAF, least=3)
                except NotARow:
                    continue

    def _cell(self, page: bytes, place: int, kind: int, least: int = 1) -> Cell:
        if not 0 < place < len(page) - 2:
            raise NotARow
        at = place + 4 if kind == INDEX_INNER else place
        length, at = varint(page, at)
        rowid: int | None = None
        if kind == TABLE_LEAF:
            rowid, at = varint(page, at)
        if not 2 <= length <= LONGEST_ROW:
            raise NotARow
        payload = self._payload(page, at, length, kind == TABLE_LEAF)
        return Cell(rowid, columns(payload, least))

    def _payload(self, page: bytes, at: int, length: int, table: bool) -> bytes:
        """A row's bytes, with those that lie on other pages."""
        usable = len(page)
        most = usable - 35 if table else (usable - 12) * 64 // 255 - 23
        if length <= most:
            if at + length > len(page):
                raise NotARow
            return page[at : at + length]
        least = (usable - 12) * 32 // 255 - 23
        local = least + (length - least) % (usable - 4)
        local = local if local <= most else least
        if at + local + 4 > len(page):
            raise NotARow
        parts, left = [page[at : at + local]], length - local
        following = int.from_bytes(page[at + local : at + local + 4], "big")
        while left > 0:
            self._to_follow -= 1
            content = self.page(following) if 1 < following <= self._count and self._to_follow > 0 else None
            if content is None:
                raise NotARow
            parts.append(content[4 : 4 + left])
            left -= usable - 4
            following = int.from_bytes(content[:4], "big")
        return b"".join(parts)

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, self._log):
            if file is not None:
                file.close()


def _checksum(order: str, content: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _opened(path: Path) -> BinaryIO | None:
    """A file, or None where it is not there or the disk does not give it."""
    try:
        return path.open("rb", buffering=0)
    except OSError:
        return None


def _size(file: BinaryIO | None) -> int:
    try:
        return 0 if file is None else file.seek(0, 2)
    except OSError:
        return 0


def _read_at(file: BinaryIO | None, place: int, length: int) -> bytes | None:
    """Bytes of a file; fewer at its end, None where the disk does not give them."""
    if file is None:
        return None
    try:
        file.seek(place)
        return file.read(length)
    except OSError:
        return None
