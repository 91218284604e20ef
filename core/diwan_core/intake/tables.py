"""CSV as people open it: in a spreadsheet, which would run a cell that begins like a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from diwan_core.intake.faults import Fault

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def guarded(text: str) -> str:
    """`text` with an apostrophe in front where a spreadsheet would take it for a formula (OWASP, "CSV injection")."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


class Unwritable(Exception):
    """A file cannot be written; the message says which, and what to do."""


class ErrorFile:
    """The rows that were refused and why: row, line, column, value, reason. Made when the first one comes."""

    HEADER = ("row", "line", "column", "value", "reason")

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
            csv.writer(self._file).writerow(self.HEADER)
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
        writer = csv.writer(self._file)
        try:
            for fault in faults:
                self.lines += 1
                writer.writerow(
                    [row, line or "", guarded(fault.column or ""), guarded(fault.value), guarded(fault.reason)]
                )
        except OSError as error:
            raise Unwritable(f"the error file {self.path} cannot be written ({error.strerror})") from error

    def close(self) -> None:
        """Raises Unwritable, as when the disk became full."""
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise Unwritable(f"the error file {self.path} cannot be written ({error.strerror})") from error
