"""Reads our own exports back: the rows of a CSV file, workbook or JSON file give the same documents again, exactly.

Nothing is interpreted: codes are codes, numbers stand in the dictionary's form. A record keeps the key it was imported
under; one that was reported here gets its id for a key, so that importing twice adds nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, N_, Field, RecordType, sentence
from diwan_core.intake.faults import Fault, RowRefused, show_cell
from diwan_core.intake.mapping.model import IMPORTED, NOT_BROUGHT, RowRule
from diwan_core.intake.sources.cells import DateCell, NumberCell
from diwan_core.intake.sources.reader import Cells
from diwan_core.intake.sources.tables import unguard_cell

HEADS: Final = ("id", "origin", "created", "updated")
"""The columns every export as a table begins with."""
SYSTEM: Final = "diwan"
"""The source of records that had none."""
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,2}")
_NEW_STATUS: Final = frozenset({"draft", "submitted"})

Path = tuple[str, ...]


def is_export(columns: Iterable[str] | None) -> bool:
    """Whether a table's heads are those of an export of ours."""
    return columns is not None and tuple(columns)[: len(HEADS)] == HEADS


def type_of(columns: Iterable[str]) -> str:
    """The type whose fields the columns are; the first of which all are, else of which most are."""
    names = [name for name in columns if name not in HEADS]
    return max(IMPORTED, key=lambda name: sum(field_at(DICTIONARY.type(name), column) is not None for column in names))


def field_at(kind: RecordType, column: str) -> tuple[Path, Field] | None:
    """The place a column's cells go to, and the field: "goods.2.quantity" → goods, 2, quantity."""
    steps = column.split(".")
    if steps[0] in NOT_BROUGHT:
        return None
    field, part = kind.fields.get(steps[0]), kind.parts.get(steps[0])
    if field is not None and len(steps) == (2 if field.repeated else 1) and all(map(_NUMBER.fullmatch, steps[1:])):
        return tuple(steps), field
    if part is None or len(steps) < 3 or not _NUMBER.fullmatch(steps[1]):
        return None
    inner = part.fields.get(steps[2])
    if inner is None or len(steps) != (4 if inner.repeated else 3) or not all(map(_NUMBER.fullmatch, steps[3:])):
        return None
    return tuple(steps), inner


class ExportedRows:
    """Rows of an export as documents, in place of a compiled mapping."""

    has_key = True

    def __init__(self, kind: RecordType, columns: Iterable[str] | None, *, guarded: bool) -> None:
        self._kind = kind
        self._guarded = guarded
        self._places = [(name, found) for name in columns or () if (found := field_at(kind, name)) is not None]
        self.assumed: Counter[str] = Counter()

    def left_out(self, row: Cells) -> RowRule | None:
        """No row of an export is left out."""
        return None

    def key(self, row: Cells) -> str:
        """The key of a row, which is the record's id. Raises RowRefused where it is none."""
        record = str(row.get("id") or "").strip()
        if _ID.fullmatch(record) is None:
            reason = sentence(N_("it is not the id of a record: the row is not from an export"))
            raise RowRefused([Fault("id", show_cell(record), "format", reason)])
        return record

    def document(self, row: Cells, key: str) -> dict[str, Any]:
        """The document of a row. Raises RowRefused where the row is of another type."""
        if isinstance(row.get("values"), dict):
            if row.get("type") not in (None, self._kind.name):
                reason = sentence(N_("it is a record of another type, not {type}"), type=self._kind.name)
                raise RowRefused([Fault("type", show_cell(row.get("type")), "type", reason)])
            document = {name: value for name, value in row["values"].items() if name not in NOT_BROUGHT}
            document = _typed(self._kind, document)
        else:
            document = self._of_cells(row)
        if document.get("status") not in _NEW_STATUS:
            document["status"] = "submitted"  # a later status is given by people, not by a file
        if "source_key" in self._kind.fields and document.get("source_key") is None:
            document |= {"source_system": SYSTEM, "source_key": key}
        return document

    def _of_cells(self, row: Cells) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for column, (path, field) in self._places:
            cell = row.get(column)
            if cell is None or cell == "":
                continue
            holder = document
            for step in path[:-1]:
                holder = holder.setdefault(step, {})
            holder[path[-1]] = self._value(field, cell)
        return document

    def _value(self, field: Field, cell: object) -> object:
        if isinstance(cell, NumberCell):
            return int(cell.value) if field.kind == "integer" and cell.value.lstrip("-").isdigit() else cell.value
        if isinstance(cell, DateCell):
            return cell.iso
        text = str(cell).lower() if isinstance(cell, bool) else str(cell)
        if self._guarded:
            text = unguard_cell(text)
        return _scalar(field, text)


def _scalar(field: Field, text: str) -> object:
    if field.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if field.kind == "integer" and re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        return int(text)
    return text


def _typed(kind: RecordType, values: Mapping[str, Any]) -> dict[str, Any]:
    """A document of JSON, whose whole numbers may have come as text."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        part, field = kind.parts.get(name), kind.fields.get(name)
        if part is not None and isinstance(value, dict):
            made[name] = {
                key: {inner: _of_field(part.fields.get(inner), held) for inner, held in content.items()}
                if isinstance(content, dict)
                else content
                for key, content in value.items()
            }
        elif value is not None:
            made[name] = _of_field(field, value)
    return made


def _of_field(field: Field | None, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _of_field(field, held) for key, held in value.items()}
    return _scalar(field, value) if field is not None and isinstance(value, str) else value
