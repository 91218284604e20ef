"""Reads files of codes line by line: a bad line is reported, and all other lines are read."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LONGEST_LINE: Final = 20_000
LARGEST_FILE: Final = 64 * 1024 * 1024
_MOST_JOINED: Final = 20
"""Lines that one quoted cell may run over."""


class NotACodeFile(Exception):
    """The file cannot be read as a file of codes; the text says why."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that was not taken, or only in part (`taken`)."""

    file: str
    line: int
    reason: str
    taken: bool = False

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a line, without spaces around them."""

    line: int
    values: list[str]


def lines_of(path: Path) -> list[str]:
    """The lines of a file: UTF-8, UTF-16 with its mark, and every line that is not UTF-8 as Windows-1252, since files
    of several encodings are joined. Raises NotACodeFile, and OSError as opening does."""
    if path.stat().st_size > LARGEST_FILE:
        raise NotACodeFile(f"{path.name} is larger than {LARGEST_FILE // 1024**2} MB; give the list in several files")
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode()
    if not raw.strip():
        raise NotACodeFile(f"{path.name} is empty")
    return [_decoded(line) for line in raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")]


def _decoded(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text = line.decode("cp1252", "replace")
    return text.lstrip("\ufeff")


def cells_of(path: Path, *, several_lines: bool = False) -> Iterator[Cells | BadLine]:
    """The lines of a file with commas, semicolons or tabs that hold anything. With `several_lines` a quoted cell may
    run over a few of them."""
    lines = lines_of(path)
    number = next(number for number, line in enumerate(lines) if line.strip())
    mark = _delimiter(lines[number])
    if lines[number].lower().startswith("sep="):  # what a spreadsheet program is told by
        number += 1
    while number < len(lines):
        line, first, used = lines[number], number + 1, 1
        if several_lines and line.count('"') % 2:
            for more in range(1, min(_MOST_JOINED, len(lines) - number)):
                line += "\n" + lines[number + more]
                if line.count('"') % 2 == 0:
                    used = more + 1
                    break
            else:
                line = lines[number]
        number += used
        if not line.strip(" \t,;\x1a"):
            continue
        if len(line) > LONGEST_LINE:
            yield BadLine(path.name, first, f"it is longer than {LONGEST_LINE:,} characters")
            continue
        try:
            values = next(csv.reader([line] if used == 1 else line.splitlines(True), delimiter=mark, strict=True))
        except (csv.Error, StopIteration):
            yield BadLine(path.name, first, "a quotation mark is not closed")
            continue
        yield Cells(first, [" ".join(value.split()) for value in values])


def _delimiter(line: str) -> str:
    """The first mark outside quotation marks: a description may hold any number of commas."""
    outside = "".join(line.split('"')[::2])
    return next((letter for letter in outside if letter in ",;\t"), ",")


def unreadable(text: str) -> str:
    """The reason why a name cannot be kept, or "" where it can."""
    if "\ufffd" in text:
        return "its name has lost letters to a wrong conversion"
    if not text.isprintable():
        return "its name holds control characters"
    return ""
