"""A preview of an import: the first rows as they would be saved, with errors beside the cells, and a trial of many
more."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from diwan_core.intake.faults import Fault, RowRefused, show_cell
from diwan_core.intake.mapping.column_check import check_columns, fit_columns, rows_of_export
from diwan_core.intake.mapping.compiled_mapping import Compiled
from diwan_core.intake.mapping.model import Mapping
from diwan_core.intake.mapping.own_export import ExportedRows, field_at
from diwan_core.intake.run.import_file import Import
from diwan_core.intake.run.summary import Summary
from diwan_core.intake.run.trial import Trial
from diwan_core.intake.sources.reader import Read, Reader
from diwan_core.intake.sources.tables import ErrorFile
from diwan_core.register import flatten_values

ROWS: Final = 10
TRIED: Final = 2000
COLUMNS_SHOWN: Final = 12
"""Columns of an export that are shown."""


@dataclass(frozen=True)
class PreviewCell:
    """A field's value as it would be saved, and what is wrong with it."""

    value: Any
    fault: Fault | None


@dataclass(frozen=True)
class PreviewRow:
    """A row: its number, why it is left out ("" where it is not), its cells by the mapping's fields, what is wrong with
    it as a whole or with a field no column fills."""

    row: int
    left_out: str
    cells: tuple[PreviewCell, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Preview:
    """`paths` are the fields the mapping fills from columns, in its order."""

    paths: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    unused: tuple[str, ...]


def preview(path: Path, mapping: Mapping) -> Preview:
    """The first rows as they would be saved. Raises Unreadable where the file does not have the mapping's columns."""
    with Reader(path, mapping.source) as reader:
        mapping = fit_columns(mapping, reader)
        compiled: Compiled | ExportedRows = Compiled(mapping)
        paths = tuple(dict.fromkeys(rule.place.path for rule in mapping.fields))
        if mapping.exported:
            compiled = rows_of_export(mapping, reader)
            paths = tuple(name for name in reader.columns or () if field_at(mapping.type, name))[:COLUMNS_SHOWN]
        reads = list(islice(reader, ROWS))
        if mapping.exported and reader.columns is None:
            paths = tuple(name for name in _paths_of(reads) if field_at(mapping.type, name))[:COLUMNS_SHOWN]
        unused = check_columns(mapping, reader)
        rows = tuple(_row(read.row, read.cells, read.fault, mapping, compiled, paths) for read in reads)
    return Preview(paths, rows, tuple(unused))


def _paths_of(reads: list[Read]) -> dict[str, None]:
    """The fields of the records of an export as JSON, in their order."""
    found: dict[str, None] = {}
    for read in reads:
        values = (read.cells or {}).get("values")
        found.update(dict.fromkeys(path for path, _value in flatten_values(values if isinstance(values, dict) else {})))
    return found


def _row(
    number: int,
    cells: dict[str, Any] | None,
    fault: Fault | None,
    mapping: Mapping,
    compiled: Compiled | ExportedRows,
    paths: tuple[str, ...],
) -> PreviewRow:
    if cells is None:
        return PreviewRow(number, "", (), (fault,) if fault else ())
    document: dict[str, Any] = {}
    faults: list[Fault] = []
    try:
        rule = compiled.left_out(cells)
        if rule is not None:
            return PreviewRow(number, rule.reason, (), ())
        document = compiled.document(cells, "preview")
    except RowRefused as refusal:
        faults = refusal.faults
    else:
        for problem in mapping.type.check(document, creating=True):
            column = mapping.column_of(problem.path)
            value = show_cell(cells.get(column)) if column else ""
            faults.append(Fault(column, value, problem.code, problem.sentence, problem.path))
    wrong: dict[str, Fault] = {}
    whole: list[Fault] = []
    for found in faults:
        path = found.path or next((r.place.path for r in mapping.fields if found.column in r.columns), "")
        if path in paths:
            wrong.setdefault(path, found)
        else:
            whole.append(found)
    return PreviewRow(
        number, "", tuple(PreviewCell(_at(document, path), wrong.get(path)) for path in paths), tuple(whole)
    )


def _at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def tried(path: Path, mapping: Mapping, errors: Path) -> Summary:
    """The outcome that the first TRIED rows would have; nothing is kept. Raises Unreadable."""
    with ErrorFile(errors) as error_file:
        summary = Import(path, mapping, Trial(), author="trial", errors=error_file, last_row=TRIED).run()
    errors.unlink(missing_ok=True)
    return summary
