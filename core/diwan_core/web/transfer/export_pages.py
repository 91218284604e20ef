"""The pages that export a list: the export is requested, made by a separate process, and downloaded by the same
person."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from diwan_core.intake.run import jobs
from diwan_core.intake.run.rows_chosen import READABLE, without_withdrawn
from diwan_core.leaving import TEMPLATES
from diwan_core.leaving.held_back import HANDLING, held_codes
from diwan_core.leaving.record_cells import CELLS
from diwan_core.register.search.lists import COUNTED
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.filtering import Filters
from diwan_core.web.records.list_filters import filters_of, filters_sent, found_of, usual_order
from diwan_core.web.transfer.export_words import export_words
from diwan_core.web.transfer.import_views import told
from diwan_core.web.transfer.job_limits import MOST, refuse_full_disk, refuse_one_more

_COUNTED: Final = ("records", "coarser", "coarsest", "held_back")
FORMS: Final = {
    READABLE: N_("Excel workbook to read: words in your language beside codes, a sheet for each part"),
    "xlsx": N_("Excel workbook for programs: one sheet, codes only"),
    "csv": N_("CSV, for spreadsheets and databases"),
    "json": N_("JSON, for programs"),
}
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA_TYPES: Final = {
    READABLE: _XLSX,
    "xlsx": _XLSX,
    "csv": "text/csv",
    "json": "application/json",
}


def export_pages(kind: RecordKind) -> Blueprint:
    """The pages that export lists of a type, under `/<kind.path>/export`."""
    blueprint = Blueprint(f"export_{kind.type}", __name__, url_prefix=f"/{kind.path}/export")

    @blueprint.get("")
    @may(Action.EXPORT, of=kind.type)
    def ask() -> str:
        """Ask what is to be exported, and in which form."""
        filters = filters_of(kind, request.args)
        order = filters.order or usual_order(kind)
        return render_template(
            "transfer/export.html",
            kind=kind,
            filters=filters,
            query=urlencode(filters.address()),
            total=register().matching(kind.type, without_withdrawn(filters.where()), order, found_of(filters)),
            counted=COUNTED,
            forms=FORMS,
            nominal=signed_in_person().may(Action.EXPORT_NOMINAL),
            reduced=kind.type in TEMPLATES,
            cells=kind.type in CELLS,
            held=_held(kind, filters),
            most=MOST,
        )

    @blueprint.post("")
    @may(Action.EXPORT, of=kind.type)
    def start() -> Response:
        """Begin an export."""
        person, form = signed_in_person(), request.form.get("form", "")
        if form not in FORMS:
            raise Refusal(422, _("Choose one of the formats."))
        nominal = request.form.get("nominal") == "1"
        if nominal and not person.may(Action.EXPORT_NOMINAL):
            raise Refusal(403, _("Your account may not export personal data."))
        if not nominal and kind.type not in TEMPLATES:
            raise Refusal(422, _("These records are not given out without personal data; export them whole."))
        refuse_full_disk()
        refuse_one_more(person.name)
        filters = filters_sent(kind, request.form.get("query", ""))
        spec = {**_spec(kind, filters), "form": form, "nominal": nominal}
        spec |= {"words": export_words(kind), "plural": kind.plural} if form == READABLE else {}
        job = jobs.new(console().folder, "export", person.name, spec)
        query = urlencode(filters.address())
        looked("list.exported", type=kind.type, form=form, personal=nominal, filters=query)
        jobs.start(job)
        return redirect(url_for(f"export_{kind.type}.one", job_id=job.id), 303)

    @blueprint.get("/<job_id>")
    @may(Action.EXPORT, of=kind.type)
    def one(job_id: str) -> str:
        """The progress of an export."""
        job = _own(job_id)
        failed = told((job.result or {}).get("error", ""), "")
        return render_template(
            "transfer/export_job.html", kind=kind, job=job, state=job.state, forms=FORMS, failed=failed
        )

    @blueprint.get("/<job_id>/file")
    @may(Action.EXPORT, of=kind.type)
    def file(job_id: str) -> Response:
        """The exported file."""
        job = _own(job_id)
        if job.state != "done":
            raise Refusal(409, _("The file is not ready yet."))
        form = job.spec["form"]
        looked("list.fetched", type=kind.type, form=form)
        if not job.spec["nominal"]:
            _note_reduced(job)
        return send_file(
            job.path(f"out.{form}"),
            mimetype=MEDIA_TYPES[form],
            as_attachment=True,
            download_name=f"diwan-{kind.path}.{'xlsx' if form == READABLE else form}",
            max_age=0,
            etag=False,
            last_modified=None,
        )

    def _own(job_id: str) -> jobs.Job:
        job = jobs.get(console().folder, job_id)
        person = signed_in_person()
        if job is None or job.what != "export" or job.owner != person.name or job.spec["kind"] != kind.type:
            raise Refusal(404, _("There is no such export; they are kept for a day. Export the list again."))
        if job.spec["nominal"] and not person.may(Action.EXPORT_NOMINAL):
            raise Refusal(403, _("Your account may not export personal data."))
        return job

    return blueprint


def _spec(kind: RecordKind, filters: Filters) -> dict[str, Any]:
    """Which records a file holds, as its process is told."""
    found = found_of(filters)  # here, where labels are known in every language
    return {
        "kind": kind.type,
        "where": filters.where(),
        "order": filters.order or usual_order(kind),
        "withdrawn": request.form.get("withdrawn") == "1",
        "found": None if found is None else [found.numbers, found.complete],
        "most": MOST,
    }


def _held(kind: RecordKind, filters: Filters) -> int:
    """How many of a list's records are marked for fewer readers: at the most COUNTED + 1."""
    where = filters.where()
    marked = where.get(HANDLING, held_codes())
    kept = (marked if isinstance(marked, frozenset) else frozenset([marked])) & held_codes()
    if not kept or HANDLING not in kind.record_type.fields:
        return 0
    return register().matching(kind.type, {**where, HANDLING: kept}, usual_order(kind), found_of(filters))


def _note_reduced(job: jobs.Job) -> None:
    """Log what became of the records of a file without personal data."""
    counted = {name: int((job.result or {}).get(name, 0)) for name in _COUNTED}
    looked("list.reduced", type=job.spec["kind"], form=job.spec["form"], **counted)
