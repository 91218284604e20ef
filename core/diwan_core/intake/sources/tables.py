"""Writes CSV safely for spreadsheets, which would run a cell that begins like a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, TextIO

from diwan_core.dictionary import N_, Sentence
from diwan_core.intake.faults import Fault

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def guard_cell(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would take it for a formula (OWASP, "CSV injection"). What
    has apostrophes before such a sign already gets one more, so that `unguarded` gives every text back."""
    if text.lstrip("'").startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguard_cell(text: str) -> str:
    """`text` without the apostrophe that guards it: the inverse of `guard_cell`."""
    if text[:1] == "'" and text.lstrip("'").startswith(_FORMULA):
        return text[1:]
    return text


class Unwritable(Exception):
    """A file cannot be written; the message says which, and what to do."""


class Errors(Protocol):
    """The place where refused rows are written."""

    @property
    def path(self) -> Path: ...

    @property
    def lines(self) -> int: ...

    def write(self, row: int, line: int, faults: Iterable[Fault]) -> None: ...


HEADER: Final = (N_("row"), N_("line"), N_("column"), N_("value"), "field", "code", N_("reason"))
"""Columns of an error file. `field` and `code`, and what stands in them, are the same in every language."""


def error_lines(
    row: int, line: int, faults: Iterable[Fault], say: Callable[[Sentence], str] = str
) -> Iterator[tuple[str, ...]]:
    """The lines of an error file for a refused row: one for each thing wrong with it."""
    for fault in faults:
        cells = (fault.column or "", fault.value, fault.path, fault.code, say(fault.reason))
        yield str(row), str(line or ""), *map(guard_cell, cells)


class ErrorFile:
    """The rows that were refused and why, as CSV. Made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO | None = None
        self.lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Makes the file, replacing an older one. Raises Unwritable."""
        try:
            self._file = self.path.open("w", encoding="utf-8-sig", newline="")  # the mark makes Excel read UTF-8
            csv.writer(self._file).writerow(HEADER)
        except OSError as error:
            raise Unwritable(
                f"the error file {self.path} cannot be written ({error.strerror}); name another with --errors"
            ) from error

    def write(self, row: int, line: int, faults: Iterable[Fault]) -> None:
        """One line for each thing wrong with a row. Raises Unwritable."""
        if self._file is None:
            self.open()
        if self._file is None:
            return
        try:
            for cells in error_lines(row, line, faults):
                self.lines += 1
                csv.writer(self._file).writerow(cells)
        except OSError as error:
            raise Unwritable(f"the error file {self.path} cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Raises Unwritable, as when the disk became full."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise Unwritable(f"the error file {self.path} cannot be written ({error.strerror})") from error
