"""The steps of a record's states: those that the person at the browser may take, and who may take the others."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diwan_core import roles
from diwan_core.dictionary import Field, StateMachine, Step
from diwan_core.dictionary.state_machine import NONE
from diwan_core.register import Record
from diwan_core.register.records.steps import Taker, may_step
from diwan_core.web.forms.filled_form import NEW
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.role_labels import role_name
from diwan_core.web.language.i18n import _
from diwan_core.web.records.changes import labelled
from diwan_core.web.records.display import Shown, show


@dataclass(frozen=True)
class Place:
    """A state of a record: its key ("state", "task.1.state"), its machine and field, and what it is now."""

    key: str
    machine: StateMachine
    field: Field
    now: str

    @property
    def before(self) -> str:
        """Where the part's fields stand in the document: "task.1.", or "" for the record's own."""
        return self.key.removesuffix(self.machine.field)

    def shown(self, state: str) -> Shown:
        """A state as a person reads it."""
        return show(self.field, state) if state else Shown(_("none yet"), "text")


@dataclass(frozen=True)
class Elsewhere:
    """A step that this person may not take: what it is, and who may, where."""

    label: str
    who: str


@dataclass(frozen=True)
class Offer:
    """A step that is offered, or one of several states that stand beside each other. `asks`: the fields that are asked
    with it; `direct`: none is, and nothing ends."""

    place: Place
    step: Step
    label: str
    asks: tuple[str, ...] = ()

    @property
    def direct(self) -> bool:
        return not (self.asks or self.step.ends)


def places_of(record: Record) -> Iterator[Place]:
    """The states of a record and of its parts, and of one more part."""
    record_type = kind_of(record.type).record_type
    for machine in record_type.machines:
        if not machine.part:
            yield _place(machine, machine.field, record_type.fields[machine.field], record.values)
            continue
        field = record_type.parts[machine.part].fields[machine.field]
        for id, part in sorted((record.values.get(machine.part) or {}).items()):
            yield _place(machine, f"{machine.part}.{id}.{machine.field}", field, part)
        yield Place(f"{machine.part}.{NEW}.{machine.field}", machine, field, NONE)


def _place(machine: StateMachine, key: str, field: Field, holder: object) -> Place:
    now = holder.get(machine.field) if isinstance(holder, dict) else None
    return Place(key, machine, field, now if isinstance(now, str) else NONE)


def offers_of(record: Record) -> list[Offer]:
    """The steps that this person may take from where the record stands."""
    record_type, taker = kind_of(record.type).record_type, taker_here()
    found: list[Offer] = []
    for place in places_of(record):
        steps = [step for step in place.machine.steps_from(place.now) if may_step(record_type, step, taker)]
        leads = Counter(label for label, _state in {(step.label, step.state) for step in place.machine.steps})
        part = _part_of(record, place)
        for version in record.conflicts.get(place.key, ()):
            state = str(version.value)
            chosen = next((step for step in place.machine.steps if step.state == state), None)
            into = place.machine.steps_to(state, taker.node)
            if chosen is not None and any(may_step(record_type, step, taker) for step in into):
                found.append(Offer(place, chosen, part + _("Choose: {state}", state=place.shown(state).text)))
        for step in steps:
            to = f": {place.shown(step.state).text}" if leads[step.label] > 1 else ""
            found.append(Offer(place, step, f"{part}{_(step.label)}{to}", tuple(_asked(step))))
    return found


def elsewhere_of(record: Record) -> list[Elsewhere]:
    """The steps from where the record stands that other people may take, and this person may not."""
    record_type, taker = kind_of(record.type).record_type, taker_here()
    found: dict[str, Elsewhere] = {}
    for place in places_of(record):
        if place.key.startswith(f"{place.machine.part}.{NEW}.") or place.now == NONE:
            continue
        for step in place.machine.steps_from(place.now):
            if not step.by or may_step(record_type, step, taker):
                continue
            held = {role for action in step.by for role in roles.holders(action, record.type)}
            at = {taker.node} if taker.node in step.origins else step.origins
            who = ", ".join(role_name(name) for name, role in roles.ROLES.items() if name in held and role.at & at)
            if taker.node not in step.origins:
                who = _("at the centre: {roles}", roles=who) if "central" in step.origins else _("by the partner")
            label = _part_of(record, place) + _(step.label)
            found.setdefault(label, Elsewhere(label, who))
    return list(found.values())


def _part_of(record: Record, place: Place) -> str:
    if not place.before or place.before.endswith(f".{NEW}."):
        return ""
    return f"{labelled(kind_of(record.type).record_type, place.before[:-1], record.values)[0]}: "


def first_steps(kind: RecordKind) -> list[Step]:
    """The steps with which this person may begin a new record of a type."""
    taker, declared = taker_here(), kind.record_type
    machine = next((one for one in declared.machines if not one.part), None)
    return [step for step in machine.steps_from(NONE) if may_step(declared, step, taker)] if machine else []


def shown_by_clock(kind: RecordKind, values: Mapping[str, Any]) -> Shown | None:
    """The state of a record that follows from the day; None where it is the one that is written."""
    for machine in kind.record_type.machines:
        if machine.part or machine.clock is None:
            continue
        state = machine.shown(values, sure_day())
        if state not in (NONE, values.get(machine.field)):
            return show(kind.record_type.fields[machine.field], state)
    return None


def sure_day() -> str:
    """The day by a clock that is sure of it, as year-month-day, else ""."""
    day = register().sure_day()
    return day.isoformat() if day else ""


def _asked(step: Step) -> Iterator[str]:
    """The fields that are asked with a step, as far as they stand beside the state."""
    for name in (*(name for need in step.needs for name in need), *step.asks):
        if "." not in name:
            yield name


def taker_here() -> Taker:
    """The person at the browser, at this node."""
    person = signed_in_person()
    return Taker(console().node.role, person.role, person.name)
