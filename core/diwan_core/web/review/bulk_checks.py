"""Validates several cases at once: they are shown once more, each is checked by itself as on its own page, and what was
validated can be undone as long as nobody has changed it since."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, render_template, request

from diwan_core.register import Edit, Record, Refused
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.checks import RESUBMITTED, VALIDATED, entry_of, last_said, why_not_validated
from diwan_core.web.records.choosing import chosen_ids
from diwan_core.web.records.links import Link, link_of

blueprint = Blueprint("bulk_checks", __name__, url_prefix="/check/selected")
CHANGED: Final = N_("It was changed since you saw it. Open it and look again.")


@dataclass(frozen=True)
class Line:
    """One of the chosen cases. `seen` is the version it is shown in, `problem` why nothing is done with it."""

    id: str
    link: Link
    facts: tuple[str, ...]
    seen: str
    problem: str = ""


@blueprint.post("")
@may(Action.REVIEW, shows="record.check")
def ask() -> str:
    """The chosen cases once more, before they are validated."""
    lines = [_line(record, why_not_validated(record)) for record in _records(chosen_ids())]
    return _page("ask", [line for line in lines if not line.problem], [line for line in lines if line.problem])


@blueprint.post("/validate")
@may(Action.REVIEW, shows="record.check")
def validate() -> str:
    """Validate each of them that is as it was seen."""
    return _each(VALIDATED, "validated", why_not_validated, "done")


@blueprint.post("/undo")
@may(Action.REVIEW, shows="record.check")
def undo() -> str:
    """Take the validation of each back, unless somebody changed it since: it waits to be checked again."""
    return _each(RESUBMITTED, "submitted", _why_not_undone, "undone", _("The validation was undone."))


def _each(decision: str, status: str, why_not: Callable[[Record], str], then: str, comment: str = "") -> str:
    done: list[Line] = []
    left: list[Line] = []
    for record in _records(chosen_ids()):
        problem = why_not(record) if request.form.get(f"seen.{record.id}") == record.heads else _(CHANGED)
        problem = problem or _save(record, {"status": status, **entry_of(decision, comment)})
        after = register().get(record.id) if not problem else None
        (left if problem else done).append(_line(after or record, problem))
    return _page(then, done, left)


def _save(record: Record, values: Mapping[str, Any]) -> str:
    """Save a decision as one change; what kept it from being saved."""
    person = signed_in_person()
    try:
        with console().writing() as reg:
            edit = Edit(CASE.type, values, record=record.id, seen=record.heads)
            reg.save([edit], author=person.name, role=person.role)
    except Refused as refused:
        return " ".join(str(problem.message) for problem in refused.problems)
    return ""


def _why_not_undone(record: Record) -> str:
    held = last_said(record) or {}
    mine = held.get("decision") == VALIDATED and held.get("by") == signed_in_person().name
    return "" if record.values.get("status") == "validated" and mine else _("You did not validate it.")


def _records(ids: Iterable[str]) -> list[Record]:
    found = [register().get(id) for id in ids]
    return [record for record in found if record is not None and record.type == CASE.type]


def _line(record: Record, problem: str) -> Line:
    return Line(record.id, link_of(record), telling(record), record.heads, problem)


def _page(step: str, lines: list[Line], left: list[Line]) -> str:
    return render_template("review/bulk.html", step=step, lines=lines, left=left)
