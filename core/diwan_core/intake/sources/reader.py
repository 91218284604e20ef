"""Reads the rows of a file as a stream: CSV, JSON lines, one JSON list, or a sheet of a workbook (`sheet`). Each row
comes with its number, or with what is wrong.

The reader never holds more than a block of the file (plus the longest row). It gives every row exactly once: either as
cells or as a fault, so that rows + faults = what stands in the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self

import msgspec

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import Fault, FaultCode, Unreadable, show_cell
from diwan_core.intake.sources.json_list import NamedTwice, check_names, elements
from diwan_core.intake.sources.lines import BadLine, Lines, Opened
from diwan_core.intake.sources.sheet import SheetFacts, SheetFile, is_sheet_file, letters

Cells = dict[str, Any]
"""Column name to cell. A JSON number with a point or exponent comes as its text, so that none passes through float;
cells of a workbook as in `cells`."""

Hidden = Literal["", "import", "skip"]

FORMATS: Final = ("csv", "json", "jsonl")

BLANK: Final = frozenset(("", "-", "--", "---", "—", "–", "N/A", "n/a", "#N/A", "NULL", "null", "(null)"))
"""Cells that mean "not known". "NA" is not among them: it is Namibia."""


@dataclass(frozen=True)
class Source:
    """How the file is written; the [source] table of a mapping."""

    format: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    fallback: str | None = None
    skip_lines: int = 0
    key: tuple[str, ...] = ()
    blank: frozenset[str] = BLANK
    header: bool = True
    """Whether the first line names the columns; else they are called by `names`, those beyond "1", "2", …"""
    names: tuple[str, ...] = ()
    hidden_rows: Hidden = ""
    """What becomes of hidden rows of a workbook's sheet; "" where it was not said."""

    def named(self, width: int) -> list[str]:
        """The names of the columns of a file that does not name them."""
        return [*self.names, *(str(number) for number in range(len(self.names) + 1, width + 1))]


class Read(NamedTuple):
    """One row. `row` counts the data rows from 1; `line` is the line of the file where the row begins (0: not known).
    `cells` is None when `fault` says why the row cannot be used."""

    row: int
    line: int
    cells: Cells | None
    fault: Fault | None


class Reader:
    """An open file of rows. `columns` are the headers of a CSV file or a sheet, None for JSON, whose rows name their
    own. `sheet` is what is known of a workbook's sheet; None for other files."""

    def __init__(self, path: Path, source: Source) -> None:
        self.source = source
        self._name = path.name
        self.columns: list[str] | None = None
        self.duplicates: dict[str, list[int]] = {}
        self.sheet: SheetFacts | None = None
        self._lines: Lines | None = None
        if is_sheet_file(path):
            self._opened: Opened | SheetFile = SheetFile(path)
            self.sheet = self._opened.facts
            self._rows = self._sheet_rows(self._opened)
            self._read_heads(self._opened)
            return
        self._opened = opened = Opened(path)
        try:
            if source.format == "json":
                self._rows = self._json_rows(opened)
            else:
                self._lines = Lines(opened, encoding=source.encoding, fallback=source.fallback)
                self._rows = self._csv_rows(self._lines) if source.format == "csv" else self._jsonl_rows(self._lines)
                if source.format == "csv":
                    self._read_header(self._lines)
        except Unreadable:
            self._opened.close()
            raise

    def __iter__(self) -> Iterator[Read]:
        return self._rows

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._opened.close()

    @property
    def name(self) -> str:
        """The file's name."""
        return self._name

    @property
    def progress(self) -> float:
        """Share of the file's bytes read, 0.0 to 1.0."""
        return self._opened.progress

    @property
    def fallback_lines(self) -> int:
        return self._lines.fallback_lines if self._lines else 0

    def _read_header(self, lines: Lines) -> None:
        name = self._opened.path.name
        try:
            for _ in range(self.source.skip_lines):
                next(lines)
            header = next(csv.reader(lines, delimiter=self.source.delimiter, strict=True))
            if not self.source.header:
                lines.give_back(list(lines.taken)[self.source.skip_lines :])
                header = self.source.named(len(header))
        except StopIteration:
            raise Unreadable(N_("{name} ends before its header line"), name=name) from None
        except (BadLine, csv.Error) as error:
            said = error.sentence if isinstance(error, BadLine) else Sentence.plain(str(error))
            raise Unreadable(N_("{name}, header line: {error}"), name=name, error=said) from error
        lines.taken.clear()
        self._name_columns([cell.strip() for cell in header])

    def _name_columns(self, columns: list[str]) -> None:
        while columns and not columns[-1]:
            columns.pop()
        places: dict[str, list[int]] = {}
        for place, column in enumerate(columns, 1):
            places.setdefault(column, []).append(place)
        self.duplicates = {column: at for column, at in places.items() if column and len(at) > 1}
        self.columns = columns

    def _read_heads(self, file: SheetFile) -> None:
        """Take the first row that holds something, of those `skip_lines` does not pass over, for the names of columns.
        What stands to the right of the last name is named by its letter."""
        try:
            found = file.skip_to(self.source.skip_lines, heads=self.source.header)
        except Unreadable:
            file.close()
            raise
        if found is None:
            file.close()
            raise Unreadable(N_("{name} ends before its header line"), name=file.facts.sheet)
        if not self.source.header:
            self._name_columns(self.source.named(file.facts.width))
            return
        names = [str(head).strip() for head in found.cells]
        while names and not names[-1]:
            names.pop()
        beside = [f"({letters(place)})" if place in file.facts.filled else "" for place in range(file.facts.width)]
        self._name_columns(names + beside[len(names) :])

    def _sheet_rows(self, file: SheetFile) -> Iterator[Read]:
        columns = self.columns or []
        width, skips = len(columns), self.source.hidden_rows == "skip"
        row = 0
        for number, hidden, cells in file.rows():
            if hidden and skips:
                continue
            row += 1
            cells += [""] * (width - len(cells))  # noqa: PLW2901  from here on it is the changed one
            yield Read(row, number, dict(zip(columns, cells, strict=False)), None)

    def _csv_rows(self, lines: Lines) -> Iterator[Read]:
        parse = csv.reader(lines, delimiter=self.source.delimiter, strict=True)
        columns = self.columns or []
        width = len(columns)
        row = 0
        while True:
            lines.taken.clear()
            line = lines.number + 1
            try:
                cells = next(parse)
            except StopIteration:
                return
            except (BadLine, csv.Error) as error:
                row += 1
                yield Read(row, line, None, _broken(lines, error))
                continue
            if len(cells) > width and not any(cells[width:]):
                del cells[width:]
            if len(cells) == width:
                if width == 1 or any(cells):
                    row += 1
                    yield Read(row, line, dict(zip(columns, cells, strict=True)), None)
            elif any(cells):
                row += 1
                yield Read(row, line, None, _broken(lines, (len(cells), width)))

    def _jsonl_rows(self, lines: Lines) -> Iterator[Read]:
        decode = msgspec.json.Decoder(float_hook=str).decode
        row = line = 0
        code: FaultCode
        for block in lines.blocks():
            for text in block:
                line += 1
                if not isinstance(text, str):
                    row += 1
                    yield Read(row, line, None, Fault(None, "", text.code, text.sentence))
                    continue
                try:
                    cells = decode(text)
                    if cells.__class__ is dict:
                        if text.count('":') + text.count('" :') > len(cells):
                            check_names(text)
                        row += 1
                        yield Read(row, line, cells, None)
                        continue
                    code, reason = "not_an_object", sentence(N_("the line is not a JSON object {{…}}"))
                except NamedTwice as error:
                    code, reason = "named_twice", error.sentence
                except RecursionError:
                    code, reason = "nested", sentence(N_("the line is nested too deep"))
                except (msgspec.DecodeError, UnicodeError) as error:
                    if not text.strip():
                        continue
                    code, reason = "not_json", sentence(N_("the line is not JSON: {error}"), error=str(error))
                row += 1
                yield Read(row, line, None, Fault(None, show_cell(text.strip()), code, reason))

    def _json_rows(self, opened: Opened) -> Iterator[Read]:
        for row, (cells, text, wrong) in enumerate(elements(opened, self.source.encoding), 1):
            if wrong is not None:
                yield Read(row, 0, None, Fault(None, show_cell(text), *wrong))
            else:
                yield Read(row, 0, cells, None)


def _broken(lines: Lines, error: BadLine | csv.Error | tuple[int, int]) -> Fault:
    """The fault of a CSV row that could not be read, or has so many cells where the header has so many. A quotation
    mark that is never closed swallows the lines after it: only the first line is refused, the others are read again."""
    taken = list(lines.taken)
    code, reason = _reason(error, len(taken))
    if len(taken) > 1:
        lines.give_back(taken[1:])
        template = N_(
            "{reason}; it swallowed {count} more lines, so look for a quotation mark that is not closed",
        )
        reason = sentence(template, reason=reason, count=len(taken) - 1)
    first = taken[0] if taken else ""
    return Fault(None, show_cell(first.rstrip("\r\n")) if isinstance(first, str) else "", code, reason)


def _reason(error: BadLine | csv.Error | tuple[int, int], lines: int) -> tuple[FaultCode, Sentence]:
    match error:
        case (cells, width):
            return "cells", sentence(N_("the row has {cells} cells, the header has {width}"), cells=cells, width=width)
        case BadLine():
            return error.code, error.sentence
        case _ if "unexpected end of data" in str(error) and lines == 1:
            return "quotation", sentence(N_("a quotation mark is opened and never closed"))
        case _ if "field larger" in str(error):
            return "too_long_line", sentence(
                N_("a cell is longer than {most} characters"), most=f"{csv.field_size_limit():,}"
            )
        case _ if "new-line character" in str(error):
            return "quotation", sentence(N_("a line end stands in a cell without quotation marks around it"))
        case _ if "expected after" in str(error):
            return "quotation", sentence(
                N_("a quotation mark stands in the middle of a cell; inside of one write it twice")
            )
        case _:
            return "quotation", Sentence.plain(str(error))
