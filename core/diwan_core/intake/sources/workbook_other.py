"""Reads workbooks in the forms .xls, .xlsb and .ods with calamine. It gives values and dates; it does not show
formats, hidden rows, formulas without a result and errors, which `sheet_notes` tells the person. Works in the
confined process of `workbook`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import IO

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum, load_workbook

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import Cell, DateCell, NumberCell, shortest
from diwan_core.intake.sources.sheet import COLUMNS_MOST, MERGES_MOST, SheetFacts, SheetRow, letters

Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


class OtherWorkbook:
    """An open workbook. Raises python_calamine.CalamineError."""

    def __init__(self, file: IO[bytes]) -> None:
        file.seek(0)
        self._book: CalamineWorkbook = load_workbook(file)
        self.sheets = [
            (sheet.name, sheet.visible != SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]

    def size_of(self, _sheet: str) -> int:
        """Returns 0, which means not known: calamine has read the whole file before it gives a row."""
        return 0

    def rows(self, name: str, facts: SheetFacts) -> Iterator[SheetRow]:
        """The rows of a sheet that hold something; `facts` are complete when they have ended."""
        sheet = self._book.get_sheet_by_name(name)
        merges = [
            (first[0] + 1, last[0] + 1, first[1])
            for first, last in sheet.merged_cell_ranges or []
            if last[0] > first[0] and first[1] < COLUMNS_MOST
        ]
        if len(merges) > MERGES_MOST:
            raise Unreadable(N_("the sheet has very many merged cells: save it as CSV (UTF-8)"))
        facts.merges = sorted(merges)
        filled: set[int] = set()
        first_row, first_column = sheet.start or (0, 0)
        for number, values in enumerate(sheet.iter_rows(), first_row + 1):
            cells: list[Cell] = [""] * first_column
            last = 0
            for place, value in enumerate(values, first_column):
                if value == "" and isinstance(value, str):
                    cells.append("")
                    continue
                cells.append(_cell(value, facts, place, number))
                filled.add(place)
                last = place + 1
            if last > COLUMNS_MOST:
                raise Unreadable(N_("the sheet has more than {most} columns"), most=COLUMNS_MOST)
            if last:
                facts.rows += 1
                yield SheetRow(number, False, cells[:last])
        facts.filled = sorted(filled)
        facts.width = facts.filled[-1] + 1 if facts.filled else 0


def _cell(value: Value, facts: SheetFacts, place: int, row: int) -> Cell:
    match value:
        case bool():
            return value
        case int() | float():
            number = shortest(repr(value))
            if number is None:
                return str(value)
            if len(number.lstrip("-")) > 15 and "." not in number:
                facts.long_numbers.add(f"{letters(place)}{row}")
            return NumberCell(number)
        case dt.datetime():
            return DateCell(value.replace(tzinfo=None).isoformat("T", "seconds"), "datetime")
        case dt.date():
            return DateCell(value.isoformat(), "date")
        case dt.time():
            return DateCell(value.replace(tzinfo=None).isoformat("seconds"), "time")
        case dt.timedelta():
            minutes, second = divmod(max(0, round(value.total_seconds())), 60)
            return DateCell(f"{minutes // 60:02}:{minutes % 60:02}:{second:02}", "elapsed")
        case _:
            return value.replace("\r\n", "\n").replace("\r", "\n")
