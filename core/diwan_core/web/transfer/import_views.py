"""What the pages of an import show: the columns to be named, the first rows as they would be saved, the error file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from flask import render_template

from diwan_core.dictionary import DICTIONARY, Field, Sentence
from diwan_core.intake.run import jobs
from diwan_core.web.forms.controls import choices
from diwan_core.web.forms.values import SUGGESTED
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.language.formats import show_number
from diwan_core.web.language.i18n import N_, _, _n, said
from diwan_core.web.records.display import show
from diwan_core.web.transfer import import_plan, import_report, import_steps

if TYPE_CHECKING:
    from diwan_core.intake.faults import Fault, Wrong
    from diwan_core.intake.mapping.model import Mapping
    from diwan_core.intake.sources.uploaded import Column
    from diwan_core.web.transfer.import_plan import Plan

WORDS_MOST: Final = 40
ENCODING_LABELS: Final = {
    "windows-1252": N_("Western European (Windows-1252)"),
    "windows-1256": N_("Arabic (Windows-1256)"),
    "windows-1251": N_("Cyrillic (Windows-1251)"),
    "windows-1250": N_("Central European (Windows-1250)"),
    "windows-1254": N_("Turkish (Windows-1254)"),
    "windows-1253": N_("Greek (Windows-1253)"),
}
_NAMES: Final = frozenset({"name", "path"})


@dataclass(frozen=True)
class Said:
    """One problem, and the control where it can be corrected ("" where none shows it)."""

    text: str
    control: str = ""


def of_file(sentence: Sentence, name: str) -> str:
    """Why a file cannot be read, with the name it had where it comes from instead of the one it was stored under."""
    known = tuple((key, name if key in _NAMES else value) for key, value in sentence.parameters)
    return said(Sentence.of(sentence.template, known) if sentence.template else sentence)


def told(written: Any, name: str) -> str:
    """Why an import stopped, as its process wrote it down; "" where it did not."""
    from diwan_core.intake.wording import sentence_of

    return of_file(sentence_of(written), name) if written else ""


def of_mapping(wrong: Wrong, plan: Plan, columns: list[Column]) -> Said:
    """The problems of a mapping, by the label of the field they are about."""
    place = wrong.place
    if place == "system":
        return Said(f"{_('Short name of the source')}: {said(wrong.reason)}", "system")
    known = import_plan.by_path(plan.type)
    path = place.removeprefix("constants.").removeprefix("fields.")
    while path and path not in known:
        path = path.rpartition(".")[0]
    if not path:
        return Said(f"{place}: {said(wrong.reason)}" if place else said(wrong.reason))
    control = _control(path, place, plan, columns)
    match dict(wrong.reason.parameters):
        case {"field": _, "problem": Sentence() as problem}:  # the dictionary has named the field and the value
            return Said(said(problem), control)
        case _:
            return Said(f"{known[path].label}: {said(wrong.reason)}", control)


def _control(path: str, place: str, plan: Plan, columns: list[Column]) -> str:
    if not place.startswith("fields.") and path in plan.constants:
        return f"value.{list(plan.constants).index(path)}"
    return next((f"target.{at}" for at, column in enumerate(columns) if plan.targets.get(column.name) == path), "")


def to_ask(more: Iterable[tuple[str, Column]], columns: list[Column]) -> list[Said]:
    """The questions still open about columns, each by the control that asks it."""
    at = {column.name: number for number, column in enumerate(columns)}
    texts = {"format": N_("{column}: say how its dates are written"), "unit": N_("{column}: say its unit")}
    return [Said(_(texts[what], column=column.name), f"{what}.{at[column.name]}") for what, column in more]


def map_page(job: jobs.Job, columns: list[Column], problems: Iterable[Said] = (), *, asked: bool = False) -> str:
    plan = import_steps.plan(job)
    known = import_plan.by_path(plan.type)
    return render_template(
        "transfer/import_map.html",
        job=job,
        columns=columns,
        plan=plan,
        targets=import_plan.targets(plan.type),
        looks={column.name: import_plan.looks_like(column) for column in columns},
        types=[(name, _(one_of(name))) for name in import_plan.types()],
        sheets=job.spec.get("sheets", []),
        names_in=job.spec["source"].get("skip_lines", 0) + 1 if job.spec["source"]["format"] == "csv" else 0,
        letters=job.spec["source"].get("fallback", ""),
        encodings=[(name, _(label)) for name, label in ENCODING_LABELS.items()],
        split=import_plan.SPLIT,
        repeated={path for path, target in known.items() if target.field.repeated},
        dates=import_plan.DATES,
        units=import_plan.UNITS,
        constants=[*plan.constants.items(), *[("", "")] * import_plan.CONSTANTS][: import_plan.CONSTANTS],
        problems=list(problems),
        asked=asked,
        wrong={problem.control for problem in problems},
        saved=import_steps.saved(job.node),
        kinds={path: target.field.kind for path, target in known.items()},
        exported=_(one_of(kind)) if (kind := import_steps.export_of(columns)) else "",
        **about_sheet(job),
    )


def about_sheet(job: jobs.Job) -> dict[str, Any]:
    """The facts about a workbook's sheet, for `import_sheet.html`."""
    facts = import_steps.sheet(job)
    if facts is None:
        return {"notes": [], "hidden_rows": 0, "hidden_choice": ""}
    from diwan_core.intake.sources.sheet_notes import sheet_notes

    source = import_steps.source_from(job.spec["source"])
    return {
        "notes": list(map(said, sheet_notes(facts, source))),
        "hidden_rows": facts.hidden_rows.count,
        "hidden_choice": source.hidden_rows,
    }


def hidden_rows_settled(job: jobs.Job) -> bool:
    """Whether it was said what becomes of the rows a sheet hides, where it hides any."""
    facts = import_steps.sheet(job)
    return facts is None or not facts.hidden_rows.count or bool(job.spec["source"].get("hidden_rows"))


def look_page(job: jobs.Job, mapping: Mapping, columns: list[Column]) -> str:
    """The first rows as they would be saved. Raises Unreadable."""
    from diwan_core.intake.run.preview import preview, tried

    table, plan = job.path(job.spec["table"]), import_steps.plan(job)
    shown, summary = preview(table, mapping), tried(table, mapping, job.path("trial.csv"))
    fields = {path: field for path in shown.paths if (field := _field_at(mapping, path)) is not None}
    labels = {path: target.label for path, target in import_plan.by_path(mapping.type.name).items()}
    rows = [
        (row, [_cell(fields[path], cell.value, cell.fault) for path, cell in zip(shown.paths, row.cells, strict=False)])
        for row in shown.rows
    ]
    return render_template(
        "transfer/import_look.html",
        job=job,
        labels=[labels.get(path, path) for path in shown.paths],
        rows=[(row, cells, [_of_row(fault) for fault in row.faults]) for row, cells in rows],
        unused=shown.unused,
        summary=summary,
        unknown=_words_to_ask(plan, columns) if plan.type == mapping.type.name else (),
        keyed=bool(mapping.source.key),
        report=(report := import_report.before_run(job, mapping.type)),
        failed=told(report.error, job.spec["name"]),
        stopped=told(report.stopped, job.spec["name"]),
        so_far=so_far,
        **about_sheet(job),
    )


def so_far(progress: dict[str, Any]) -> str:
    """The progress of a file in words: rows, rows a second, time left."""
    rows = int(progress.get("rows") or 0)
    found = [_n("{count} row so far", "{count} rows so far", rows)]
    if progress.get("a_second"):
        found.append(_("{count} a second", count=show_number(str(progress["a_second"]))))
    if progress.get("left") is not None:
        minutes, seconds = divmod(int(progress["left"]), 60)
        found.append(_("about {time} left", time=f"{minutes}:{seconds:02}"))
    return " · ".join(found)


def _field_at(mapping: Mapping, path: str) -> Field | None:
    """The field a column of the preview shows."""
    from diwan_core.intake.mapping.own_export import field_at

    for rule in mapping.fields:
        if rule.place.path == path:
            return rule.place.field
    found = field_at(mapping.type, path)
    return found[1] if found else None


def _words_to_ask(plan: Plan, columns: list[Column]) -> list[tuple[Any, ...]]:
    return [
        (column, target, left[:WORDS_MOST], choices(target.field.codelist))
        for column, target, left in import_plan.unknown_words(plan, columns)
        if len(DICTIONARY.codes(target.field.codelist)) <= SUGGESTED
    ]


def _cell(field: Any, value: Any, fault: Fault | None) -> tuple[Any, str, str]:
    """(what would be saved, what the file has there instead, what is wrong with it)."""
    if isinstance(value, dict):
        value = ", ".join(str(item) for item in value.values())
    shown = None if value is None else show(field, value)
    return shown, fault.value if fault and shown is None else "", said(fault.reason) if fault else ""


def _of_row(fault: Fault) -> str:
    reason = said(fault.reason)
    return f"{fault.column}: {reason}" if fault.column and not fault.path else reason


def error_file(job: jobs.Job) -> BinaryIO:
    """The refused rows and why, as CSV in the reader's language, in a nameless file. Raises OSError."""
    from diwan_core.intake.sources.tables import HEADER, error_lines
    from diwan_core.intake.wording import faults_in

    made = TemporaryFile(dir=job.folder)  # noqa: SIM115  # whoever sends it closes it
    text = io.TextIOWrapper(made, encoding="utf-8-sig", newline="")  # the mark in front makes Excel read UTF-8
    writer = csv.writer(text)
    writer.writerow(map(_, HEADER))
    for row, line, faults in faults_in(job.path("errors.jsonl")):
        writer.writerows(error_lines(row, line, faults, said))
    text.detach().seek(0)
    return made


def gives_rows_back(job: jobs.Job) -> bool:
    """Whether rows were refused of a table whose rows can be given back as they were."""
    return (
        job.spec.get("source", {}).get("format") == "csv" and job.path("errors.jsonl").exists() and _table(job).exists()
    )


def refused_rows(job: jobs.Job) -> BinaryIO:
    """The refused rows as a workbook, to be corrected and imported again, in a nameless file. Raises OSError,
    Unreadable."""
    from diwan_core.intake.run.refused_rows import write_refused

    source = import_steps.source_from(job.spec["source"])
    with TemporaryDirectory(dir=job.folder) as aside:
        out = Path(aside) / "rows.xlsx"
        write_refused(_table(job), source, job.path("errors.jsonl"), out, _("reason"), said)
        return out.open("rb")  # it stays open when its name is gone


def _table(job: jobs.Job) -> Path:
    return job.path(job.spec["table"])
