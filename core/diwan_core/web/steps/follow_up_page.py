"""The page *Follow-up*: each kind of record that people pass on, how many are in which state, and what can be begun."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, url_for

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.kit.template_context import may as may_open
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.readable import readable
from diwan_core.web.records.steps import first_steps

blueprint = Blueprint("follow_up", __name__)
navigation: Final = NavigationItem("follow_up.index", lambda: _("Follow-up"), 14)


@dataclass(frozen=True)
class Count:
    """How many records of a kind stand in a state; `late`: the day of it has gone by."""

    label: str
    count: int
    url: str
    late: bool


@dataclass(frozen=True)
class Line:
    """A kind of record, its records by state, and the first steps that this person may take."""

    label: str
    url: str
    counts: tuple[Count, ...]
    conflicts: int
    begin: tuple[tuple[str, str], ...]


def followed() -> list[RecordKind]:
    """The kinds whose records have states and pages here, in order."""
    return [
        kind
        for kind in KINDS.values()
        if kind.does(Action.READ_RECORDS) and any(not one.part for one in kind.record_type.machines)
    ]


@blueprint.get("/follow-up")
@may(Action.READ_RECORDS, shows="record.list")
def index() -> str:
    """What somebody still has to act on, by kind and state."""
    lines = [_line(kind) for kind in followed() if may_open(f"{kind.type}.index")]
    return render_template("steps/follow_up.html", lines=lines)


def _line(kind: RecordKind) -> Line:
    machine = next(one for one in kind.record_type.machines if not one.part)
    field, listed = kind.record_type.fields[machine.field], kind.index == "list"
    late = machine.clock.state if machine.clock is not None else ""
    codes, list_of = DICTIONARY.codes(field.codelist), f"{kind.type}.index"
    found = _states(kind)

    def url(state: str) -> str:
        return f"{url_for(list_of)}?{urlencode({machine.field: state})}" if listed else url_for(list_of)

    counts = tuple(Count(codes.label(one, language()), count, url(one), one == late) for one, count in found.items())
    begin = (
        (kind.begin_words(step), url_for(f"begin_{kind.type}.ask", state=step.state)) for step in first_steps(kind)
    )
    conflicts = register().matching(kind.type, readable(kind.type, {"conflicts": True}), "-updated")
    return Line(_(kind.plural), url_for(list_of), counts, conflicts, tuple(begin))


def _states(kind: RecordKind) -> dict[str, int]:
    """How many records stand in each state, of those that this person may read."""
    if signed_in_person().may(Action.READ_RECORDS, kind.type):
        return register().states(kind.type)
    machine = next(one for one in kind.record_type.machines if not one.part)
    counted = {
        one: register().matching(kind.type, readable(kind.type, {machine.field: one}), "-updated")
        for one in machine.order
    }
    return {state: count for state, count in counted.items() if count}
