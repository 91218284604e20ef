"""Writes the refused rows of an import as a workbook, with all their cells and the reason at the end, to be corrected
and imported again. It is a workbook because its cells are never formulas and its letters are always right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from diwan_core.dictionary import Sentence
from diwan_core.intake.faults import Fault
from diwan_core.intake.sources.cells import Cell
from diwan_core.intake.sources.reader import Reader, Source
from diwan_core.intake.sources.workbook_write import write_workbook
from diwan_core.intake.wording import faults_in

ROWS_MOST: Final = 20_000
"""Rows in one workbook; their reasons are held in memory."""


def write_refused(
    table: Path, source: Source, faults: Path, out: Path, reason: str, say: Callable[[Sentence], str]
) -> None:
    """Write the refused rows of a CSV table. `reason` heads the column that says why. Raises Unreadable, OSError."""
    why = {row: _why(found, say) for row, _line, found in islice(faults_in(faults), ROWS_MOST)}
    with Reader(table, source) as reader:
        columns = reader.columns or []
        head = [*columns, reason]
        write_workbook(out, head, _rows(reader, columns, why), [False] * len(head))


def _rows(reader: Reader, columns: list[str], why: dict[int, str]) -> Iterator[list[Cell]]:
    left = len(why)
    for read in reader:
        if not left:
            return
        if read.row in why:
            left -= 1
            cells = read.cells or {}
            yield [*(cells.get(column, "") for column in columns), why[read.row]]


def _why(faults: list[Fault], say: Callable[[Sentence], str]) -> str:
    """The reasons a row was refused for; of one that could not be read also how it begins, which is all there is."""
    return "; ".join(say(fault.reason) if fault.column else f"{say(fault.reason)}: {fault.value}" for fault in faults)
