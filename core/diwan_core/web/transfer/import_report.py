"""The report of an import in words of the page: before the run, and what the run adds to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.intake.run import jobs, side_work
from diwan_core.web.language.formats import show_amount
from diwan_core.web.language.i18n import N_, _, _n, language
from diwan_core.web.language.quantities import in_words

BLANK: Final = N_("(blank)")
_CODES: Final = {
    "ambiguous": N_("can be read in several ways"),
    "not_a_date": N_("no date"),
    "other_calendar": N_("a date of another calendar"),
    "not_a_number": N_("no number"),
    "shortened": N_("shortened by a spreadsheet program"),
    "unknown_word": N_("a word without a meaning"),
    "unknown_code": N_("not in the list"),
    "too_small": N_("too small"),
    "key_blank": N_("the name of the row is blank"),
    "key_twice": N_("a row before it has the same name"),
    "required": N_("missing"),
    "format": N_("not in the expected form"),
    "too_long": N_("too long"),
    "check_digit": N_("the check digit does not fit"),
    "no_result": N_("no usable value"),
    "cells": N_("more or fewer cells than columns"),
    "condition": N_("a condition of the mapping"),
    "to_come": N_("the day is still to come"),
    "nested": N_("a list instead of a value"),
}


@dataclass(frozen=True)
class Answer:
    """One way to read the cells of a column: its value in the form, what it says, what the first cell would be."""

    style: str
    label: str
    example: str


@dataclass(frozen=True)
class Asked:
    """A column that can be read in several ways."""

    number: int
    column: str
    rows: int
    examples: tuple[tuple[int, str], ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Line:
    """A line of the report: what it is about, and what is said of it."""

    about: str
    text: str


@dataclass(frozen=True)
class ShownReport:
    """The report as its template shows it. `state` is where the work stands; the rest is empty until it is done."""

    state: str
    progress: Mapping[str, Any]
    counts: Mapping[str, int] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()
    left_out: tuple[Line, ...] = ()
    sums: tuple[Line, ...] = ()
    doubts: tuple[Line, ...] = ()
    refused: tuple[Line, ...] = ()
    error: Any = ""
    stopped: Any = ""


def before_run(job: jobs.Job, kind: RecordType) -> ShownReport:
    """The outcome that an import of the whole file would have."""
    state = side_work.state(job, "check")
    found = side_work.result(job, "check") or {}
    if state != "done":
        return ShownReport(state, side_work.progress(job, "check"), error=found.get("error", ""))
    return ShownReport(
        state,
        {},
        {name: int(found.get(name, 0)) for name in ("rows", "imported", "already_there", "changed", "refused", "asked")}
        | {"left_out": int(found.get("skipped", 0)) + int(found.get("statistics", 0))},
        tuple(asked(found)),
        tuple(left_out(found)),
        tuple(_sums(found)),
        tuple(_doubts(found, kind)),
        tuple(_refused(found)),
        stopped=found.get("stopped", ""),
    )


def asked(found: Mapping[str, Any]) -> Iterable[Asked]:
    """The questions of a report."""
    for number, question in enumerate(found.get("questions", ())):
        answers = tuple(
            Answer(style, _style(str(question["kind"]), style), str(example))
            for style, example in question["styles"].items()
        )
        examples = tuple((int(row), str(cell)) for row, cell in question["examples"][:3])
        yield Asked(number, str(question["column"]), int(question["rows"]), examples, answers)


def _style(kind: str, style: str) -> str:
    match kind, style:
        case "number", ".":
            return "1,234.5"
        case "number", ",":
            return "1.234,5"
        case "number", _style:
            return "1,23,456.7"
        case _:
            return style


def left_out(found: Mapping[str, Any]) -> Iterable[Line]:
    """The rows that conditions left out, by value."""
    for left in found.get("left_out", ()):
        values = ", ".join(f"{value or _(BLANK)} × {count}" for value, count in left["values"].items())
        yield Line(str(left["reason"]), f"{left['rows']} · {left['column']}: {values}")


def _sums(found: Mapping[str, Any]) -> Iterable[Line]:
    groups = DICTIONARY.codes("product_group")
    for total in found.get("sums", ()):
        group = groups.label(total["product_group"], language()) if total["product_group"] else _("Goods")
        bare = f"{show_amount(total['sum'])} {_('without a unit')}"
        amount = in_words(total["sum"], total["unit"]) if total["unit"] else bare
        yield Line(group, f"{amount} · {_n_lines(total['lines'])}")


def _n_lines(count: int) -> str:
    return _n("{count} line", "{count} lines", count)


def alike(found: Mapping[str, Any]) -> Iterable[Line]:
    """Rows of the file that look like an earlier one: they are kept, and named."""
    if found.get("alike"):
        groups = "; ".join(", ".join(map(str, rows)) for rows in found["alike_rows"])
        text = _("Like an earlier row in every cell: {count} ({rows})", count=found["alike"], rows=groups)
        yield Line(_("Rows that look alike"), text)


def _doubts(found: Mapping[str, Any], kind: RecordType) -> Iterable[Line]:
    for path, days in found.get("dates", {}).items():
        text = _("{first} to {last}", first=days["first"], last=days["last"])
        if days["outside"]:
            text += " · " + _(
                "Outside the usual: {count} ({rows})", count=days["outside"], rows=_rows(days["examples"])
            )
        yield Line(_label(kind, path), text)
    yield from alike(found)
    if found.get("key_twice"):
        yield Line(_("Rows with the same name"), f"{found['key_twice']}: {_rows(found['key_twice_rows'])}")
    if found.get("changed"):
        rows = ", ".join(f"{row} ({_labels(kind, paths)})" for row, _key, paths in found["changed_rows"])
        text = _("Staying as they are here: {count}. Rows: {rows}", count=found["changed"], rows=rows)
        yield Line(_("Changed at the source since they were imported"), text)
    yield from to_come(found)
    if found.get("other_heading_rows"):
        codes = ", ".join(f"{code} × {count}" for code, count in found["other_headings"].items())
        yield Line(_("HS codes of another edition"), f"{found['other_heading_rows']}: {codes}")
    for column, count in found.get("two_digit_years", {}).items():
        yield Line(column, _("Years of two digits: {count}", count=count))
    for warned in found.get("mistyped", ()):
        if not (warned["code"] == "unknown_code" and warned["path"].endswith("hs_code")):
            reason = _(_CODES.get(warned["code"], N_("look mistyped")))
            yield Line(_label(kind, warned["path"]), f"{warned['rows']} · {reason}: {_rows(warned['examples'])}")


def to_come(found: Mapping[str, Any]) -> Iterable[Line]:
    """What is said of days still to come, where the clock is not sure."""
    if found.get("to_come"):
        rows = ", ".join(map(str, found["to_come_rows"]))
        yield Line(_("In the future by the clock of this machine, which may be wrong"), f"{found['to_come']}: {rows}")


def _refused(found: Mapping[str, Any]) -> Iterable[Line]:
    for refused in found.get("refused_for", ()):
        about = str(refused["column"]) or _("The whole row")
        yield Line(about, f"{refused['rows']} · {_(_CODES.get(refused['code'], refused['code']))}")


def _rows(examples: Iterable[Any]) -> str:
    return ", ".join(_("row {row}: {value}", row=row, value=value) for row, value in list(examples)[:5])


def _labels(kind: RecordType, paths: Iterable[str]) -> str:
    return ", ".join(_label(kind, path) for path in paths)


def _label(kind: RecordType, path: str) -> str:
    item = _field(kind, path)
    return _(item.label) if item is not None else path


def _field(kind: RecordType, path: str) -> Field | None:
    steps = [step for step in path.split(".") if not step.isdigit()]
    if len(steps) == 1:
        return kind.fields.get(steps[0])
    part = kind.parts.get(steps[0])
    return part.fields.get(steps[1]) if part is not None else None
