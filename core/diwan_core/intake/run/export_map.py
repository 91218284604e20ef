"""Writes the cases of a node into a template of another administration (`diwan_core.leaving.maps`): the rows as CSV or
as a workbook, and beside them those that were refused, with their reasons."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from diwan_core.intake.run.agreements import agreed_by
from diwan_core.intake.run.departing import with_strictest_mark
from diwan_core.intake.run.known_codes import known_codes
from diwan_core.intake.run.map_forms import SHOWN, MapForm
from diwan_core.intake.run.office_facts import OfficeCases, regions_of_offices
from diwan_core.intake.sources.tables import Unwritable, guard_cell
from diwan_core.intake.sources.workbook_write import write_workbook
from diwan_core.leaving.agreed import Agreement
from diwan_core.leaving.maps import Made, Refused, Setting, Template, make
from diwan_core.register import Register

REFUSED_HEAD: Final = ("record", "column", "field", "reason")


def make_map(
    register: Register,
    template: Template,
    today: date,
    *,
    where: Mapping[str, Any] | None = None,
    numbers: Sequence[int] | None = None,
    demonstration: bool = False,
    agreement: Agreement | None = None,
) -> Made:
    """The rows of a template from the records of a register, oldest first, or from those of these `numbers`; of one
    that needs an agreement under this one. Raises RegisterError for a wrong filter."""
    setting = Setting(
        today.isoformat(),
        known_codes(register),
        regions_of_offices(register).__getitem__,
        OfficeCases(register, today, demonstration),
        demonstration,
        agreed_by(register, agreement, today) if agreement is not None else None,
    )
    return make(template, _documents(register, template.type.name, where or {}, numbers), setting)


def write_map(template: Template, made: Made, path: Path, form: MapForm) -> None:
    """Write the rows. Raises Unwritable."""
    heads = [column.head for column in template.columns]
    try:
        if form == "xlsx":
            numeric = [bool(column.amounts and column.function == "plain") for column in template.columns]
            write_workbook(path, heads, made.rows, numeric)
        else:
            _write_csv(path, heads, made.rows)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written ({error.strerror}); name another with --output") from error


def write_refused(refused: Iterable[Refused], path: Path) -> None:
    """Write what was refused and why, for those who can complete the records. Raises Unwritable."""
    try:
        _write_csv(path, REFUSED_HEAD, refused)
    except OSError as error:
        raise Unwritable(f"{path} cannot be written ({error.strerror}); name another with --refused") from error


def result_of(made: Made) -> dict[str, Any]:
    """What a page says of a filled form: counts, why records are not in it, and the first refused ones. No values."""
    small = made.coarser
    return {
        "rows": len(made.rows),
        "refused": made.refused_rows,
        "lacking": [[one.record, one.column, one.reason] for one in made.refused[:SHOWN]],
        "left_out": dict(made.left_out),
        "coarser": small.coarser if small is not None else 0,
        "coarsest": small.coarsest if small is not None else 0,
    }


def _write_csv(path: Path, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as out:  # the mark makes Excel read UTF-8
        writer = csv.writer(out)
        writer.writerow([guard_cell(head) for head in heads])
        writer.writerows([guard_cell(cell) for cell in row] for row in rows)


def _documents(
    register: Register, kind: str, where: Mapping[str, Any], numbers: Sequence[int] | None
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    ids: Iterable[str]
    if where and numbers is None:
        numbers = register.numbers(kind, where, order="created")
    if numbers is not None:
        ids = filter(None, map(register.id_of, numbers))
    else:
        ids = register.ids(kind)
    for record_id in ids:
        record = register.get(record_id)
        if record is not None:
            yield record_id, with_strictest_mark(record)
