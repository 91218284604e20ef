"""Importing a spreadsheet in the browser: upload, name the columns, look at the first rows, run, take the errors.

The work is a job (`intake.jobs`) with its own process, so a closed browser loses nothing. Whoever uploaded a file sees
what is in it; the others see that there was an import and what became of it.

What reads and maps a file is imported where it is used: a console that nobody imports at never loads it."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, make_response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import jobs
from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.web import import_plan
from diwan_core.web.access import accepts_up_to, may
from diwan_core.web.console import console, looked
from diwan_core.web.controls import choices
from diwan_core.web.errors import Refusal
from diwan_core.web.guard import signed_in_person
from diwan_core.web.i18n import _
from diwan_core.web.import_plan import Plan
from diwan_core.web.kinds import KINDS, ONE
from diwan_core.web.permissions import Action
from diwan_core.web.render import NavigationItem
from diwan_core.web.shown import show
from diwan_core.web.values import SUGGESTED

if TYPE_CHECKING:
    from diwan_core.intake.mapping import Mapping
    from diwan_core.intake.reading import Source
    from diwan_core.intake.uploaded import Column

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
navigation = NavigationItem("imports.index", lambda: _("Import"), 40)
LARGEST: Final = 64 * 1024 * 1024
MAPPINGS: Final = "mappings"
_MAP = "mapping.toml"
_HOW_WRITTEN: Final = frozenset({"format", "delimiter", "encoding", "fallback"})


@blueprint.get("")
@may(Action.IMPORT)
def index() -> str:
    return _index_page("")


def _index_page(problem: str) -> str:
    listed = [job for job in jobs.all_of(console().folder) if job.what == "import"]
    return render_template(
        "imports.html",
        jobs=listed,
        own=signed_in_person().name,
        problem=problem,
        largest=LARGEST // 1024 // 1024,
        types=[(name, _(ONE[name])) for name in import_plan.TYPES],
        kinds={name: _(kind.plural) for name, kind in KINDS.items()},
    )


@blueprint.post("")
@may(Action.IMPORT)
@accepts_up_to(LARGEST)
def upload() -> Response:
    from diwan_core.intake.uploaded import is_workbook
    from diwan_core.intake.workbook import sheets_of

    file = request.files.get("file")
    if file is None or not file.filename:
        return make_response(_index_page(_("Choose a file first.")), 422)
    name = "".join(c for c in Path(file.filename.replace("\\", "/")).name if c.isprintable())[:120] or "file"
    job = jobs.new(console().folder, "import", signed_in_person().name, {"name": name})
    try:
        file.save(job.path("file"))
        sheets = sheets_of(job.path("file")) if is_workbook(job.path("file")) else []
        _take(job.change(sheets=sheets), sheets[0] if sheets else "", _type(request.form.get("type", "")))
    except Unreadable as error:
        shutil.rmtree(job.folder, ignore_errors=True)
        return make_response(_index_page(str(error)), 422)
    except OSError as error:
        shutil.rmtree(job.folder, ignore_errors=True)
        raise Refusal(507, _("The file could not be kept: the disk is full. Call your technician.")) from error
    return redirect(url_for("imports.one", job_id=job.id), 303)


def _type(name: str) -> str:
    return name if name in import_plan.TYPES else import_plan.TYPES[0]


def _take(job: jobs.Job, sheet: str, kind: str) -> None:
    """Read the uploaded file, of a workbook this sheet, as rows of this type. Raises Unreadable, OSError."""
    from diwan_core.intake.uploaded import columns_of, source_of

    file = job.path("file")
    with TemporaryDirectory(dir=job.folder) as aside:  # a sheet that cannot be read leaves the one before
        table, source = source_of(file, Path(aside), sheet)
        columns = columns_of(Path(aside) / table, _source(source))
        (Path(aside) / table).replace(job.path(table))
    job.path(_MAP).unlink(missing_ok=True)
    job.change(table=table, source=source, sheet=sheet, plan=import_plan.guessed(columns, kind).as_json())
    if len(job.spec["sheets"]) < 2:
        file.unlink()  # the table holds all of it


@blueprint.post("/<job_id>/what")
@may(Action.IMPORT)
def what(job_id: str) -> Response:
    """Another sheet of the workbook, or another type of record: the columns are guessed anew."""
    job = _open(job_id)
    sheets, kind = job.spec.get("sheets", []), _type(request.form.get("type", ""))
    sheet = request.form.get("sheet", job.spec.get("sheet", ""))
    if len(sheets) < 2 or sheet == job.spec.get("sheet"):
        job.change(plan=import_plan.guessed(_columns(job), kind).as_json())
        job.path(_MAP).unlink(missing_ok=True)
    elif sheet not in sheets:
        raise Refusal(422, _("Choose one of the sheets of the file."))
    else:
        try:
            _take(job, sheet, kind)
        except Unreadable as error:
            return make_response(_map_page(job, [str(error)]), 422)
        except OSError as error:
            raise Refusal(507, _("The file could not be kept: the disk is full. Call your technician.")) from error
    return redirect(url_for("imports.one", job_id=job.id), 303)


def _source(source: dict[str, Any]) -> Source:
    from diwan_core.intake.reading import Source

    return Source(
        format=source["format"],
        delimiter=source.get("delimiter", ","),
        encoding=source.get("encoding", "utf-8"),
        fallback=source.get("fallback"),
    )


@blueprint.get("/<job_id>")
@may(Action.IMPORT)
def one(job_id: str) -> str:
    job = _own(job_id)
    if job.state == "open":
        return _map_page(job, [])
    kind = KINDS[job.spec.get("type", "case")] if job.spec.get("type", "case") in KINDS else KINDS["case"]
    return render_template("import_job.html", job=job, state=job.state, kind=kind)


def _map_page(job: jobs.Job, problems: list[str]) -> str:
    columns = _columns(job)
    plan = Plan(**job.spec["plan"])
    return render_template(
        "import_map.html",
        job=job,
        columns=columns,
        plan=plan,
        targets=import_plan.targets(plan.type),
        looks={column.name: import_plan.looks_like(column) for column in columns},
        types=[(name, _(ONE[name])) for name in import_plan.TYPES],
        sheets=job.spec.get("sheets", []),
        split=import_plan.SPLIT,
        repeated={path for path, target in import_plan.by_path(plan.type).items() if target.field.repeated},
        dates=import_plan.DATES,
        units=import_plan.UNITS,
        constants=[*plan.constants.items(), *[("", "")] * import_plan.CONSTANTS][: import_plan.CONSTANTS],
        problems=problems,
        saved=_saved(),
        kinds={path: target.field.kind for path, target in import_plan.by_path(plan.type).items()},
    )


def _columns(job: jobs.Job) -> list[Column]:
    from diwan_core.intake.uploaded import columns_of

    try:
        return columns_of(job.path(job.spec["table"]), _source(job.spec["source"]))
    except Unreadable as error:
        raise Refusal(422, str(error)) from error


@blueprint.post("/<job_id>/map")
@may(Action.IMPORT)
def map_columns(job_id: str) -> Response:
    job, columns = _open(job_id), []
    columns = _columns(job)
    plan = import_plan.read_plan(request.form, columns, Plan(**job.spec["plan"]), request.form.getlist("key"))
    return _settle(job.change(plan=plan.as_json()), plan, columns)


def _settle(job: jobs.Job, plan: Plan, columns: list[Column]) -> Response:
    """Write the mapping of a plan and look at the first rows; or say what is wrong with it."""
    from diwan_core.intake.mapping import parse

    try:
        text = import_plan.mapping_text(plan, columns, job.spec["source"], job.spec["name"])
        parse(text, job.spec["name"], DICTIONARY)
    except MappingError as error:
        return make_response(_map_page(job, error.problems), 422)
    job.path(_MAP).write_text(text)
    return redirect(url_for("imports.look", job_id=job.id), 303)


@blueprint.post("/<job_id>/saved")
@may(Action.IMPORT)
def use_saved(job_id: str) -> Response:
    import tomli_w

    from diwan_core.intake.mapping import parse

    job, name = _open(job_id), request.form.get("mapping", "")
    if name not in _saved():
        raise Refusal(422, _("Choose one of the saved mappings."))
    try:
        table = tomllib.loads(_saved_text(name))
        # how this file is written is known from the file; what its columns mean, from the mapping
        kept = {key: value for key, value in table.get("source", {}).items() if key not in _HOW_WRITTEN}
        table["source"] = {**kept, **job.spec["source"]}
        text = tomli_w.dumps(table)
        parse(text, name, DICTIONARY)
    except MappingError as error:
        return make_response(_map_page(job, error.problems), 422)
    job.path(_MAP).write_text(text)
    return redirect(url_for("imports.look", job_id=job.id), 303)


def _saved() -> list[str]:
    from diwan_core.intake.mapping import shipped

    folder = console().folder / MAPPINGS
    own = sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []
    return [*own, *shipped()]


def _saved_text(name: str) -> str:
    path = console().folder / MAPPINGS / f"{name}.toml"
    if path.is_file():
        return path.read_text()
    from importlib import resources

    return resources.files("diwan_core.intake").joinpath("mappings", f"{name}.toml").read_text(encoding="utf-8")


@blueprint.get("/<job_id>/look")
@may(Action.IMPORT)
def look(job_id: str) -> str:
    from diwan_core.intake.preview import preview, tried

    job = _open(job_id)
    mapping, table = _mapping(job), job.path(job.spec["table"])
    columns, plan = _columns(job), Plan(**job.spec["plan"])
    try:
        shown, summary = preview(table, mapping), tried(table, mapping, job.path("trial.csv"))
    except Unreadable as error:
        return _map_page(job, [str(error)])
    fields = {rule.place.path: rule.place.field for rule in mapping.fields}
    labels = {path: target.label for path, target in import_plan.by_path(mapping.type.name).items()}
    unknown = [
        (column, target, left[:40], choices(target.field.codelist))
        for column, target, left in (import_plan.unknown_words(plan, columns) if plan.type == mapping.type.name else ())
        if len(DICTIONARY.codes(target.field.codelist)) <= SUGGESTED
    ]
    return render_template(
        "import_look.html",
        job=job,
        labels=[labels.get(path, path) for path in shown.paths],
        rows=[
            (row, [(None if cell.value is None else _shown(fields[path], cell.value), cell.written, cell.problem)
                   for path, cell in zip(shown.paths, row.cells, strict=False)])
            for row in shown.rows
        ],
        unused=shown.unused,
        summary=summary,
        unknown=unknown,
        keyed=bool(mapping.source.key),
    )  # fmt: skip


def _shown(field: Any, value: Any) -> Any:
    if isinstance(value, dict):
        value = ", ".join(str(item) for item in value.values())
    return show(field, value)


def _mapping(job: jobs.Job) -> Mapping:
    from diwan_core.intake.mapping import load

    if not job.path(_MAP).exists():
        raise Refusal(409, _("Say first what the columns are."))
    try:
        return load(str(job.path(_MAP)), DICTIONARY)
    except MappingError as error:
        raise Refusal(422, "; ".join(error.problems)) from error


@blueprint.post("/<job_id>/words")
@may(Action.IMPORT)
def words(job_id: str) -> Response:
    job = _open(job_id)
    columns, plan = _columns(job), Plan(**job.spec["plan"])
    given = {name: dict(held) for name, held in plan.words.items()}
    for number, (column, target, left) in enumerate(import_plan.unknown_words(plan, columns)):
        for at, (word, _count) in enumerate(left):
            code = request.form.get(f"word.{number}.{at}", "")
            if DICTIONARY.codes(target.field.codelist).has(code):
                given.setdefault(column.name, {})[word] = code
    plan = Plan(**{**plan.as_json(), "words": given})
    return _settle(job.change(plan=plan.as_json()), plan, columns)


@blueprint.post("/<job_id>/keep")
@may(Action.IMPORT)
def keep(job_id: str) -> Response:
    from diwan_core.intake.mapping import shipped

    job = _open(job_id)
    _mapping(job)
    name = "-".join("".join(c if c.isalnum() else " " for c in request.form.get("title", "").lower()).split())[:60]
    if not name or name in shipped():
        raise Refusal(422, _("Give the mapping a name of its own: letters and digits."))
    folder = console().folder / MAPPINGS
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(job.path(_MAP), folder / f"{name}.toml")
    return redirect(url_for("imports.look", job_id=job.id, done="saved"), 303)


@blueprint.post("/<job_id>/run")
@may(Action.IMPORT)
def run(job_id: str) -> Response:
    job = _own(job_id)
    if job.state not in ("open", "interrupted", "failed"):
        raise Refusal(409, _("This import has been run. Upload the file again to import what was corrected."))
    job = job.change(type=_mapping(job).type.name)
    looked("import", "", job.spec["name"])
    jobs.start(job)
    job.path("file").unlink(missing_ok=True)
    return redirect(url_for("imports.one", job_id=job.id), 303)


@blueprint.get("/<job_id>/errors")
@may(Action.IMPORT)
def errors(job_id: str) -> Response:
    job = _own(job_id)
    if job.result is None or not job.path("errors.csv").exists():
        raise Refusal(404, _("No row was refused."))
    name = f"{Path(job.spec['name']).stem}-errors.csv"
    return send_file(job.path("errors.csv"), mimetype="text/csv", as_attachment=True, download_name=name, max_age=0)


def _own(job_id: str) -> jobs.Job:
    job = jobs.get(console().folder, job_id)
    if job is None or job.what != "import" or job.owner != signed_in_person().name or "plan" not in job.spec:
        raise Refusal(404, _("There is no such import of yours. Upload the file again."))
    return job


def _open(job_id: str) -> jobs.Job:
    job = _own(job_id)
    if job.state != "open":
        raise Refusal(409, _("This import has been run. Upload the file again to import what was corrected."))
    return job
