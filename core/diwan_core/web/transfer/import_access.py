"""Checks of every page of an import: whose import it is, and whether it is still to be run."""

from __future__ import annotations

from diwan_core.intake.run import jobs
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _
from diwan_core.web.transfer import import_steps


def uploaded(job_id: str) -> jobs.Job:
    """An import of whoever asks, whose file may still be being read. Raises Refusal."""
    job = jobs.get(console().folder, job_id)
    if job is None or job.what != "import" or job.owner != signed_in_person().name:
        raise Refusal(404, _("There is no such import of yours. Upload the file again."))
    return job


def own(job_id: str) -> jobs.Job:
    """An import of whoever asks, whose file was read. Raises Refusal."""
    job = uploaded(job_id)
    if job.state == "open" and not job.spec.get("plan"):
        raise Refusal(409, _("The file is still being read. Wait until it has ended."))
    return job


def opened(job_id: str) -> jobs.Job:
    """… that has not been run. Raises Refusal."""
    job = own(job_id)
    if job.state != "open":
        raise Refusal(409, _("This import has been run. Upload the file again to import what was corrected."))
    return job


def settled(job: jobs.Job) -> jobs.Job:
    """… of which has been said what its columns are. Raises Refusal."""
    if not import_steps.is_settled(job):
        raise Refusal(409, _("First say what the columns are."))
    return job
