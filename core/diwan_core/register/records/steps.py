"""The rules about steps of a state: which a change takes, and whether its node and its person may take it.

A step is judged from the versions that its change names, never from what stands in the record now, so that every node
finds the same whatever has arrived there (ADR 52). One function judges for the register's door and for admission."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from diwan_core import roles
from diwan_core.dictionary import (
    DICTIONARY,
    N_,
    CodeTerm,
    Either,
    Parameter,
    Problem,
    RecordType,
    StateMachine,
    Step,
    Term,
    problem,
)
from diwan_core.dictionary.state_machine import NONE

Half = Mapping[str, Any]
_Words = Mapping[str, Parameter]
_NODES: Final[Mapping[str, str]] = {"post": N_("post"), "central": N_("centre"), "gateway": N_("gateway")}


class Missing(Enum):
    """Why a version says no state."""

    UNKNOWN = "it is not held here, or its values were erased"
    REFUSED = "it was refused, is of another record, or does not set this state"


Before = Sequence[str | Missing]
"""The states of the versions that a change names; NONE where a version has no state yet."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A step that may not be taken: the problem for whoever asked for it, and the reason that is kept, which names no
    value but codes of the dictionary."""

    problem: Problem
    why: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change as far as its steps go. `nominal` is None where that half is not here to be judged; `before` gives the
    states of the versions that it names at a key, `author_before` who wrote them."""

    rest: Half
    nominal: Half | None
    creating: bool
    before: Callable[[str], Before]
    author_before: Callable[[str], frozenset[str]] = lambda key: frozenset()


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes the steps: a kind of node ("post", "central", "gateway"), and at a console the person with their role;
    no role: a program's own work, a command at the machine, or another node's row."""

    node: str
    role: str = ""
    author: str = ""

    @property
    def corrects(self) -> bool:
        """Whether it may set any state: the commands of the centre, which take back and bring in what was."""
        return self.node == "central" and not self.role


@dataclass(frozen=True, slots=True)
class Taken:
    """One state that a change sets: its key, the id of its part, and its new value."""

    machine: StateMachine
    key: str
    part: str
    after: object


def denied_steps(declared: RecordType, change: Change, taker: Taker) -> list[Denied]:
    """Why a change may not set the states it sets; [] when it may."""
    if taker.corrects:
        return []
    found = [
        denied for taken in states_set(declared, change.rest) for denied in _denied(declared, taken, change, taker)
    ]
    for machine in declared.machines:
        if taker.node in machine.says and change.rest.get(machine.field) is None:
            template = N_("{field}: every change by a {node} says it.")
            said = problem(machine.path, "step", template, field=_label(declared, machine), node=_node(taker.node))
            found.append(Denied(said, f"{machine.path}: every change by a {taker.node} says it"))
    return found


def states_set(declared: RecordType, rest: Half) -> Iterator[Taken]:
    """The states that the plain half of a change sets or clears."""
    for machine in declared.machines:
        if not machine.part:
            if machine.field in rest:
                yield Taken(machine, machine.field, "", rest[machine.field])
            continue
        parts = rest.get(machine.part)
        for part, fields in parts.items() if isinstance(parts, Mapping) else ():
            if fields is None or (isinstance(fields, Mapping) and machine.field in fields):
                after = None if fields is None else fields[machine.field]
                yield Taken(machine, f"{machine.part}.{part}.{machine.field}", part, after)


def may_step(declared: RecordType, step: Step, taker: Taker) -> bool:
    """Whether a node, and a person where one is named, may take a step at all."""
    if taker.corrects:
        return True
    if taker.node not in step.origins:
        return False
    return not taker.role or roles.allowed_one(taker.role, step.by, declared.name)


def may_be_all(
    declared: RecordType, rest: Half, nominal: Half, *, creating: bool, before: Callable[[str], Before]
) -> bool:
    """Whether a change sets nothing but states and what goes with their steps: whoever may take these may write it. The
    step to a first state makes the record."""
    allowed: dict[str, set[str]] = {}
    for taken in states_set(declared, rest):
        machine, after = taken.machine, str(taken.after)
        states = before(taken.key)
        step = machine.step(_from(machine, states), after)
        steps = [step] if step is not None else [one for one in machine.steps if one.state == after in states]
        if steps:
            carried = {machine.field, machine.reason}.union(*(one.carries for one in steps))
            allowed.setdefault(machine.part, set()).update(carried)
    if creating:
        return "" in allowed and rest.get("status") in (None, "draft", "submitted")
    for half in (rest, nominal):
        for name, value in half.items():
            inner = allowed.get(name)
            if inner is not None and isinstance(value, Mapping):
                if not all(isinstance(fields, Mapping) and set(fields) <= inner for fields in value.values()):
                    return False
            elif name not in allowed.get("", ()):
                return False
    return bool(allowed)


def _from(machine: StateMachine, before: Before) -> str:
    return machine.earliest([state for state in before if isinstance(state, str)] or [NONE])


def _denied(declared: RecordType, taken: Taken, change: Change, taker: Taker) -> list[Denied]:
    machine, after = taken.machine, taken.after
    field, path = _label(declared, machine), machine.path
    if after is None:
        template = N_("{field}: a state cannot be removed. Take a step to another one.")
        return [Denied(problem(taken.key, "step", template, field=field), f"{path}: it cannot be removed")]
    before = change.before(taken.key)
    if not before or Missing.REFUSED in before:
        template = N_("{field}: the change builds on a version that does not belong to it. Open the record again.")
        return [Denied(problem(taken.key, "step", template, field=field), f"{path}: it builds on no version of it")]
    codes = DICTIONARY.codes(_field(declared, machine).codelist)
    to, state = str(after), _from(machine, before)
    names: _Words = {
        "field": field,
        "after": CodeTerm(codes, to),
        "before": CodeTerm(codes, state) if state else _nothing(),
    }
    where = f"{path}: from {state or 'none'} to {to}"
    if Missing.UNKNOWN in before or to in before:  # no step, or from where is not known: who may say this at all?
        steps = machine.steps_to(to, taker.node)
        if not steps:
            return [_other_node(taken, names, taker, f"{path}: to {to}")]
        if taker.role and not any(may_step(declared, step, taker) for step in steps):
            return [_other_role(declared, taken, steps, names, taker)]
        return []
    step = machine.step(state, to)
    if step is None:
        onward = [CodeTerm(codes, one.state) for one in machine.steps_from(state)]
        if not onward:
            template = N_("{field}: no step leads from {before} to {after}.")
            return [Denied(problem(taken.key, "step", template, **names), f"{where}: there is no such step")]
        template = N_("{field}: no step leads from {before} to {after}, only to {onward}.")
        said = problem(taken.key, "step", template, **names, onward=Either(tuple(onward)))
        return [Denied(said, f"{where}: there is no such step")]
    if taker.node not in step.origins:
        return [_other_node(taken, names, taker, where)]
    if taker.role and not may_step(declared, step, taker):
        return [_other_role(declared, taken, [step], names, taker)]
    if taker.role and step.other and taker.author in change.author_before(taken.key):
        template = N_("{field}: whoever took the step before cannot take the one from {before} to {after}.")
        return [Denied(problem(taken.key, "step", template, **names), f"{where}: by the same person")]
    return [_needed(declared, taken, step, need) for need in step.needs if not _carried(taken, need, change)]


def _other_node(taken: Taken, names: _Words, taker: Taker, where: str) -> Denied:
    template = N_("{field}: a {node} may not set it to {after}; ask the centre.")
    said = problem(taken.key, "step", template, field=names["field"], after=names["after"], node=_node(taker.node))
    return Denied(said, f"{where}: a {taker.node} may not take this step")


def _other_role(declared: RecordType, taken: Taken, steps: Sequence[Step], names: _Words, taker: Taker) -> Denied:
    held = {name for step in steps for action in step.by for name in roles.holders(action, declared.name)}
    holders = ", ".join(name for name in roles.ROLES if name in held)
    template = N_("{field}: the role {role} may not set it to {after}. Ask: {holders}.")
    said = problem(
        taken.key, "step", template, field=names["field"], after=names["after"], role=taker.role, holders=holders or "-"
    )
    return Denied(said, f"{taken.machine.path}: the role may not take this step")


def _carried(taken: Taken, need: Sequence[str], change: Change) -> bool:
    """Whether a change says one of these. What the nominal half would say is taken as said where it is not here, and a
    part is asked for only of a new record."""
    halves = [change.rest] if change.nominal is None else [change.rest, change.nominal]
    for name in need:
        part, _, inner = name.partition(".")
        if inner and not change.creating:
            return True
        for half in halves:
            holder: Any = half.get(taken.machine.part, {}).get(taken.part) if taken.machine.part else half
            if inner:
                parts = half.get(part)
                if isinstance(parts, Mapping) and any(
                    isinstance(fields, Mapping) and fields.get(inner) is not None for fields in parts.values()
                ):
                    return True
            elif isinstance(holder, Mapping) and holder.get(name) is not None:
                return True
    return change.nominal is None


def _needed(declared: RecordType, taken: Taken, step: Step, need: Sequence[str]) -> Denied:
    first = need[0]
    part, _, inner = first.partition(".")
    if inner:
        missing, path = declared.parts[part].fields[inner], f"{part}.new.{inner}"
    else:
        holder = declared.parts[taken.machine.part] if taken.machine.part else declared
        missing, path = holder.fields[first], ".".join((*taken.key.split(".")[:-1], first))
    words = {"needed": Term(missing.label), "step": Term(step.label)}
    template = N_("{needed} is needed for the step “{step}”. Fill it in.")
    if len(need) > 1:
        template = N_("{needed}, or another field that says the same, is needed for the step “{step}”. Fill one in.")
    said = problem(path, "step", template, **words)
    return Denied(said, f"{taken.machine.path}: to {taken.after}: {first} is needed and missing")


def _label(declared: RecordType, machine: StateMachine) -> Term:
    return Term(_field(declared, machine).label)


def _field(declared: RecordType, machine: StateMachine) -> Any:
    return (declared.parts[machine.part] if machine.part else declared).fields[machine.field]


def _node(role: str) -> Term:
    return Term(_NODES.get(role, N_("node")))


def _nothing() -> Term:
    return Term(N_("none yet"))
