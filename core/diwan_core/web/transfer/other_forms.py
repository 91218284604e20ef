"""The pages that fill forms of other administrations, such as the annual illegal trade report of CITES: what leaves by
each, its filling by a separate process, and which records lack something.

A form that names persons is filled at the machine, under an agreement (`diwan export-map write`)."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import RecordType
from diwan_core.intake.run import jobs
from diwan_core.intake.run.map_forms import MAP_FORMS, SHOWN
from diwan_core.leaving.maps import Column, Template, load, shipped
from diwan_core.leaving.maps.field_path import field_at
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.transfer.export_pages import FORMS, MEDIA_TYPES
from diwan_core.web.transfer.import_views import told
from diwan_core.web.transfer.job_limits import MOST, refuse_full_disk, refuse_one_more

blueprint = Blueprint("other_forms", __name__)

_FORMS: Final = {"xlsx": N_("Excel workbook"), "csv": FORMS["csv"]}
_YEARS: Final = range(1900, 2201)
_CALLED: Final = {
    "cites-illegal-trade": N_("CITES annual illegal trade report"),
    "etis": N_("ETIS, seizures of ivory and other elephant products"),
    "eu-cash-declaration": N_("Cash declaration of the European Union"),
    "object-id": N_("Object ID of cultural objects"),
}
_LEAVES: Final = {
    "free": N_("as it is"),
    "coarsened": N_("reduced until it leads to nobody"),
    "gated": N_("only where somebody released the text"),
}
_MADE: Final = {
    "today": N_("the day on which the file is written"),
    "number": N_("country, year and a number of this file’s own"),
}
WORDS: Final = (
    N_("not asked for by the template"),
    N_("demonstration cases"),
    N_("drafts and withdrawn records"),
    N_("it is not recorded"),
    N_("a value is recorded, but does not give what the column asks for"),
    N_("it is recorded, and nobody has released this text"),
    N_("it is recorded, and may not leave as it stands"),
)
"""Why records are not in a file, as the process that fills it says so."""


class Told(NamedTuple):
    """A column of theirs: which of our fields it comes from, and how they leave."""

    head: str
    fields: str
    how: str


@cache
def templates() -> dict[str, Template]:
    """The shipped templates by name."""
    return {name: load(name) for name in shipped()}


def title_of(template: Template) -> str:
    """What a form is called."""
    return _(_CALLED[template.name]) if template.name in _CALLED else template.title


def _named(name: str) -> Template:
    template = templates().get(name)
    if template is None:
        raise Refusal(404, _("There is no such form."))
    return template


def _field_words(declared: RecordType, path: str) -> str:
    part, _dot, _name = path.rpartition(".")
    field = field_at(declared, path)
    label = _(field.label) if field is not None else path
    return f"{_(declared.parts[part].label)}: {label}" if part in declared.parts else label


def _told(template: Template, column: Column) -> Told:
    """A column in words."""
    if column.blank:
        return Told(column.head, "", _("stays blank"))
    if column.text or column.made:
        return Told(column.head, "", _("always: {text}", text=column.text) if column.text else _(_MADE[column.made]))
    fields = [field for path in column.fields if (field := field_at(template.type, path)) is not None]
    how = [_(_LEAVES[field.leaves]) for field in fields if field.leaves in _LEAVES]
    small = template.small_cells
    if small is not None and column.head in (*small.place, *small.date, *small.nationality):
        how.append(_("less precise where few cases are alike"))
    words = ", ".join(_field_words(template.type, path) for path in column.fields)
    return Told(column.head, words, "; ".join(dict.fromkeys(how)))


@blueprint.get("/forms")
@may(Action.EXPORT)
def index() -> str:
    """The forms that can be filled."""
    return render_template("transfer/other_forms.html", forms=templates().values(), title_of=title_of)


@blueprint.get("/forms/<name>")
@may(Action.EXPORT)
def ask(name: str) -> str:
    """What leaves by a form, column by column, and for which year it is to be filled."""
    return _page(_named(name), "", "")


@blueprint.post("/forms/<name>")
@may(Action.EXPORT)
def start(name: str) -> Response | tuple[str, int]:
    """Begin to fill a form."""
    template, person = _named(name), signed_in_person()
    if template.agreement:
        raise Refusal(409, _("This form names persons: it is filled at the machine, under an agreement."))
    form, typed = request.form.get("form", ""), request.form.get("year", "").strip()[:20]
    if form not in MAP_FORMS:
        raise Refusal(422, _("Choose one of the formats."))
    if typed and not (typed.isdecimal() and int(typed) in _YEARS):
        problem = _("Write the year with four digits, or leave it empty for all years.")
        return _page(template, typed, problem), 422
    refuse_full_disk()
    refuse_one_more(person.name)
    year = f"{int(typed)}" if typed else ""
    demonstration = request.form.get("demonstration") == "1"
    spec = {
        "template": name, "kind": template.type.name, "form": form, "year": year, "demonstration": demonstration,
        "most": MOST,
    }  # fmt: skip
    job = jobs.new(console().folder, "form", person.name, spec)
    filters = f"date={year}-01-01..{year}-12-31" if year else ""
    looked("list.exported", type=template.type.name, form=f"{name}.{form}", personal=False, filters=filters)
    jobs.start(job)
    return redirect(url_for("other_forms.one", name=name, job_id=job.id), 303)


@blueprint.get("/forms/<name>/<job_id>")
@may(Action.EXPORT)
def one(name: str, job_id: str) -> str:
    """What became of a form: how many rows, and which records lack something."""
    template, job = _named(name), _own(name, job_id)
    result, kind = job.result or {}, kind_of(template.type.name)
    records = {record: register().get(record) for record, _column, _reason in result.get("lacking", ())}
    called = {id: kind.title_of(record) for id, record in records.items() if record is not None}
    return render_template(
        "transfer/other_form_job.html", template=template, title=title_of(template), job=job, state=job.state,
        result=result, called=called, failed=told(result.get("error", ""), ""), shown=SHOWN,
    )  # fmt: skip


@blueprint.get("/forms/<name>/<job_id>/file")
@may(Action.EXPORT)
def file(name: str, job_id: str) -> Response:
    """The filled form."""
    job = _own(name, job_id)
    if job.state != "done":
        raise Refusal(409, _("The file is not ready yet."))
    form, result = job.spec["form"], job.result or {}
    what = {"type": job.spec["kind"], "form": f"{name}.{form}"}
    looked("list.fetched", **what)
    held = sum(result["left_out"].values())
    counts = {"records": result["rows"], "coarser": result["coarser"], "coarsest": result["coarsest"]}
    looked("list.reduced", **what, **counts, held_back=held)
    return send_file(
        job.path(f"out.{form}"), mimetype=MEDIA_TYPES[form], as_attachment=True, download_name=f"{name}.{form}",
        max_age=0, etag=False, last_modified=None,
    )  # fmt: skip


def _page(template: Template, year: str, problem: str) -> str:
    return render_template(
        "transfer/other_form.html", template=template, title=title_of(template), year=year, problem=problem,
        columns=[_told(template, column) for column in template.columns],
        forms=_FORMS, most=MOST, needs=", ".join(" / ".join(group) for group in template.needs),
    )  # fmt: skip


def _own(name: str, job_id: str) -> jobs.Job:
    job = jobs.get(console().folder, job_id)
    mine = job is not None and job.what == "form" and job.owner == signed_in_person().name
    if job is None or not mine or job.spec["template"] != name:
        raise Refusal(404, _("There is no such file; files are kept for a day. Fill the form again."))
    return job
