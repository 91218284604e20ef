"""The first rows of a table as they would be saved, with what is wrong beside the cell, and a trial of many more."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import Problem
from diwan_core.intake.compiled import Compiled
from diwan_core.intake.faults import RowRefused
from diwan_core.intake.importing import Import, Summary, check_columns
from diwan_core.intake.mapping import Mapping
from diwan_core.intake.reading import Reader
from diwan_core.intake.tables import ErrorFile
from diwan_core.intake.trial import Trial

ROWS: Final = 10
TRIED: Final = 2000


@dataclass(frozen=True)
class PreviewCell:
    """A field's value as it would be saved, and what is wrong with it: as the dictionary says it, or in English."""

    value: Any
    problem: Problem | str
    written: str = ""
    """What the file has there, where it could not be read."""


@dataclass(frozen=True)
class PreviewRow:
    """A row: its number, why it is left out ("" where it is not), its cells by the mapping's fields, what is wrong with
    it as a whole."""

    row: int
    left_out: str
    cells: tuple[PreviewCell, ...]
    problems: tuple[Problem | str, ...]


@dataclass(frozen=True)
class Preview:
    """`paths` are the fields the mapping fills from columns, in its order."""

    paths: tuple[str, ...]
    rows: tuple[PreviewRow, ...]
    unused: tuple[str, ...]


def preview(path: Path, mapping: Mapping) -> Preview:
    """The first rows. Raises Unreadable where the file does not have the mapping's columns."""
    compiled = Compiled(mapping)
    paths = tuple(dict.fromkeys(rule.place.path for rule in mapping.fields))
    with Reader(path, mapping.source) as reader:
        unused = check_columns(mapping, reader)
        rows = tuple(_row(read.row, read.cells, read.fault, mapping, compiled, paths) for read in islice(reader, ROWS))
    return Preview(paths, rows, tuple(unused))


def _row(
    number: int, cells: dict[str, Any] | None, fault: Any, mapping: Mapping, compiled: Compiled, paths: tuple[str, ...]
) -> PreviewRow:
    if cells is None:
        return PreviewRow(number, "", (), (fault.reason if fault else "",))
    wrong: dict[str, Problem | str] = {}
    written: dict[str, str] = {}
    whole: list[Problem | str] = []
    document: dict[str, Any] = {}
    try:
        rule = compiled.left_out(cells)
        if rule is not None:
            return PreviewRow(number, rule.reason, (), ())
        document = compiled.document(cells, "preview")
    except RowRefused as refusal:
        for found in refusal.faults:
            at = [rule.place.path for rule in mapping.fields if found.column and found.column in rule.columns]
            if at:
                wrong[at[0]], written[at[0]] = found.problem or found.reason, found.value
            else:
                whole.append(f"{found.column or ''} {found.reason}".strip())
    else:
        for problem in mapping.type.check(document, creating=True):
            if problem.path in paths:
                wrong.setdefault(problem.path, problem)
            else:
                whole.append(problem)
    return PreviewRow(
        number,
        "",
        tuple(PreviewCell(_at(document, path), wrong.get(path, ""), written.get(path, "")) for path in paths),
        tuple(whole),
    )


def _at(document: dict[str, Any], path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def tried(path: Path, mapping: Mapping, errors: Path) -> Summary:
    """What would become of the first TRIED rows; nothing is kept. Raises Unreadable."""
    with ErrorFile(errors) as error_file:
        summary = Import(path, mapping, Trial(), author="trial", errors=error_file, last_row=TRIED).run()
    errors.unlink(missing_ok=True)
    return summary
