"""An uploaded file as a source that a mapping can name, with its columns and first rows."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Fault, Unreadable
from diwan_core.intake.sources.reader import Cells, Reader, Source
from diwan_core.intake.sources.sheet import SUFFIX, rows_above
from diwan_core.intake.sources.text_layout import (
    as_utf8,
    ends_lines_with_cr,
    fallback_of,
    layout,
    wide_encoding,
    with_line_feeds,
)
from diwan_core.intake.sources.workbook import Progress, is_workbook, to_cells
from diwan_core.processes.nameless import NoSecondName, give_name

LOOKED_AT: Final = 2000
"""Rows whose words are gathered."""
SAMPLES: Final = 3
WORDS_MOST: Final = 60
COLUMNS_MOST: Final = 200
NESTED_MOST: Final = 3
"""Objects within objects of which a column can be made."""


@dataclass(frozen=True)
class Column:
    """A column as it is shown: its first values, and its different words with how often each stands there (empty where
    there are too many to be words)."""

    name: str
    samples: tuple[str, ...]
    words: tuple[tuple[str, int], ...]


def source_of(
    path: Path, folder: Path, sheet: str = "", progress: Progress | None = None
) -> tuple[str, dict[str, Any]]:
    """(name of the table's file in `folder`, the mapping's [source] table) of an upload; of a workbook this sheet, the
    first where none is named. Raises Unreadable, OSError."""
    head = _head_of(path)
    if not head.strip():
        raise Unreadable(N_("the file is empty"))
    table = folder / "table.csv"
    if is_workbook(path):
        cells = folder / f"table{SUFFIX}"
        to_cells(path, cells, sheet, progress)
        above = rows_above(cells)
        return cells.name, {"format": "csv", "encoding": "utf-8", **({"skip_lines": above} if above else {})}
    if wide := wide_encoding(head):
        as_utf8(path, table, wide)
    elif ends_lines_with_cr(head):
        with_line_feeds(path, table)
    else:
        _same_file(path, table)
    text = _head_of(table).decode("utf-8-sig", errors="replace")
    start = text.lstrip()[:1]
    if start == "<":
        raise Unreadable(
            N_("the file is a web page or XML: open it in a spreadsheet program and save it as XLSX or CSV")
        )
    if start in ("[", "{"):
        form = "json" if start == "[" else "jsonl"
        return table.replace(folder / f"table.{form}").name, {"format": form}
    fallback = fallback_of(table)
    written = {"format": "csv", "encoding": "utf-8", **({"fallback": fallback} if fallback else {})}
    return table.name, {**written, **layout(text)}


def _same_file(path: Path, table: Path) -> None:
    """Give a file that can be read as it is the table's name too: it need not lie on the disk twice."""
    with path.open("rb") as file:
        try:
            give_name(file, table)
        except NoSecondName:  # on another disk, or somebody else's file
            shutil.copyfile(path, table)


def _head_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64 * 1024)


def columns_of(path: Path, source: Source) -> list[Column]:
    """The columns of a table with what stands in its first rows; what stands inside an object of JSON by its way there
    ("vehicle.plate"). Raises Unreadable."""
    samples: dict[str, list[str]] = {}
    words: dict[str, Counter[str]] = {}
    fault: Fault | None = None
    with Reader(path, source) as reader:
        for name in reader.columns or ():
            if name:
                samples.setdefault(name, [])
        for read in islice(reader, LOOKED_AT):
            fault = fault or read.fault
            for name, cell in _inner(read.cells or {}):
                if len(samples) > COLUMNS_MOST:
                    break
                text = "" if cell is None else str(cell).strip()
                held = samples.setdefault(name, [])
                if text in source.blank:
                    continue
                if len(held) < SAMPLES and text[:60] not in held:
                    held.append(text[:60])
                words.setdefault(name, Counter())[text] += 1
    if not samples:
        raise _without_columns(source, fault)
    if len(samples) > COLUMNS_MOST:
        raise Unreadable(N_("the file has more than {most} columns"), most=COLUMNS_MOST)
    return [
        Column(name, tuple(shown), tuple(counted.most_common()) if len(counted) <= WORDS_MOST else ())
        for name, shown in samples.items()
        for counted in [words.get(name, Counter())]
        if name
    ]


def _inner(cells: Cells, way: str = "") -> Iterator[tuple[str, Any]]:
    for name, cell in cells.items():
        if isinstance(cell, dict) and way.count(".") < NESTED_MOST:
            yield from _inner(cell, f"{way}{name}.")
        elif not isinstance(cell, dict | list):
            yield f"{way}{name}", cell


def _without_columns(source: Source, fault: Fault | None) -> Unreadable:
    if fault is not None:
        return Unreadable(N_("no row of the file can be read: {reason}"), reason=fault.reason)
    if source.format != "csv":
        return Unreadable(N_("a JSON file has to be a list of objects, [ {{…}}, {{…}} ], or one object a line"))
    return Unreadable(N_("no columns were found: the first line has to name them"))
