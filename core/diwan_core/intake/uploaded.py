"""A file somebody uploads to be imported: what it is, as a source a mapping can name, and its first rows."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.reading import Reader, Source
from diwan_core.intake.workbook import to_csv

LOOKED_AT: Final = 2000
"""Rows whose words are gathered."""
SAMPLES: Final = 3
WORDS_MOST: Final = 60
COLUMNS_MOST: Final = 200


@dataclass(frozen=True)
class Column:
    """A column as it is shown: its first values, and its different words with how often each stands there (empty where
    there are too many to be words)."""

    name: str
    samples: tuple[str, ...]
    words: tuple[tuple[str, int], ...]


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook as far as its beginning tells."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def source_of(path: Path, folder: Path, sheet: str = "") -> tuple[str, dict[str, Any]]:
    """(name of the table's file in `folder`, the mapping's [source] table) of an upload; of a workbook this sheet, the
    first where none is named. Raises Unreadable."""
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    if not head.strip():
        raise Unreadable(N_("the file is empty"))
    if is_workbook(path):
        to_csv(path, folder / "table.csv", ",", sheet)
        return "table.csv", {"format": "csv", "delimiter": ",", "encoding": "utf-8"}
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    form = "json" if text.startswith("[") else "jsonl" if text.startswith("{") else "csv"
    table = f"table.{form}"
    shutil.copyfile(path, folder / table)
    if form != "csv":
        return table, {"format": form}
    return table, {"format": "csv", "delimiter": _delimiter(text), "encoding": "utf-8", "fallback": "windows-1252"}


def _delimiter(text: str) -> str:
    """What separates the cells: the sign that stands most often in the first line, outside quotation marks."""
    line = text.partition("\n")[0]
    counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in ",;\t|"}
    return max(counts, key=lambda mark: counts[mark])


def columns_of(path: Path, source: Source) -> list[Column]:
    """The columns of a table with what stands in its first rows. Raises Unreadable."""
    samples: dict[str, list[str]] = {}
    words: dict[str, Counter[str]] = {}
    with Reader(path, source) as reader:
        for name in reader.columns or ():
            if name:
                samples.setdefault(name, [])
        for read in islice(reader, LOOKED_AT):
            for name, cell in (read.cells or {}).items():
                if isinstance(cell, dict | list) or len(samples) > COLUMNS_MOST:
                    continue
                text = "" if cell is None else str(cell).strip()
                held = samples.setdefault(name, [])
                if text in source.blank:
                    continue
                if len(held) < SAMPLES and text[:60] not in held:
                    held.append(text[:60])
                words.setdefault(name, Counter())[text] += 1
    if not samples:
        raise Unreadable(N_("no columns were found: the first line has to name them"))
    if len(samples) > COLUMNS_MOST:
        raise Unreadable(N_("the file has more than {most} columns"), most=COLUMNS_MOST)
    return [
        Column(name, tuple(shown), tuple(counted.most_common()) if len(counted) <= WORDS_MOST else ())
        for name, shown in samples.items()
        for counted in [words.get(name, Counter())]
        if name
    ]
