"""Asking what a step of a record's state needs, and taking it: what every page that offers steps has in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from diwan_core.register import Edit, Record, Refused
from diwan_core.register.records.steps import may_step
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.controls import form_view
from diwan_core.web.forms.filled_form import NEW, Entry, Filled, Form, Section
from diwan_core.web.forms.full_form import ID
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.steps import Offer, offers_of, places_of, taker_here

SEEN: Final = "seen"
FRESH: Final = "_fresh"
"""The id of the part that the step makes, made with the page: pressed twice on a slow line, it makes one."""


@dataclass(frozen=True)
class Stand:
    """Where a record's steps are offered: what the record is called there, and the address of that page; `url` takes
    what was done, to be said there ("" for nothing)."""

    called: str
    url: Callable[[str], str]


def ask_step(record: Record, at: str, state: str, stand: Stand) -> str:
    """The page that asks for what a step needs."""
    offer = _offered(record, at, state)
    filled = filled_form.shown(_form(record, offer), _without_reason(record, offer), language())
    return _page(record, offer, filled, stand)


def ask_again(record: Record, at: str, state: str, stand: Stand) -> str:
    """The same page with what was typed, where the form was too old to be taken."""
    offer = _offered(record, at, state)
    filled = filled_form.read(_form(record, offer), request.form, language())
    return _page(record, offer, filled, stand, expired())


def take_step(record: Record, at: str, state: str, stand: Stand) -> Response | tuple[str, int]:
    """Take a step with what was typed; the way back, or the page that says what is missing."""
    if at not in record.conflicts and any(place.key == at and place.now == state for place in places_of(record)):
        return redirect(stand.url("unchanged"), 303)  # pressed twice
    offer = _offered(record, at, state)
    filled = filled_form.read(_form(record, offer), request.form, language())
    if request.form.get(SEEN) != record.heads:
        problem = _("Somebody changed the record in the meantime. Look at it again.")
        return _page(record, offer, filled, stand, problem), 409
    values: dict[str, Any] = {}
    minted: dict[str, str] = {}
    for path in (*(entry.path for entry in filled.form.entries), offer.place.key):
        value = state if path == offer.place.key else filled_form.get(filled.document, path)
        if value is not None or NEW not in path.split("."):
            filled_form.put(values, filled_form.minted_path(path, minted, _fresh()), value)
    try:
        with console().writing() as reg:
            edit = Edit(record.type, values, record=record.id, seen=record.heads)
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    except Refused as refused:
        return _page(record, offer, filled.with_problems(refused.problems), stand), 422
    return redirect(stand.url("stepped"), 303)


def _fresh() -> str:
    fresh = request.form.get(FRESH, "")
    return fresh if ID.match(fresh) else ""


def _offered(record: Record, at: str, state: str) -> Offer:
    """The step to this state. Raises Refusal where it is none, or not this person's."""
    for offer in offers_of(record):
        if offer.place.key == at and offer.step.state == state:
            return offer
    record_type = kind_of(record.type).record_type
    for place in places_of(record):
        step = place.machine.step(place.now, state) if place.key == at else None
        if step is not None and not may_step(record_type, step, taker_here()):
            raise Refusal(403, _("You may not take this step: {step}.", step=_(step.label)))
    raise Refusal(409, _("The record has changed its state, and this step is no longer possible. Open it again."))


def _form(record: Record, offer: Offer) -> Form:
    record_type, place = kind_of(record.type).record_type, offer.place
    fields = record_type.parts[place.machine.part].fields if place.machine.part else record_type.fields
    entries = tuple(Entry(place.before + name, fields[name]) for name in offer.asks)
    return Form(record_type, (Section("step", "", entries),))


def _without_reason(record: Record, offer: Offer) -> Mapping[str, Any]:
    """The record's values without the reason of the step before: each has its own."""
    return {name: value for name, value in record.values.items() if name != offer.place.machine.reason}


def _page(record: Record, offer: Offer, filled: Filled, stand: Stand, problem: str = "") -> str:
    place = offer.place
    needed = frozenset(place.before + name for need in offer.step.needs for name in need)
    return render_template(
        "steps/step.html",
        back=stand.url(""),
        title=offer.label,
        called=stand.called,
        label=_(place.field.label),
        before=place.shown(place.now),
        after=place.shown(offer.step.state),
        ends=offer.step.ends,
        form=form_view(filled, required=needed),
        hidden={SEEN: record.heads, FRESH: _fresh() or part_id()},
        action=_(offer.step.label),
        problem=problem,
    )
