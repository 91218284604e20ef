"""The report of an import as lines of a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import Any

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run.report import OTHERS, Report
from diwan_core.intake.run.summary import Summary


def summary_lines(summary: Summary, report: Report, folder: Path | None) -> Iterator[str]:
    """The outcome of the rows of a file, or what it would be; `folder` is the node's."""
    yield f"{summary.file} by mapping {summary.mapping}: {_counting(summary.rows, 'row')} in {summary.seconds:.1f} s"
    yield f"  imported       {summary.imported:8}"
    yield f"  already there  {summary.already_there:8}" + (
        f"   {report.changed} of them changed at the source since (they stay as they are here)"
        if report.changed
        else ""
    )
    yield f"  statistics     {summary.statistics:8}   (never become records)"
    yield f"  skipped        {summary.skipped:8}"
    yield f"  refused        {summary.refused:8}" + (f"   see {summary.error_file}" if summary.error_file else "")
    if summary.pictures:
        yield f"  pictures       {summary.pictures:8}   (invented)"
    said = report.as_json()
    for left in said["left_out"]:
        values = _values(left["column"], left["values"])
        yield f"  {_counting(left['rows'], 'row')} left out: {left['reason']} ({values})"
    if said["alike"]:
        groups = "; ".join(", ".join(map(str, rows)) for rows in said["alike_rows"])
        yield f"  {_counting(said['alike'], 'row looks', 'rows look')} like an earlier row in every cell: rows {groups}"
    for column, count in summary.two_digit_years.items():
        years = _counting(count, "year")
        yield f"  {column}: {years} of two digits (set two_digit_years in the mapping where they are read wrong)"
    if report.other_headings:
        codes = _counting(report.other_headings.total(), "HS code")
        yield f"  {codes} of another edition: {_counted(report.other_headings)}"
    if report.to_come:
        rows = _counting(report.to_come, "row has", "rows have")
        where = ", ".join(map(str, said["to_come_rows"]))
        yield f"  {rows} a day still to come by the clock of this machine, which is not sure; check both: rows {where}"
    yield from question_lines(report)
    if summary.unused_columns:
        yield f"  columns the mapping does not use: {', '.join(summary.unused_columns)}"
    if summary.fallback_lines:
        yield f"  {_counting(summary.fallback_lines, 'line was', 'lines were')} read in the fallback encoding"
    if summary.stopped:
        yield f"  STOPPED: {summary.stopped}"
    if summary.run and summary.imported and folder is not None:
        yield f"  to take it back: diwan imports undo {summary.run[:18]} --dir {quote(str(folder))}"


def question_lines(report: Report) -> Iterator[str]:
    """The questions that have to be answered before the rows can be read."""
    for question in report.questions:
        cells = ", ".join(f"row {row}: {cell}" for row, cell in question.examples[:3])
        rows = _counting(question.rows, "row")
        yield f"  ASKED: column {question.column}: {rows} can be read in several ways ({cells})"
        for style, example in question.styles.items():
            yield f"    {_answer(question.kind, style):36} {example}"


def _answer(kind: str, style: str) -> str:
    """The setting of a mapping that is the answer."""
    if kind == "date":
        return f'format = "{style}"'
    if kind == "code":
        return f'values = {{ … = "{style}" }}'
    return 'grouping = "indian"' if style == "indian" else f'decimal = "{style}"'


def check_lines(report: Report) -> Iterator[str]:
    """The further lines of a trial of the whole file, in which nothing is kept."""
    said = report.as_json()
    for total in said["sums"]:
        group = DICTIONARY.codes("product_group").label(total["product_group"]) if total["product_group"] else "goods"
        unit = DICTIONARY.codes("unit").label(total["unit"]) if total["unit"] else "without a unit"
        yield f"  {group}: {total['sum']} {unit} in {_counting(total['lines'], 'line')}"
    for path, days in said["dates"].items():
        usual = f", {days['outside']} outside the usual ({_rows(days['examples'])})" if days["outside"] else ""
        yield f"  {path}: {days['first']} to {days['last']}{usual}"
    if said["key_twice"]:
        rows = _counting(said["key_twice"], "row has", "rows have")
        yield f"  {rows} a key of an earlier row ({_rows(said['key_twice_rows'])})"
    for row, key, paths in said["changed_rows"]:
        yield f"  changed at the source: row {row} ({key}): {', '.join(paths)}"
    for warned in said["mistyped"]:
        rows = _counting(warned["rows"], "looks", "look")
        yield f"  {rows} mistyped: {warned['path']}: {warned['code']} ({_rows(warned['examples'])})"
    for refused in said["refused_for"]:
        times = _counting(refused["rows"], "time")
        yield f"  refused {times} for {refused['column'] or 'the whole row'}: {refused['code']}"
    if not report.first:
        yield "  nothing was kept (--check); no row would be imported"
        return
    yield "  nothing was kept (--check); the first record would be"
    yield json.dumps(report.first, ensure_ascii=False, indent=2)


def _values(column: str, values: Mapping[str, int]) -> str:
    named = (f"{value or '(blank)'} × {count}" for value, count in values.items())
    return f"{column}: {', '.join(named)}"


def _counted(values: Mapping[str, int]) -> str:
    most = sorted(values.items(), key=lambda item: -item[1])[:10]
    return ", ".join(f"{value} × {count}" for value, count in most) + (f", {OTHERS}" if len(values) > 10 else "")


def _counting(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _rows(examples: list[Any]) -> str:
    return ", ".join(f"row {row}: {value}" for row, value in examples[:5])
