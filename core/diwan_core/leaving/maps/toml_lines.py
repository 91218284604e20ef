"""Finds the line of a setting in a template's text, since the reader of TOML keeps none."""

from __future__ import annotations

import re
from typing import Final

COLUMN: Final = re.compile(r"\s*\[\[\s*column\s*\]\]")
_TABLE: Final = re.compile(r"\s*\[")


def place_of(text: str, key: str, column: int | None = None, table: str = "") -> str:
    """ "line 12, column 1" of a setting: at the top, in a table, or in the so-manieth [[column]] counted from 0; of
    that table's beginning where the setting is missing; "" where nothing is found."""
    lines = text.splitlines()
    start, first = _start(lines, column, table)
    if start is None:
        return ""
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]") if key else None
    for number in range(first, len(lines)):
        if _TABLE.match(lines[number]) and not _in_a_list(lines[number]):
            break
        if wanted is not None and wanted.match(lines[number]):
            return _said(number, lines[number])
    return _said(start, lines[start]) if start < len(lines) and (column is not None or table) else ""


def _start(lines: list[str], column: int | None, table: str) -> tuple[int | None, int]:
    """The line a table begins with and the first of its settings."""
    if column is None and not table:
        return 0, 0
    head = COLUMN if column is not None else re.compile(rf"\s*\[\s*{re.escape(table)}\s*\]")
    found = [number for number, line in enumerate(lines) if head.match(line)]
    index = column or 0
    return (found[index], found[index] + 1) if index < len(found) else (None, 0)


def _in_a_list(line: str) -> bool:
    """Whether a line that begins with a bracket is an element of a list over several lines."""
    return line.rstrip().endswith(",")


def _said(number: int, line: str) -> str:
    return f"line {number + 1}, column {len(line) - len(line.lstrip()) + 1}"
