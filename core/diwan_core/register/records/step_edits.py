"""Steps of states in an edit made here: what goes with them, and whether they may be taken."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from diwan_core.dictionary import Problem, RecordType
from diwan_core.dictionary.state_machine import NONE, Step
from diwan_core.register.records import merge
from diwan_core.register.records.ancestors import Ancestors
from diwan_core.register.records.authority import role_problems
from diwan_core.register.records.steps import Before, Change, Taker, denied_steps, may_be_all, states_set

Values = Mapping[str, Any]


def of_new_record(declared: RecordType, rest: Values, nominal: Values, taker: Taker) -> list[Problem]:
    """What is wrong with the states of a new record, and whether the person may make it."""
    problems: list[Problem] = []
    if taker.role and not may_be_all(declared, rest, nominal, creating=True, before=_new):
        problems += role_problems(declared, rest, taker.role, creating=True)
    if declared.machines:
        problems += [one.problem for one in denied_steps(declared, Change(rest, nominal, True, _new), taker)]
    return problems


def _new(_: str) -> Before:
    return (NONE,)


def of_edit(
    connection: sqlite3.Connection,
    declared: RecordType,
    record: str,
    seen: Values,
    state: merge.State,
    tree: merge.Tree,
    halves: tuple[Values, Values],
    taker: Taker,
) -> list[Problem]:
    """What is wrong with the states that an edit sets, and whether the person may make it."""
    rest, nominal = halves
    before = Ancestors(connection, record, seen, tree, lambda: state)
    problems: list[Problem] = []
    if taker.role and not may_be_all(declared, rest, nominal, creating=False, before=before.states):
        problems += role_problems(declared, rest, taker.role, creating=False)
    if declared.machines:
        change = Change(rest, nominal, False, before.states, before.authors)
        problems += [one.problem for one in denied_steps(declared, change, taker)]
    return problems


def with_steps(declared: RecordType, values: Values, present: Values, contested: Values) -> Values:
    """The values of an edit with what its steps need and the record says already, and without states that stay as they
    are beside other values."""
    if not declared.machines:
        return values
    made: dict[str, Any] = {
        name: {id: dict(fields) if isinstance(fields, Mapping) else fields for id, fields in value.items()}
        if name in declared.parts and isinstance(value, Mapping)
        else value
        for name, value in values.items()
    }
    for taken in list(states_set(declared, made)):
        machine = taken.machine
        held, target = present, made
        if machine.part:
            held = (present.get(machine.part) or {}).get(taken.part) or {}
            target = made[machine.part][taken.part]
        if target is None:
            continue
        now = held.get(machine.field)
        if taken.after == now and taken.key not in contested and len(target) > 1:
            del target[machine.field]
            continue
        step = machine.step(now if isinstance(now, str) else NONE, str(taken.after))
        if step is not None:
            _add_needs(step, machine.reason, target, held)
            if machine.reason and machine.reason not in target and held.get(machine.reason) is not None:
                target[machine.reason] = None  # it was that of the step before
    return made


def _add_needs(step: Step, reason: str, target: dict[str, Any], held: Values) -> None:
    for need in step.needs:
        names = [name for name in need if "." not in name and name != reason]
        if any(target.get(name) is not None for name in names):
            continue
        for name in names:
            if name not in target and held.get(name) is not None:
                target[name] = held[name]
                break
