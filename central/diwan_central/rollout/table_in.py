"""Reads sites from a spreadsheet (CSV or a workbook), one row for each site. A row with a fault is refused as a whole
and named with its row, column and remedy; the others are taken. An empty cell changes nothing, so the same file can
be read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import Unfit, Unreadable
from diwan_core.intake.sources.cells import BadCell, DateCell, NumberCell, text_for
from diwan_core.intake.sources.reader import Read, Reader, Source
from diwan_core.intake.sources.tables import unguard_cell
from diwan_core.intake.sources.workbook import is_workbook, to_cells

from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.questions import BY_KEY
from diwan_central.rollout.sites import SiteExists, TooMany, by_code, make, read_field, save
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.table import key_of

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a file: some 5,000 sites take one."""
FAULTS_MOST: Final = 500


@dataclass(frozen=True)
class RowFault:
    """A fault of a row: `row` as the spreadsheet counts them, `column` its heading ("" for the whole row)."""

    row: int
    column: str
    reason: Sentence


@dataclass
class Taken:
    """The outcome for a file."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    faults: list[RowFault] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Headings of columns that are none of ours."""


def take_file(store: RolloutStore, file: Path, spool: Path, person: str, now_ms: int) -> Taken:
    """Take the sites of a file in; `spool` is an empty folder for what is read of a workbook. Raises Unreadable,
    RolloutUnusable, OSError."""
    if file.stat().st_size > LARGEST:
        raise Unreadable(N_("the file is larger than {most} MB: it is not a table of sites"), most=LARGEST // 1024**2)
    source = Source(delimiter=_delimiter(file))
    if is_workbook(file):
        cells = spool / "sheet.cells"
        to_cells(file, cells)
        file = cells
        source = Source(hidden_rows="import")
    taken = Taken()
    with Reader(file, source) as reader:
        columns = {head: key_of(head) for head in reader.columns or ()}
        missing = [key for key in ("code", "name") if key not in columns.values()]
        if missing:
            raise Unreadable(
                N_("the file has no column {columns}: fill in the template, and keep its first row as it is"),
                columns=", ".join(missing),
            )
        taken.left_out = [head for head, key in columns.items() if not key and head.strip()]
        seen: dict[str, int] = {}
        for read in reader:
            _take_row(store, read, columns, seen, taken, person, now_ms)
    return taken


def _delimiter(file: Path) -> str:
    with file.open("rb") as opened:
        first = opened.readline(64 * 1024)
    return max((",", ";", "\t"), key=lambda mark: first.count(mark.encode()))


def _take_row(
    store: RolloutStore, read: Read, columns: Mapping[str, str], seen: dict[str, int], taken: Taken, person: str,
    now_ms: int,
) -> None:  # fmt: skip
    row = read.line or read.row + 1
    if read.cells is None:
        _refuse(taken, [RowFault(row, (read.fault.column if read.fault else "") or "", _reason(read))])
        return
    values: dict[str, str] = {}
    faults = list(_read_cells(read.cells, columns, row, values))
    if not values and not faults:
        return
    code_head = next(head for head, key in columns.items() if key == "code")
    code = values.get("code", "")
    if not code and not any(fault.column == code_head for fault in faults):
        faults.append(RowFault(row, code_head, sentence(N_("Write the number of the site."))))
    if code in seen:
        told = sentence(N_("The site {code} is already in row {row}. Keep one of the two."), code=code, row=seen[code])
        faults.append(RowFault(row, code_head, told))
    elif code:
        seen[code] = row
    if faults:
        _refuse(taken, faults)
        return
    _keep(store, values, row, columns, taken, person, now_ms)


def _keep(
    store: RolloutStore, values: dict[str, str], row: int, columns: Mapping[str, str], taken: Taken, person: str,
    now_ms: int,
) -> None:  # fmt: skip
    known = by_code(store, values["code"])
    if known is not None:
        if save(store, known.id, values, known.revision, person, now_ms):
            taken.changed += 1
        else:
            taken.same += 1
        return
    if not values.get("name"):
        head = next(head for head, key in columns.items() if key == "name")
        _refuse(taken, [RowFault(row, head, sentence(N_("Write a name.")))])
        return
    try:
        make(store, values, person, now_ms)
        taken.new += 1
    except TooMany as error:
        _refuse(taken, [RowFault(row, "", error.reason)])
    except SiteExists as error:  # made by somebody else a moment ago
        told = sentence(N_("Somebody else has just added the site {code}. Read the file again."), code=error.site.code)
        _refuse(taken, [RowFault(row, "", told)])


def _refuse(taken: Taken, faults: list[RowFault]) -> None:
    taken.refused += 1
    taken.faults += faults[: max(0, FAULTS_MOST - len(taken.faults))]


def _reason(read: Read) -> Sentence:
    return read.fault.reason if read.fault else sentence(N_("The row cannot be read."))


def _read_cells(
    cells: Mapping[str, Any], columns: Mapping[str, str], row: int, values: dict[str, str]
) -> Iterator[RowFault]:
    for head, key in columns.items():
        cell = cells.get(head, "")
        if not key or cell is None or cell == "":
            continue
        try:
            text = _text(cell, key)
            if text.strip():
                values[key] = read_field(key, text)
        except Unfit as error:
            yield RowFault(row, head, error.sentence)
        except BadAnswer as error:
            yield RowFault(row, head, error.reason)


def _text(cell: Any, key: str) -> str:
    """A cell as the text a person would have typed. Raises Unfit."""
    match cell:
        case bool():
            return "yes" if cell else "no"
        case NumberCell() | DateCell() | BadCell():
            return text_for(cell, "integer" if key in BY_KEY and BY_KEY[key].kind == "number" else "text")
    return unguard_cell(str(cell))
