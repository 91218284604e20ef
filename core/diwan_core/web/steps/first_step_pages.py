"""The page on which a person begins a new record by its first step, such as a suspect file or a request."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import Field, Step
from diwan_core.register import Edit, Refused
from diwan_core.register.drafts import new_id
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.controls import Choice, Control, FormView, form_view
from diwan_core.web.forms.filled_form import NEW, Entry, Filled, Form, Section
from diwan_core.web.forms.layout import is_asked
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import shows
from diwan_core.web.records.readable import reads
from diwan_core.web.records.steps import first_steps

FRESH: Final = "_fresh"
"""The id of the record, made with the page: pressed twice on a slow line, it makes one."""
_CHOICES: Final = 100
"""Records that a reference may be led to at once: the newest."""


def first_step_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the page for a new record of a type that begins with a step."""
    blueprint = Blueprint(f"begin_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    def again(state: str) -> str:
        step = _offered(kind, state)
        return _page(kind, step, filled_form.read(_form(kind, step), request.form, language()), expired())

    @blueprint.get("/begin/<state>")
    @may(Action.READ_RECORDS, shows="record.step", of=kind.type, own=True)
    def ask(state: str) -> str:
        """Ask for what a new record of this type needs to begin."""
        step = _offered(kind, state)
        return _page(kind, step, filled_form.blank(_form(kind, step)))

    @blueprint.post("/begin/<state>")
    @may(Action.READ_RECORDS, shows="record.step", of=kind.type, own=True)
    @keeps_typing(again)
    def begin(state: str) -> Response | tuple[str, int]:
        """Make a new record of this type by its first step."""
        step = _offered(kind, state)
        fresh = _fresh()
        if fresh and register().type_of(fresh) is not None:
            return redirect(url_for("records.open", record=fresh, done="unchanged"), 303)  # pressed twice
        filled = filled_form.read(_form(kind, step), request.form, language())
        values: dict[str, Any] = {}
        minted: dict[str, str] = {}
        for entry in filled.form.entries:
            value = filled_form.get(filled.document, entry.path)
            if value is not None:
                filled_form.put(values, filled_form.minted_path(entry.path, minted), value)
        values |= {_machine(kind).field: state, "status": "submitted"}
        try:
            with console().writing() as reg:
                person = signed_in_person()
                edit = Edit(kind.type, values, record=fresh or None, create=bool(fresh))
                made = reg.save([edit], author=person.name, role=person.role).records[0]
        except Refused as refused:
            return _page(kind, step, filled.with_problems(refused.problems)), 422
        return redirect(url_for("records.open", record=made, done="stepped"), 303)

    return blueprint


def _fresh() -> str:
    """The id that the new record shall have; "" where the form has none."""
    sent = request.form.get(FRESH, "")
    return sent if UUID.match(sent) else ""


def _machine(kind: RecordKind) -> Any:
    return next(one for one in kind.record_type.machines if not one.part)


def _offered(kind: RecordKind, state: str) -> Step:
    """The first step to this state. Raises Refusal where it is none, or not this person's."""
    found = next((step for step in first_steps(kind) if step.state == state), None)
    if found is not None:
        return found
    step = _machine(kind).step("", state)
    if step is None:
        raise Refusal(404, _("There is no such step."))
    raise Refusal(403, _("You may not take this step: {step}.", step=_(step.label)))


def _form(kind: RecordKind, step: Step) -> Form:
    """What the step needs first; then what else may be said of a new one."""
    declared = kind.record_type
    needed = {name for need in step.needs for name in need}
    own = {name for name, field in declared.fields.items() if field.required} | needed
    later = {name for other in _machine(kind).steps for name in other.carries} - own
    parts = dict.fromkeys(name.partition(".")[0] for name in sorted(needed) if "." in name)
    first = [Entry(name, field) for name, field in declared.fields.items() if name in own]
    more = [
        entry
        for heading, fields in kind.sections()
        for entry in _own(kind, fields, "")
        if entry.field.name not in own | later and heading.name != "handling"
    ]
    sections = [Section("needed", "", tuple(first))]
    for part in parts:
        entries = tuple(_own(kind, declared.parts[part].fields.values(), f"{part}.{NEW}."))
        sections.append(Section(part, declared.parts[part].label, entries))
    return Form(declared, (*sections, Section("more", "", tuple(more))))


def _own(kind: RecordKind, fields: Any, before: str) -> Iterator[Entry]:
    """The fields that a page can ask without looking records up; those are led to afterwards."""
    for field in fields:
        if is_asked(kind, field, before) and field.kind != "reference":
            yield Entry(f"{before}{field.name}.{NEW}" if field.repeated else before + field.name, field)


def _choices(field: Field) -> tuple[Choice, ...]:
    """The newest records that a reference may be led to."""
    reg = register()
    found = [reg.get(id) for kind in field.targets if shows(kind) for id in reg.newest_ids(kind, _CHOICES)]
    return tuple(Choice(one.id, kind_of(one.type).title_of(one)) for one in found if one and one.values and reads(one))


def _view(filled: Filled, required: frozenset[str]) -> FormView:
    view = form_view(filled, required=required)
    led = {entry.path: entry.field for entry in filled.form.entries if entry.field.kind == "reference"}

    def shown(control: Control) -> Control:
        field = led.get(control.name)
        return control if field is None else replace(control, shape="select", choices=_choices(field))

    return replace(
        view,
        sections=tuple(replace(one, controls=tuple(map(shown, one.controls))) for one in view.sections),
    )


def _page(kind: RecordKind, step: Step, filled: Filled, problem: str = "") -> str:
    required = {entry.path for entry in filled.form.entries if entry.field.required}
    required |= {need[0] for need in step.needs if "." not in need[0]}
    return render_template(
        "steps/begin.html",
        kind=kind,
        title=kind.begin_words(step),
        form=_view(filled, frozenset(required)),
        hidden={FRESH: _fresh() or new_id()},
        action=_(step.label),
        problem=problem,
    )
