"""Detects how a text file is written: its encoding, what separates its cells, and the line that names its columns."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from diwan_core.intake.sources.lines import BLOCK

ENCODINGS: Final = ("windows-1252", "windows-1256", "windows-1251", "windows-1250", "windows-1254", "windows-1253")
"""What lines that are not UTF-8 can be: the single-byte encodings spreadsheet programs write CSV in, the most usual
first."""
SKIPPED_MOST: Final = 50
"""Lines that may stand above the one that names the columns."""
_LOOKED_AT: Final = 64 * 1024
_MARKS: Final = ",;\t|"
_RUN: Final = re.compile(rb"[\x80-\xff]{3,}")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
#: The letters that stand most often in Arabic (Windows-1256) and in Russian (Windows-1251).
_USUAL: Final = {"windows-1256": "اليمنورتبة".encode("cp1256"), "windows-1251": "оеаинтсрвл".encode("cp1251")}


def wide_encoding(head: bytes) -> str:
    """The encoding of a file whose characters have two bytes each, "" where they have not. Excel calls it "Unicode
    text" and marks it; other programs do not, and it shows by zeros in every other byte."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if (even + odd) * 12 < len(head) or min(even, odd) * 20 > max(even, odd):
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def as_utf8(path: Path, out: Path, encoding: str) -> None:
    """Write a file anew as UTF-8."""
    with (
        path.open(encoding=encoding, errors="replace", newline="") as file,
        out.open("w", encoding="utf-8", newline="") as made,
    ):
        while block := file.read(BLOCK):
            made.write(block.removeprefix("\ufeff"))


def with_line_feeds(path: Path, out: Path) -> None:
    """Write a file anew with LF where its lines end with CR alone."""
    with path.open("rb") as file, out.open("wb") as made:
        while block := file.read(BLOCK):
            made.write(block.replace(b"\r", b"\n"))


def ends_lines_with_cr(head: bytes) -> bool:
    """Whether lines end with CR alone, as on the first Macintosh; some programs still save CSV so."""
    return b"\r" in head and b"\n" not in head


def fallback_of(path: Path) -> str | None:
    """The most likely encoding of lines of a file that are not UTF-8; None where there are none."""
    found = b"".join(islice(_not_utf8(path), 2000))[:_LOOKED_AT]
    if not found:
        return None
    high = len(_HIGH.findall(found))
    if sum(map(len, _RUN.findall(found))) * 2 < high:  # letters with accents stand alone among those without
        return ENCODINGS[0]
    counted = {name: sum(found.count(letter) for letter in usual) for name, usual in _USUAL.items()}
    return max(counted, key=lambda name: counted[name])


def _not_utf8(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            block += file.readline(BLOCK)
            try:
                block.decode()
            except UnicodeDecodeError:
                yield from filter(_is_not_utf8, block.split(b"\n"))


def _is_not_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def layout(text: str) -> dict[str, Any]:
    """`delimiter` and `skip_lines` of a table, from its beginning."""
    told = _SEPARATOR.match(text)  # Excel's own way to say what separates the cells
    if told is not None:
        return {"delimiter": told[1], "skip_lines": 1}
    lines = text.split("\n")[: SKIPPED_MOST + 1]
    mark = _delimiter(lines)
    skipped = _lines_above(lines, mark)
    return {"delimiter": mark, **({"skip_lines": skipped} if skipped else {})}


def _delimiter(lines: list[str]) -> str:
    """The sign that stands most often in one of the first lines, outside quotation marks."""
    counts = {mark: max(_cells(line, mark) for line in lines[:20]) for mark in _MARKS}
    first = {mark: _cells(lines[0], mark) for mark in _MARKS}
    best = max(first, key=lambda mark: first[mark])
    return best if first[best] > 1 else max(counts, key=lambda mark: counts[mark])


def _cells(line: str, mark: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=mark), []))
    except csv.Error:  # a line end of another kind in the middle
        return line.count(mark) + 1


def _lines_above(lines: list[str], mark: str) -> int:
    """How many lines stand above the first that looks like names of columns: titles fill one cell of many."""
    rows = csv.reader((line + "\n" for line in lines[:-1] or lines), delimiter=mark)
    found: list[tuple[int, int]] = []
    before = 0
    try:
        for row in islice(rows, 12):
            found.append((before, sum(1 for cell in row if cell.strip())))
            before = rows.line_num
    except csv.Error:
        return 0
    most = max((filled for _before, filled in found), default=0)
    if most < 2 or found[0][1] * 2 > most:
        return 0
    return next(before for before, filled in found if filled * 2 > most)
