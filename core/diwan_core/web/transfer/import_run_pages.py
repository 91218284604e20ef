"""The pages of an import that is run: begin, stop, undo, throw away, and download of the refused rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from flask import Blueprint, redirect, send_file, url_for
from werkzeug.wrappers import Response

from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.intake.run import jobs, side_work
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import looked
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.transfer import import_reading, import_steps, import_views
from diwan_core.web.transfer.export_pages import MEDIA_TYPES
from diwan_core.web.transfer.import_access import own, settled, uploaded
from diwan_core.web.transfer.job_limits import refuse_one_more


def add_to(blueprint: Blueprint) -> None:
    """The routes, among those that lead up to a run."""

    @blueprint.post("/<job_id>/run")
    @may(Action.IMPORT)
    def run(job_id: str) -> Response:
        """Begin an import."""
        job = own(job_id)
        if job.state not in ("open", "interrupted", "failed"):
            raise Refusal(409, _("This import has been run. Upload the file again to import what was corrected."))
        if not import_views.hidden_rows_settled(job):
            raise Refusal(422, _("Rows of the sheet are hidden. First say whether they are imported."))
        refuse_one_more(job.owner)
        try:
            job = job.change(type=import_steps.mapping(settled(job)).type.name)
        except MappingError as error:  # settled by an older release, and not right any more
            plan = import_steps.plan(job)
            raise Refusal(422, "; ".join(import_views.of_mapping(p, plan, []).text for p in error.problems)) from error
        looked("import.begun", file=job.spec["name"])
        jobs.start(job)
        job.path("file").unlink(missing_ok=True)
        return redirect(url_for("imports.one", job_id=job.id), 303)

    @blueprint.post("/<job_id>/stop")
    @may(Action.IMPORT)
    def stop(job_id: str) -> Response:
        """Stop an import that runs; what is in stays."""
        job = own(job_id)
        if job.state == "running":
            job.stop()
        return redirect(url_for("imports.one", job_id=job.id), 303)

    @blueprint.post("/<job_id>/undo")
    @may(Action.IMPORT)
    def undo(job_id: str) -> Response:
        """Take back what the import wrote: records that were edited or used since stay."""
        job = own(job_id)
        if job.state != "done" or not (job.result or {}).get("run"):
            raise Refusal(409, _("It is not known what this import wrote, or it has not ended yet."))
        if side_work.state(job, "undo") == "none":
            looked("import.undone", file=job.spec["name"])
            side_work.start(job, "undo")
        return redirect(url_for("imports.one", job_id=job.id), 303)

    @blueprint.post("/<job_id>/discard")
    @may(Action.IMPORT)
    def discard(job_id: str) -> Response:
        """The file goes, with what was refused of it: it holds case data. What was imported stays."""
        job = uploaded(job_id)
        if job.state == "running" or import_reading.state(job) == "running":
            raise Refusal(409, _("This import is running. Wait until it has ended."))
        shutil.rmtree(job.folder, ignore_errors=True)
        return redirect(url_for("imports.index", done="file-thrown-away"), 303)

    _add_refused_rows(blueprint)


def _add_refused_rows(blueprint: Blueprint) -> None:
    """The routes by which the rows that were refused are taken home."""

    @blueprint.get("/<job_id>/errors")
    @may(Action.IMPORT)
    def errors(job_id: str) -> Response:
        """The refused rows with their reasons."""
        job = own(job_id)
        if job.result is None or not job.path("errors.jsonl").exists():
            raise Refusal(404, _("No row was refused."))
        return _sent(job, import_views.error_file, "errors.csv", "text/csv")

    @blueprint.get("/<job_id>/refused")
    @may(Action.IMPORT)
    def refused(job_id: str) -> Response:
        """The refused rows as a file to correct."""
        job = own(job_id)
        if job.result is None or not import_views.gives_rows_back(job):
            raise Refusal(404, _("No row was refused."))
        return _sent(job, import_views.refused_rows, f"{_('refused')}.xlsx", MEDIA_TYPES["xlsx"])


def _sent(job: jobs.Job, make: Callable[[jobs.Job], BinaryIO], ending: str, media_type: str) -> Response:
    """A file made for whoever asks, in their language."""
    try:
        made = make(job)
    except (OSError, Unreadable) as error:
        raise Refusal(507, _("The file could not be saved: the disk is full. Call your technician.")) from error
    name = f"{Path(job.spec['name']).stem}-{ending}"
    return send_file(made, mimetype=media_type, as_attachment=True, download_name=name, max_age=0)
