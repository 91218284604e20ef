"""The pages that prepare an import: upload, columns, first rows (`import_run_pages` runs it).

The work is a job (`intake.run.jobs`) with its own process, so a closed browser loses nothing; `import_job` does its
steps and `import_pages` shows them. Whoever uploaded a file sees what is in it; the others see that there was an
import and what became of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.intake.run import jobs, side_work
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kinds.registry import KINDS, one_of
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.spool import keep_as
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _
from diwan_core.web.transfer import (
    import_plan,
    import_reading,
    import_report,
    import_run_pages,
    import_steps,
    import_views,
)
from diwan_core.web.transfer.import_access import opened, settled, uploaded
from diwan_core.web.transfer.import_answers import answer
from diwan_core.web.transfer.import_plan import Plan
from diwan_core.web.transfer.import_views import Said, map_page
from diwan_core.web.transfer.job_limits import refuse_full_disk

if TYPE_CHECKING:
    from diwan_core.intake.sources.uploaded import Column

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
navigation = NavigationItem("imports.index", lambda: _("Import"), 40)
LARGEST: Final = 64 * 1024 * 1024
import_run_pages.add_to(blueprint)


@blueprint.get("")
@may(Action.IMPORT)
def index() -> str:
    """The imports of this node."""
    return _index_page("")


def _index_page(problem: str) -> str:
    listed = [job for job in jobs.all_of(console().folder) if job.what == "import"]
    return render_template(
        "transfer/imports.html",
        jobs=listed,
        own=signed_in_person().name,
        problem=problem,
        largest=LARGEST // 1024 // 1024,
        types=[(name, _(one_of(name))) for name in import_plan.types()],
        kinds={name: _(kind.plural) for name, kind in KINDS.items()},
        first=CASE.type,
    )


@blueprint.post("")
@may(Action.IMPORT)
@accepts_up_to(LARGEST)
def upload() -> Response:
    """Take a file to be imported."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return make_response(_index_page(_("Choose a file first.")), 422)
    refuse_full_disk(2 * (request.content_length or 0))
    name = "".join(c for c in Path(file.filename.replace("\\", "/")).name if c.isprintable())[:120] or "file"
    kind = _type(request.form.get("type", ""))
    job = jobs.new(console().folder, "import", signed_in_person().name, {"name": name, "type": kind})
    try:
        keep_as(file, job.path("file"))
        import_reading.begin(job, "")
        if import_reading.state(job) == "running":
            return redirect(url_for("imports.one", job_id=job.id), 303)
        _guessed(job)
    except Unreadable as error:
        shutil.rmtree(job.folder, ignore_errors=True)
        return make_response(_index_page(import_views.of_file(error.sentence, name)), 422)
    except OSError as error:
        shutil.rmtree(job.folder, ignore_errors=True)
        raise Refusal(507, _("The file could not be saved: the disk is full. Call your technician.")) from error
    except BaseException:
        shutil.rmtree(job.folder, ignore_errors=True)  # nobody would find it again
        raise
    return redirect(url_for("imports.one", job_id=job.id), 303)


def _guessed(job: jobs.Job) -> jobs.Job:
    """The job, once its file was read and its columns are guessed. Raises Unreadable."""
    if import_reading.state(job):
        raise Unreadable(import_reading.error(job))
    read = jobs.get(job.node, job.id)
    if read is None or "table" not in read.spec:
        raise Unreadable(import_reading.error(job))
    return read if read.spec["plan"] else import_steps.guess(read, _type(read.spec["type"]))


def _type(name: str) -> str:
    return name if name in import_plan.types() else import_plan.types()[0]


@blueprint.post("/<job_id>/what")
@may(Action.IMPORT)
def what(job_id: str) -> Response:
    """Another sheet of the workbook, or another type of record: the columns are guessed anew."""
    job = opened(job_id)
    sheets, kind = job.spec.get("sheets", []), _type(request.form.get("type", ""))
    sheet = request.form.get("sheet", job.spec.get("sheet", ""))
    if len(sheets) >= 2 and sheet not in sheets:
        raise Refusal(422, _("Choose one of the sheets of the file."))
    try:
        job = job.change(type=kind)
        if len(sheets) < 2 or sheet == job.spec.get("sheet"):
            import_steps.guess_anew(job, kind, _written())
        else:
            import_reading.begin(job, sheet)
            if import_reading.state(job) != "running":
                _guessed(job)
    except Unreadable as error:
        return make_response(map_page(job, _columns(job), [_of_file(job, error)]), 422)
    except OSError as error:
        raise Refusal(507, _("The file could not be saved: the disk is full. Call your technician.")) from error
    return redirect(url_for("imports.one", job_id=job.id), 303)


@blueprint.get("/<job_id>")
@may(Action.IMPORT)
def one(job_id: str) -> Response:
    """One import: what was found in the file, its mapping, how far it is."""
    job = uploaded(job_id)
    if import_reading.state(job) == "running":
        return make_response(render_template("transfer/import_reading.html", job=job, share=import_reading.share(job)))
    if job.state == "open":
        if not job.spec.get("plan") or import_reading.state(job):
            return _read(job)
        return make_response(map_page(job, _columns(job)))
    kind = KINDS.get(job.spec.get("type", ""), CASE)
    result = job.result or {}
    stopped, failed = (import_views.told(result.get(key, ""), job.spec["name"]) for key in ("stopped", "error"))
    return make_response(
        render_template(
            "transfer/import_job.html",
            job=job,
            state=job.state,
            kind=kind,
            stopped=stopped,
            failed=failed,
            rows_back=import_views.gives_rows_back(job),
            so_far=import_views.so_far,
            left_out=list(import_report.left_out(result)),
            alike=list(import_report.alike(result)),
            to_come=list(import_report.to_come(result)),
            asked=list(import_report.asked(result)),
            undo=side_work.state(job, "undo"),
            undo_progress=side_work.progress(job, "undo"),
            undone=side_work.result(job, "undo") or {},
            undo_failed=import_views.told((side_work.result(job, "undo") or {}).get("error", ""), job.spec["name"]),
        )
    )


def _read(job: jobs.Job) -> Response:
    """The columns of a file that was read in the background, or why it could not be."""
    try:
        job = _guessed(job)
    except Unreadable as error:
        if job.spec.get("plan"):  # another sheet of the workbook: the one before is still there
            return make_response(map_page(job, _columns(job), [_of_file(job, error)]), 422)
        shutil.rmtree(job.folder, ignore_errors=True)
        return make_response(_index_page(import_views.of_file(error.sentence, job.spec["name"])), 422)
    return make_response(map_page(job, _columns(job)))


@blueprint.post("/<job_id>/hidden-rows")
@may(Action.IMPORT)
def hidden_rows(job_id: str) -> Response:
    """Say what becomes of the rows a sheet hides."""
    job = opened(job_id)
    match request.form.get("hidden_rows", ""):
        case ("import" | "skip") as choice:
            import_steps.choose_hidden_rows(job, choice)
        case _:
            raise Refusal(422, _("Say whether the hidden rows are imported."))
    return redirect(url_for("imports.look" if import_steps.is_settled(job) else "imports.one", job_id=job.id), 303)


def _written() -> dict[str, str | int]:
    """How the file is written, as far as it was said."""
    from diwan_core.intake.sources.text_layout import ENCODINGS, SKIPPED_MOST

    found: dict[str, str | int] = {}
    line, letters = request.form.get("names_in", "").strip(), request.form.get("letters", "")
    if line.isdecimal() and len(line) < 4 and 1 <= int(line) <= SKIPPED_MOST + 1:
        found["skip_lines"] = int(line) - 1
    if letters in ENCODINGS:
        found["fallback"] = letters
    return found


def _columns(job: jobs.Job) -> list[Column]:
    try:
        return import_steps.columns(job)
    except Unreadable as error:
        raise Refusal(422, import_views.of_file(error.sentence, job.spec["name"])) from error


def _of_file(job: jobs.Job, error: Unreadable) -> Said:
    return Said(import_views.of_file(error.sentence, job.spec["name"]))


@blueprint.post("/<job_id>/map")
@may(Action.IMPORT)
def map_columns(job_id: str) -> Response:
    """Say which column is what."""
    job = opened(job_id)
    columns = _columns(job)
    plan = import_plan.read_plan(request.form, columns, import_steps.plan(job), request.form.getlist("key"))
    job = job.change(plan=plan.as_json())
    more = import_plan.unasked(request.form, columns, plan)
    if more and request.form.get("asked") != "1":
        return make_response(map_page(job, columns, import_views.to_ask(more, columns), asked=True), 422)
    return _settle(job, columns)


def _settle(job: jobs.Job, columns: list[Column]) -> Response:
    """Write the mapping of a plan and look at the first rows; or say what is wrong with it."""
    try:
        import_steps.settle(job, columns)
    except MappingError as error:
        return _wrong(job, columns, error)
    return redirect(url_for("imports.look", job_id=job.id), 303)


def _wrong(job: jobs.Job, columns: list[Column], error: MappingError) -> Response:
    plan = import_steps.plan(job)
    problems = [import_views.of_mapping(problem, plan, columns) for problem in error.problems]
    return make_response(map_page(job, columns, problems), 422)


@blueprint.post("/<job_id>/exported")
@may(Action.IMPORT)
def exported(job_id: str) -> Response:
    """Read an export of ours as it is: its columns say what they are."""
    job = opened(job_id)
    columns = _columns(job)
    kind = import_steps.export_of(columns)
    if not kind:
        raise Refusal(422, _("This file is not an export of Diwan. Say what its columns are."))
    try:
        import_steps.use_export(job, kind)
    except MappingError as error:
        return _wrong(job, columns, error)
    return redirect(url_for("imports.look", job_id=job.id), 303)


@blueprint.post("/<job_id>/saved")
@may(Action.IMPORT)
def use_saved(job_id: str) -> Response:
    """Use a mapping that was kept."""
    job, name = opened(job_id), request.form.get("mapping", "")
    if name not in import_steps.saved(job.node):
        raise Refusal(422, _("Choose one of the saved mappings."))
    try:
        import_steps.use_saved(job, name)
    except MappingError as error:
        return _wrong(job, _columns(job), error)
    return redirect(url_for("imports.look", job_id=job.id), 303)


@blueprint.post("/<job_id>/answers")
@may(Action.IMPORT)
def answers(job_id: str) -> Response:
    """Say how the cells of columns are written that can be read in several ways."""
    job = settled(opened(job_id))
    asked = (side_work.result(job, "check") or {}).get("questions", [])
    given = {}
    for number, question in enumerate(asked):
        chosen = answer(question, request.form.get(f"answer.{number}", ""))
        if chosen is not None:
            given[str(question["path"])] = chosen
    try:
        import_steps.answer(job, given)
    except MappingError as error:
        return _wrong(job, _columns(job), error)
    return redirect(url_for("imports.look", job_id=job.id), 303)


@blueprint.get("/<job_id>/look")
@may(Action.IMPORT)
def look(job_id: str) -> Response:
    """Look at the whole file before anything is imported."""
    job = settled(opened(job_id))
    columns = _columns(job)
    if side_work.state(job, "check") == "none":
        side_work.start(job, "check")
    try:
        return make_response(import_views.look_page(job, import_steps.mapping(job), columns))
    except MappingError as error:
        return _wrong(job, columns, error)
    except Unreadable as error:
        return make_response(map_page(job, columns, [_of_file(job, error)]), 422)


@blueprint.post("/<job_id>/words")
@may(Action.IMPORT)
def words(job_id: str) -> Response:
    """Say what a word of the file means."""
    job = opened(job_id)
    columns, plan = _columns(job), import_steps.plan(job)
    given = {name: dict(held) for name, held in plan.words.items()}
    for number, (column, target, left) in enumerate(import_plan.unknown_words(plan, columns)):
        for at, (word, _count) in enumerate(left):
            code = request.form.get(f"word.{number}.{at}", "")
            if DICTIONARY.codes(target.field.codelist).has(code):
                given.setdefault(column.name, {})[word] = code
    plan = Plan(**{**plan.as_json(), "words": given})
    return _settle(job.change(plan=plan.as_json()), columns)


@blueprint.post("/<job_id>/keep")
@may(Action.IMPORT)
def keep(job_id: str) -> Response:
    """Keep the mapping for the next file."""
    job = settled(opened(job_id))
    match import_steps.keep(job, request.form.get("title", ""), replace=request.form.get("replace") == "1"):
        case "no name":
            raise Refusal(422, _("Give the mapping a name of its own: letters and digits."))
        case "taken":
            text = _(
                "There is a saved mapping of this name. Go back and choose another name, or tick that it is replaced."
            )
            raise Refusal(409, text)
    return redirect(url_for("imports.look", job_id=job.id, done="saved"), 303)
