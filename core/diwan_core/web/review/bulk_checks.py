"""Validates several cases at once: they are shown once more, each is checked by itself as on its own page, and what was
validated can be undone as long as nobody has changed it since."""

from flask import Blueprint, render_template

from diwan_core.register import Record
from diwan_core.web.kit.access import may
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.checks import RESUBMITTED, VALIDATED, entry_of, last_said, why_not_validated
from diwan_core.web.review.chosen_cases import Line, chosen_cases, line_of, save_each

blueprint = Blueprint("bulk_checks", __name__, url_prefix="/check/selected")


@blueprint.post("")
@may(Action.REVIEW, shows="record.check")
def ask() -> str:
    """The chosen cases once more, before they are validated."""
    lines = [line_of(record, why_not_validated(record)) for record in chosen_cases()]
    return _page("ask", [line for line in lines if not line.problem], [line for line in lines if line.problem])


@blueprint.post("/validate")
@may(Action.REVIEW, shows="record.check")
def validate() -> str:
    """Validate each of them that is as it was seen."""
    done, left = save_each(lambda _record: {"status": "validated", **entry_of(VALIDATED, "")}, why_not_validated)
    return _page("done", done, left)


@blueprint.post("/undo")
@may(Action.REVIEW, shows="record.check")
def undo() -> str:
    """Take the validation of each back, unless somebody changed it since: it waits to be checked again."""
    comment = _("The validation was undone.")
    done, left = save_each(lambda _record: {"status": "submitted", **entry_of(RESUBMITTED, comment)}, _why_not_undone)
    return _page("undone", done, left)


def _why_not_undone(record: Record) -> str:
    held = last_said(record) or {}
    mine = held.get("decision") == VALIDATED and held.get("by") == signed_in_person().name
    return "" if record.values.get("status") == "validated" and mine else _("You did not validate it.")


def _page(step: str, lines: list[Line], left: list[Line]) -> str:
    return render_template("review/bulk.html", step=step, lines=lines, left=left)
