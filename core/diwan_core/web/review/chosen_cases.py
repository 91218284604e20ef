"""Changes the cases that were chosen in a list, each by itself as on its own page; what somebody changed since it was
seen is left as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from diwan_core.register import Edit, Record, Refused
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _, said
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.choosing import chosen_ids
from diwan_core.web.records.links import Link, link_of


@dataclass(frozen=True)
class Line:
    """One of the chosen cases. `seen` is the version it is shown in, `problem` why nothing is done with it, and `was`
    what it belonged to before it was changed."""

    id: str
    link: Link
    facts: tuple[str, ...]
    seen: str
    problem: str = ""
    was: str = ""


def line_of(record: Record, problem: str = "", was: str = "") -> Line:
    """The line of a case."""
    return Line(record.id, link_of(record), telling(record), record.heads, problem, was)


def chosen_cases() -> list[Record]:
    """The cases that were chosen; a refusal where none was, or too many."""
    found = [register().get(id) for id in chosen_ids()]
    return [record for record in found if record is not None and record.type == CASE.type]


def belongs_to(record: Record) -> str:
    """The id of the record that a case is gathered under; "" where there is none."""
    return str(record.values.get(CASE.gathered_by) or "")


def save_each(
    values: Callable[[Record], Mapping[str, Any]], why_not: Callable[[Record], str] = lambda _record: ""
) -> tuple[list[Line], list[Line]]:
    """Give each of the chosen cases its new values as one change: those that have them now, and those left as they
    are."""
    done: list[Line] = []
    left: list[Line] = []
    for record in chosen_cases():
        if request.form.get(f"seen.{record.id}") != record.heads:
            problem = _("It was changed since you saw it. Open it and look again.")
        else:
            problem = why_not(record) or _save(record, values(record))
        after = register().get(record.id) if not problem else None
        (left if problem else done).append(line_of(after or record, problem, belongs_to(record)))
    return done, left


def _save(record: Record, values: Mapping[str, Any]) -> str:
    """Save it; what kept it from being saved."""
    person = signed_in_person()
    try:
        with console().writing() as reg:
            edit = Edit(CASE.type, values, record=record.id, seen=record.heads)
            reg.save([edit], author=person.name, role=person.role)
    except Refused as refused:
        return " ".join(said(problem) for problem in refused.problems)
    return ""
