"""Sheet files: the rows of one sheet of a workbook with the kinds of their cells, and further facts about the sheet.

    diwan-sheet 1 <where the facts begin, 15 digits>\\n
    [row of the sheet, whether it is hidden, [cells]]\\n    as JSON, rows without content left out
    {facts}\\n

The process that reads workbooks writes them (`workbook`), `Reader` reads them where a table is expected. Cells are as
in `cells`; those of a vertical merge all have its value when they are read."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import Cell

SUFFIX: Final = ".cells"
ROWS_MOST: Final = 1_048_576
COLUMNS_MOST: Final = 500
MERGES_MOST: Final = 100_000
NAMED_MOST: Final = 20
"""Rows or cells that facts name; of more they give the number."""
_MAGIC: Final = b"diwan-sheet 1 "
_HEAD: Final = len(_MAGIC) + 15 + 1
_ABOVE: Final = 50


class Some(msgspec.Struct):
    """How many there are, and the first of them by name ("D7", "3")."""

    count: int = 0
    first: list[str] = msgspec.field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < NAMED_MOST:
            self.first.append(name)

    def add_row(self, number: int) -> None:
        """Count one more row; rows that follow each other are named together ("7–9")."""
        if self.first:
            start, _dash, end = self.first[-1].partition("–")
            if int(end or start) == number - 1:
                self.count += 1
                self.first[-1] = f"{start}–{number}"
                return
        self.add(str(number))


class SheetFacts(msgspec.Struct):
    """The facts about a sheet beside its cells. Columns are counted from 0, rows as the sheet counts them, from 1."""

    form: str = "xlsx"
    sheet: str = ""
    sheets: list[tuple[str, bool]] = msgspec.field(default_factory=list)
    """The name of every sheet of cells in the workbook, and whether it is hidden."""
    rows: int = 0
    """Rows with content."""
    width: int = 0
    filled: list[int] = []
    """Columns with content."""
    hidden_rows: Some = msgspec.field(default_factory=Some)
    hidden_columns: list[int] = []
    merges: list[tuple[int, int, int]] = []
    """Vertical merges: first row, last row, column."""
    no_result: Some = msgspec.field(default_factory=Some)
    errors: Some = msgspec.field(default_factory=Some)
    long_numbers: Some = msgspec.field(default_factory=Some)
    """Numbers of more than 15 digits: the spreadsheet keeps no more, the others are lost."""
    cut_text: Some = msgspec.field(default_factory=Some)
    """Texts like 1.23E+11: a number somebody typed, of which only this is left."""


class SheetRow(NamedTuple):
    """A row that holds something."""

    number: int
    hidden: bool
    cells: list[Cell]


_row_of: Final = msgspec.json.Decoder(SheetRow).decode
_written: Final = msgspec.json.Encoder().encode_into


def write(file: IO[bytes], rows: Iterable[SheetRow], facts: SheetFacts) -> None:
    """Write a sheet's rows as they come, and then the facts, which may be complete only when the rows have ended."""
    file.write(_MAGIC + b"0" * 15 + b"\n")
    buffer = bytearray()
    for row in rows:
        _written(row, buffer, len(buffer))
        buffer += b"\n"
        if len(buffer) > 256 * 1024:
            file.write(buffer)
            buffer.clear()
    file.write(buffer)
    end = file.tell()
    file.write(msgspec.json.encode(facts) + b"\n")
    file.seek(0)
    file.write(_MAGIC + b"%015d\n" % end)
    file.flush()


def letters(column: int) -> str:
    """The name a spreadsheet gives a column: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def is_sheet_file(path: Path) -> bool:
    """Whether a file is one of these, by its name and its beginning."""
    if path.suffix != SUFFIX or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


class SheetFile:
    """An open sheet file. Raises Unreadable where it is not whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        try:
            self._end = int(self._file.read(_HEAD)[len(_MAGIC) :])
            if not _HEAD <= self._end <= path.stat().st_size:
                raise ValueError("the facts begin within the head or beyond the end")
            self._file.seek(self._end)
            self.facts = msgspec.json.decode(self._file.read(), type=SheetFacts)
            self._file.seek(_HEAD)
            columns = (self.facts.width, *self.facts.filled, *(column for *_rows, column in self.facts.merges))
            if min(columns) < 0 or max(columns) > COLUMNS_MOST:
                raise ValueError("a column is beyond those a sheet file has")
        except (ValueError, msgspec.DecodeError) as error:
            self._file.close()
            raise self._broken() from error
        self._merges = deque(self.facts.merges)
        self._held: dict[int, tuple[int, Cell]] = {}
        """Of columns in which a merge is open: its last row, and its value."""
        self._all: Iterator[SheetRow] = self._filled_rows()

    def _broken(self) -> Unreadable:
        return Unreadable(
            N_("{name} is only a part of what was read of a workbook: read it again"), name=self.path.name
        )

    @property
    def progress(self) -> float:
        """Share of the rows read, 0.0 to 1.0."""
        return min(1.0, self._file.tell() / self._end) if self._end else 1.0

    def close(self) -> None:
        self._file.close()

    def skip_to(self, above: int, *, heads: bool = True) -> SheetRow | None:
        """The first row with content under these. Where it is the heads, it is taken, and the rows that follow take no
        value of a merge that begins in it or above it."""
        found = next((row for row in self._all if row.number > above), None)
        if found is not None and heads:
            self._held.clear()
            self._merges = deque(merge for merge in self._merges if merge[0] > found.number)
        elif found is not None:
            self._all = chain([found], self._all)
        return found

    def rows(self) -> Iterator[SheetRow]:
        """The rows that have not been taken, in order, those of a vertical merge with its value. Raises Unreadable."""
        return self._all

    def _filled_rows(self) -> Iterator[SheetRow]:
        for row in self._plain_rows():
            if self._held:
                self._fill(row)
            while self._merges and self._merges[0][0] <= row.number:
                first, last, column = self._merges.popleft()
                if first == row.number and column < len(row.cells) and row.cells[column] != "":
                    self._held[column] = last, row.cells[column]
            yield row

    def _fill(self, row: SheetRow) -> None:
        cells = row.cells
        for column, (last, value) in list(self._held.items()):
            if row.number > last:
                del self._held[column]
            elif column >= len(cells):
                cells.extend([""] * (column - len(cells)))
                cells.append(value)
            elif cells[column] == "":
                cells[column] = value

    def _plain_rows(self) -> Iterator[SheetRow]:
        file, left = self._file, self._end - _HEAD
        while left > 0:
            lines = file.readlines(min(left, 256 * 1024))
            if not lines:
                raise self._broken()
            for line in lines:
                left -= len(line)
                if left < 0:
                    return
                try:
                    row = _row_of(line)
                except (ValueError, msgspec.DecodeError) as error:
                    raise self._broken() from error
                yield row


def rows_above(path: Path) -> int:
    """How many rows of the sheet stand above the one that names the columns: titles fill one cell of many."""
    file = SheetFile(path)
    try:
        first = [(row.number, sum(1 for cell in row.cells if str(cell).strip())) for row in islice(file.rows(), 12)]
    finally:
        file.close()
    most = max((filled for _number, filled in first), default=0)
    if most < 2 or first[0][1] * 2 > most:
        return 0
    return min(next(number for number, filled in first if filled * 2 > most) - 1, _ABOVE)


def facts_of(path: Path) -> SheetFacts:
    """The facts of a sheet file. Raises Unreadable."""
    file = SheetFile(path)
    file.close()
    return file.facts
