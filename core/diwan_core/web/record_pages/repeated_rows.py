"""The page of rows that became several records because their file was imported at several posts: shown side by side,
and merged by one decision that can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run import jobs
from diwan_core.intake.run.undo_import import undo_import
from diwan_core.register.records import repeated_imports
from diwan_core.register.records.repeated_imports import Doubles, Twin
from diwan_core.trust.access_log.events import event
from diwan_core.web.kit.access import may
from diwan_core.web.kit.access_log import note_reads
from diwan_core.web.kit.console import console, register, shown_view
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _, _n, said
from diwan_core.web.records.display import Shown, show
from diwan_core.web.transfer.import_views import so_far, told

blueprint = Blueprint("doubles", __name__, url_prefix="/doubles")
SHOWN_MOST: Final = 25
RECORDS_MOST: Final = 20


@dataclass(frozen=True)
class ShownTwin:
    """A record of a row as the page shows it: what tells it apart, and what it says in the fields that differ."""

    record: str
    node: str
    facts: tuple[Shown, ...]
    says: tuple[tuple[Shown, ...], ...]


@dataclass(frozen=True)
class ShownDoubles:
    system: str
    key: str
    labels: tuple[str, ...]
    twins: tuple[ShownTwin, ...]


@blueprint.get("")
@may(Action.MERGE, shows="double_imports")
def index() -> str:
    """Rows of a source that were imported at two posts."""
    marks = repeated_imports.hashes(register().store)
    found = list(repeated_imports.doubles(register().store, marks[:SHOWN_MOST]))
    note_reads(event("record.shown", record=twin.record, view=shown_view()) for one in found for twin in one.twins)
    running = [job for job in jobs.all_of(console().folder) if job.what == "merge"][:1]
    job = running[0] if running else None
    return render_template(
        "record_pages/repeated_rows.html",
        total=len(marks),
        found=[_shown(one) for one in found],
        systems=sorted({one.system for one in found}),
        job=job,
        state=job.state if job else "",
        so_far=so_far,
        decisions=[run for run in register().import_runs() if run.what == "merge" and not run.undone][:RECORDS_MOST],
        failed=told((job.result or {}).get("error", ""), "") if job else "",
    )


def _shown(found: Doubles) -> ShownDoubles:
    fields = DICTIONARY.type(repeated_imports.KIND).fields
    labels = tuple(_(fields[name].label) if name in fields else name for name in found.differing)
    twins = tuple(
        ShownTwin(
            twin.record,
            str(console().node_name(twin.origin)),
            tuple(_facts(twin)),
            tuple(_says(twin, name) for name in found.differing),
        )
        for twin in found.twins
    )
    return ShownDoubles(found.system, found.key, labels, twins)


def _facts(twin: Twin) -> list[Shown]:
    fields = DICTIONARY.type(repeated_imports.KIND).fields
    names = ("date", "office", "place")
    return [show(fields[name], twin.document[name]) for name in names if twin.document.get(name) is not None]


def _says(twin: Twin, name: str) -> tuple[Shown, ...]:
    """The text of a field of a record; of parts how many there are."""
    value, kind = twin.document.get(name), DICTIONARY.type(repeated_imports.KIND)
    field = kind.fields.get(name)
    if value is None:
        return ()
    if field is None:
        entries = len(value) if isinstance(value, Mapping) else 1
        return (Shown(_n("{count} entry", "{count} entries", entries), "text"),)
    values: Any = value.values() if isinstance(value, Mapping) else [value]
    return tuple(show(field, one) for one in values if one is not None)


@blueprint.post("")
@may(Action.MERGE, shows="double_imports")
def merge() -> Response:
    """Merge the records of a row by one decision: this record stays, the others are withdrawn and point to it."""
    records, keep = request.form.getlist("record")[:RECORDS_MOST], request.form.get("keep", "")
    found = repeated_imports.of_records(register().store, records)
    if found is None or keep not in records:
        raise Refusal(409, _("Somebody changed these records in the meantime. Look at the list again."))
    person = signed_in_person()
    with console().writing() as reg:
        run = reg.begin_merging(found.system, signed_in_person().name, found.key)
        outcome = reg.save_many([repeated_imports.merging(found, keep)], author=person.name, run=run, role=person.role)
        reg.end_run(run, {"merged": outcome.saved, "refused": len(outcome.refused)})
    if outcome.refused:
        raise Refusal(422, " ".join(said(problem) for problem in outcome.refused[0]))
    return redirect(url_for("doubles.index", done="merged"), 303)


@blueprint.post("/all")
@may(Action.MERGE, shows="double_imports")
def merge_all() -> Response:
    """Merge all rows whose records say nothing different, in a process of its own."""
    person = signed_in_person().name
    if any(job.what == "merge" and job.state == "running" for job in jobs.all_of(console().folder)):
        raise Refusal(429, _("Records are being merged already. Wait until that has ended."))
    if not repeated_imports.hashes(register().store):
        raise Refusal(409, _("There is nothing left to merge."))
    job = jobs.new(console().folder, "merge", person, {"system": request.form.get("system", "")[:60]})
    jobs.start(job)
    return redirect(url_for("doubles.index"), 303)


@blueprint.post("/undo")
@may(Action.MERGE, shows="double_imports")
def undo() -> Response:
    """Take back what was merged by one decision, or by one run over all."""
    with console().writing() as reg:
        run = reg.import_run(request.form.get("run", "")[:60])
        if run is None or run.what != "merge" or run.undone is not None:
            raise Refusal(409, _("This was undone already, or it is no longer known."))
        undo_import(reg, run, author=signed_in_person().name)
    return redirect(url_for("doubles.index", done="merge-undone"), 303)


navigation = NavigationItem("doubles.index", lambda: _("Double imports"), 45)
