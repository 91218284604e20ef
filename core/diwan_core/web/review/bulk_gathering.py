"""Puts several cases under one record, such as an operation: they are shown once more, each is changed by itself, and
it can be undone as long as nobody has changed them since."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request

from diwan_core.register import Edit, Record, Refused
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.checks import after_change
from diwan_core.web.records.choosing import chosen_ids
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import Link, link_of, link_to, shows

blueprint = Blueprint("bulk_gathering", __name__, url_prefix="/selected/add")
MOST: Final = 50
"""Records that are offered to be added to, the ones changed last."""
FIELD: Final = CASE.gathered_by


@dataclass(frozen=True)
class Line:
    """One of the chosen cases. `seen` is the version it is shown in, `was` what it belonged to before."""

    id: str
    link: Link
    facts: tuple[str, ...]
    seen: str
    was: str
    problem: str = ""


@blueprint.post("")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def ask() -> str:
    """The chosen cases once more, and what they can be added to."""
    return _page("ask", [_line(record) for record in _records()], [], _offered())


@blueprint.post("/do")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def add() -> str:
    """Add each of them that is as it was seen."""
    target = request.form.get("to", "")
    if target not in {link.id for link in _offered()}:
        raise Refusal(422, _("Choose one of the list."))
    return _each({record.id: target for record in _records()}, "done")


@blueprint.post("/undo")
@may(Action.EDIT, shows="record.change", of=CASE.type)
def undo() -> str:
    """Put each back to what it belonged to before."""
    before = {record.id: request.form.get(f"was.{record.id}", "") for record in _records()}
    if not {register().type_of(id) for id in before.values() if id} <= {None, *CASE.field(FIELD).targets}:
        raise Refusal(422, _("Choose one of the list."))
    return _each(before, "undone")


def _each(targets: dict[str, str], then: str) -> str:
    done: list[Line] = []
    left: list[Line] = []
    for record in _records():
        problem, before = "", _held(record)
        if request.form.get(f"seen.{record.id}") != record.heads:
            problem = _("It was changed since you saw it. Open it and look again.")
        problem = problem or _save(record, targets[record.id])
        after = register().get(record.id) if not problem else None
        (left if problem else done).append(_line(after or record, before, problem))
    return _page(then, done, left, [])


def _save(record: Record, target: str) -> str:
    """Save it as one change; what kept it from being saved."""
    person = signed_in_person()
    values = {FIELD: target if UUID.match(target) else None, **after_change(record, person)}
    try:
        with console().writing() as reg:
            reg.save(
                [Edit(CASE.type, values, record=record.id, seen=record.heads)], author=person.name, role=person.role
            )
    except Refused as refused:
        return " ".join(str(problem.message) for problem in refused.problems)
    return ""


def _offered() -> list[Link]:
    """The records that cases can be added to, the ones changed last first."""
    types = [name for name in CASE.field(FIELD).targets if shows(name)]
    rows = [row for name in types for row in register().find(name, limit=MOST)]
    links = [link_to(row.id) for row in sorted(rows, key=lambda row: -row.updated_ms)]
    return [link for link in links if link.state == "here"][:MOST]


def _records() -> list[Record]:
    found = [register().get(id) for id in chosen_ids()]
    return [record for record in found if record is not None and record.type == CASE.type]


def _held(record: Record) -> str:
    return str(record.values.get(FIELD) or "")


def _line(record: Record, was: str = "", problem: str = "") -> Line:
    return Line(record.id, link_of(record), telling(record), record.heads, was, problem)


def _page(step: str, lines: list[Line], left: list[Line], offered: list[Link]) -> str:
    what = _(CASE.field(FIELD).label)
    return render_template("review/gathering.html", step=step, lines=lines, left=left, offered=offered, what=what)
