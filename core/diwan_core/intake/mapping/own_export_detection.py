"""Recognises an export of ours by its beginning."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from diwan_core.dictionary import DICTIONARY, N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.mapping.model import IMPORTED
from diwan_core.intake.mapping.own_export import is_export, type_of
from diwan_core.intake.sources.lines import LONGEST_LINE
from diwan_core.intake.sources.reader import Reader, Source
from diwan_core.intake.sources.sheet import SUFFIX
from diwan_core.intake.sources.workbook import is_workbook, to_cells

NAME: Final = "exported"
"""The name of the mapping; with a colon and a type where the columns do not tell the type."""


def exported_type(path: Path, mapping_name: str | None) -> str:
    """The type of the records of an export; "" where the file is none, or a mapping of another name is given. Raises
    Unreadable where it is said to be one and is not."""
    if mapping_name is not None and mapping_name.partition(":")[0] != NAME:
        return ""
    if not path.is_file():
        return ""
    said = (mapping_name or "").partition(":")[2]
    if said and said not in IMPORTED:
        template = N_("{type} records cannot be imported; choose one of {types}")
        raise Unreadable(template, type=said, types=", ".join(IMPORTED))
    if said and is_workbook(path):
        return said  # its heads are looked at when it is read
    found = _json_type(path) if _form(path) != "csv" else _table_type(path)
    if not found and mapping_name is not None:
        template = N_("{name} is not an export of Diwan: it does not begin with id, origin, created, updated")
        raise Unreadable(template, name=path.name)
    return said if found and said else found


def source_of_export(path: Path) -> Source:
    """How an export is written; a workbook's sheet reads itself."""
    return Source(format=_form(path), blank=frozenset(("",)))


def _form(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(64).lstrip()
    return "json" if head.startswith(b"[") else "jsonl" if head.startswith(b"{") else "csv"


def _table_type(path: Path) -> str:
    if is_workbook(path):
        with TemporaryDirectory() as aside:
            table = Path(aside) / f"table{SUFFIX}"
            to_cells(path, table, "", None)
            with Reader(table, Source()) as reader:
                columns = reader.columns or []
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            line = file.readline(LONGEST_LINE)
        try:
            columns = next(csv.reader([line]), [])
        except csv.Error:
            columns = []
    return type_of(columns) if is_export(columns) else ""


def _json_type(path: Path) -> str:
    """The type the first record says itself."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in (file.readline(LONGEST_LINE) for _ in range(3)):
            try:
                record = json.loads(line.strip().lstrip("[").rstrip(",]").strip() or "null")
            except (ValueError, RecursionError):
                continue
            if isinstance(record, dict):
                kind = record.get("type")
                whole = {"id", "origin", "created", "updated", "values"} <= record.keys()
                return kind if whole and kind in IMPORTED and kind in DICTIONARY.types else ""
    return ""
