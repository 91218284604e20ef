"""Puts several cases under one record, such as an operation: they are shown once more, each is changed by itself, and
it can be undone as long as nobody has changed them since."""

from typing import Any, Final

from flask import Blueprint, render_template, request

from diwan_core.register import Record
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.checks import after_change
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import Link, link_to, shows
from diwan_core.web.review.chosen_cases import Line, chosen_cases, line_of, save_each

blueprint = Blueprint("bulk_gathering", __name__, url_prefix="/selected/add")
MOST: Final = 50
"""Records that are offered to be added to, the ones changed last."""
FIELD: Final = CASE.gathered_by


@blueprint.post("")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def ask() -> str:
    """The chosen cases once more, and what they can be added to."""
    return _page("ask", [line_of(record) for record in chosen_cases()], [], _offered())


@blueprint.post("/do")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def add() -> str:
    """Add each of them that is as it was seen."""
    target = request.form.get("to", "")
    if target not in {link.id for link in _offered()}:
        raise Refusal(422, _("Choose one of the list."))
    return _page("done", *_save_each({record.id: target for record in chosen_cases()}), [])


@blueprint.post("/undo")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def undo() -> str:
    """Put each back to what it belonged to before."""
    before = {record.id: request.form.get(f"was.{record.id}", "") for record in chosen_cases()}
    if not {register().type_of(id) for id in before.values() if id} <= {None, *CASE.field(FIELD).targets}:
        raise Refusal(422, _("Choose one of the list."))
    return _page("undone", *_save_each(before), [])


def _save_each(targets: dict[str, str]) -> tuple[list[Line], list[Line]]:
    person = signed_in_person()

    def values(record: Record) -> dict[str, Any]:
        target = targets[record.id]
        # gathering corrects nothing
        return {FIELD: target if UUID.match(target) else None, **after_change(record, person, seen="")}

    return save_each(values)


def _offered() -> list[Link]:
    """The records that cases can be added to, the ones changed last first."""
    types = [name for name in CASE.field(FIELD).targets if shows(name)]
    rows = [row for name in types for row in register().find(name, limit=MOST)]
    links = [link_to(row.id) for row in sorted(rows, key=lambda row: -row.updated_ms)]
    return [link for link in links if link.state == "here"][:MOST]


def _page(step: str, lines: list[Line], left: list[Line], offered: list[Link]) -> str:
    what = _(CASE.field(FIELD).label)
    return render_template("review/gathering.html", step=step, lines=lines, left=left, offered=offered, what=what)
