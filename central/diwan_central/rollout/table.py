"""Writes the sites as a spreadsheet: one row for each site, one column for each question. The file can be read in
again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from diwan_core.intake.sources.tables import guard_cell
from diwan_core.intake.sources.workbook_write import write_workbook

from diwan_central.rollout.questions import BY_KEY, Question
from diwan_central.rollout.sites import FIELDS, Site
from diwan_central.rollout.words import field_words

_BETWEEN: Final = " · "


def heads() -> list[str]:
    """The headings: the key of each column, what is asked, and what may be answered."""
    return [f"{field}{_BETWEEN}{field_words(field)}{_may_be(BY_KEY.get(field))}" for field in FIELDS]


def key_of(head: str) -> str:
    """The key a heading begins with; "" where it is none of ours."""
    key = head.partition(_BETWEEN)[0].strip().casefold()
    return key if key in FIELDS else ""


def _may_be(question: Question | None) -> str:
    if question is None:
        return ""
    if question.kind == "number":
        return f" ({question.least}–{question.most}{f' {question.unit}' if question.unit else ''})"
    return f" ({' | '.join(question.choices)})" if question.choices else ""


def rows(sites: Sequence[Site]) -> Iterator[list[str]]:
    """A row for each site; answers as their codes."""
    for site in sites:
        yield [site.value(field) for field in FIELDS]


def as_csv(sites: Sequence[Site]) -> bytes:
    """The sites as CSV (RFC 4180, UTF-8 with the mark that Excel looks for); none of them: an empty template."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(heads())
    writer.writerows([guard_cell(cell) for cell in row] for row in rows(sites))
    return out.getvalue().encode("utf-8-sig")


def as_workbook(path: Path, sites: Sequence[Site]) -> None:
    """The sites as an Excel workbook. Raises OSError."""
    numeric = [field in BY_KEY and BY_KEY[field].kind == "number" for field in FIELDS]
    write_workbook(path, heads(), rows(sites), numeric)
