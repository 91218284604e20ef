"""Reads the lines of a file with one block in memory at a time, and tells apart every way in which a line can be
broken.

Hostile or broken input is the normal case here: a file of one endless line, bytes of another encoding, NUL bytes from a
disk that lost power. A broken line costs that line only.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from diwan_core.dictionary import N_, Parameter, sentence
from diwan_core.intake.faults import FaultCode, Unreadable

BLOCK: Final = 256 * 1024
LONGEST_LINE: Final = 4 * 1024 * 1024
"""Bytes; a longer line is refused without being held in memory. Equal to the longest journal line."""

UNPACKED_MOST: Final = 2 * 1024 * 1024 * 1024
RATIO_MOST: Final = 200
SMALL: Final = 1024 * 1024
"""A gzip archive may unpack to so many bytes, and to so many times its own; a small one counts as a megabyte."""

_MAGIC: Final = (
    (b"PK\x03\x04", N_("{name} is a ZIP archive or an Excel workbook: unpack it, or save the sheet as CSV (UTF-8)")),
    (b"\x1f\x8b", N_("{name} is a gzip archive: unpack it, or give it a name that ends in .gz")),
    (b"\xd0\xcf\x11\xe0", N_("{name} is an old Excel workbook: save the sheet as CSV (UTF-8)")),
    (b"%PDF", N_("{name} is a PDF: the table has to be saved as CSV (UTF-8) first")),
    (codecs.BOM_UTF16_LE, N_("{name} is text in UTF-16: save it as CSV (UTF-8)")),
    (codecs.BOM_UTF16_BE, N_("{name} is text in UTF-16: save it as CSV (UTF-8)")),
)
_MARKUP: Final = re.compile(
    rb"\s*(?:<!doctype|<html|<head|<meta|<table|<style|<\?xml|<\?mso|mime-version:|content-type: )", re.IGNORECASE
)
"""What spreadsheet programs and web services also save under the name .xls."""


class BadLine(Exception):
    """A line that cannot be used; the sentence says why."""

    def __init__(self, code: FaultCode, template: str, /, **parameters: Parameter) -> None:
        self.code, self.sentence = code, sentence(template, **parameters)
        super().__init__(self.sentence)


class Opened:
    """An open source file. `progress` is the share of its bytes read so far, 0.0 to 1.0."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("rb")
            self.size = path.stat().st_size
        except IsADirectoryError as error:
            raise Unreadable(N_("{path} is a folder; name a file in it"), path=str(path)) from error
        except OSError as error:
            raise Unreadable(N_("{path} cannot be read: {error}"), path=str(path), error=str(error.strerror)) from error
        if not path.is_file():
            self._file.close()
            raise Unreadable(N_("{path} is not a regular file; save the rows to a file first"), path=str(path))
        self.path = path
        self._stream: io.BufferedIOBase = self._file
        self._unpacked = 0
        if path.suffix == ".gz":
            self._stream = gzip.GzipFile(fileobj=self._file, mode="rb")

    def read(self, count: int) -> bytes:
        """Up to `count` bytes. Raises Unreadable when the disk or the archive fails."""
        try:
            block = self._stream.read(count)
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(
                N_("{path} breaks off: {error}. Copy or download it again"), path=str(self.path), error=str(error)
            ) from error
        self._unpacked += len(block)
        if self._stream is not self._file and self._unpacked > min(UNPACKED_MOST, RATIO_MOST * max(self.size, SMALL)):
            template = N_("{path} unpacks to far more than it is long: unpack it and look at it before you import it")
            raise Unreadable(template, path=str(self.path))
        return block

    @property
    def progress(self) -> float:
        return self._file.tell() / self.size if self.size else 1.0

    def close(self) -> None:
        self._stream.close()
        self._file.close()


def first_block(opened: Opened) -> bytes:
    """The first bytes of the file, checked not to be something else than text. Raises Unreadable."""
    block = opened.read(BLOCK)
    name = opened.path.name
    if not block.strip():
        if block or opened.size:
            template = N_("{name} holds no rows: it has only white space in its first {size} KiB")
            raise Unreadable(template, name=name, size=BLOCK // 1024)
        raise Unreadable(N_("{name} is empty"), name=name)
    for magic, template in _MAGIC:
        if block.startswith(magic):
            raise Unreadable(template, name=name)
    if _MARKUP.match(block.removeprefix(codecs.BOM_UTF8)):
        template = N_("{name} is a web page or XML: open it in a spreadsheet program and save it as XLSX or CSV")
        raise Unreadable(template, name=name)
    if block.count(0) * 4 > len(block):
        template = N_("{name} is not text (many NUL bytes); if it is a spreadsheet, save it as CSV (UTF-8)")
        raise Unreadable(template, name=name)
    if b"\n" not in block and b"\r" in block:
        raise Unreadable(N_("{name} ends its lines with CR alone; save it with line ends LF or CRLF"), name=name)
    return block.removeprefix(codecs.BOM_UTF8)


class Lines:
    """Iterator of text lines with their ends. Raises BadLine for a line that cannot be used and goes on with the next.

    `number` is the number of the line just given, from 1. `give_back` puts lines back in front. `fallback_lines` counts
    lines that were not in the declared encoding and were read in the fallback one.
    """

    def __init__(self, opened: Opened, *, encoding: str, fallback: str | None) -> None:
        self._opened = opened
        self._encoding = encoding
        self._fallback = fallback
        self._rest = first_block(opened)
        self._ready: deque[str | BadLine] = deque()
        self._end = False
        self.number = 0
        self.fallback_lines = 0
        self.taken: list[str | BadLine] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._ready:
            if self._end:
                raise StopIteration
            self._fill()
        line = self._ready.popleft()
        self.number += 1
        self.taken.append(line)
        if line.__class__ is str:
            return line
        raise line  # type: ignore[misc]

    def blocks(self) -> Iterator[list[str | BadLine]]:
        """All lines that are at hand, again and again: quicker than one by one, where none is ever given back."""
        while True:
            while not self._ready:
                if self._end:
                    return
                self._fill()
            block = list(self._ready)
            self._ready.clear()
            yield block

    def give_back(self, lines: list[str | BadLine]) -> None:
        self._ready.extendleft(reversed(lines))
        self.number -= len(lines)

    def _fill(self) -> None:
        block = self._opened.read(BLOCK)
        data = self._rest + block
        if not block:
            self._end = True
            self._rest = b""
            if data:
                self._ready.extend(self._texts(data))
            return
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > LONGEST_LINE:
            self._ready.append(self._over_long())
            return
        self._rest = data[cut:]
        if cut:
            self._ready.extend(self._texts(data[:cut]))

    def _over_long(self) -> BadLine:
        """Reads on to the end of an over-long line without keeping it."""
        while block := self._opened.read(BLOCK):
            cut = block.find(b"\n") + 1
            if cut:
                self._rest = block[cut:]
                break
        else:
            self._end = True
            self._rest = b""
        return BadLine("too_long_line", N_("the line is longer than {most} MiB"), most=LONGEST_LINE // 1024 // 1024)

    def _texts(self, data: bytes) -> list[str | BadLine]:
        if b"\0" not in data:
            try:
                return list(io.StringIO(data.decode(self._encoding), newline="\n"))
            except UnicodeDecodeError:
                pass
        return [self._text(line) for line in io.BytesIO(data)]

    def _text(self, line: bytes) -> str | BadLine:
        if b"\0" in line:
            template = N_("the line holds a NUL byte at position {position}; the file is damaged there")
            return BadLine("damaged", template, position=line.index(0) + 1)
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError as error:
            if self._fallback is not None:
                self.fallback_lines += 1
                return line.decode(self._fallback, "replace")
            template = N_(
                "byte {byte} at position {position} is not {encoding}; save the file as UTF-8, or set encoding (for "
                "example windows-1252) in the mapping"
            )
            byte = f"0x{line[error.start]:02X}"
            return BadLine("encoding", template, byte=byte, position=error.start + 1, encoding=self._encoding)
