"""The commands `diwan step …`: which steps a record's state may take, and taking one, in the name of an account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diwan_core.console_line import folder_option, json_option, plain_errors, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from diwan_core.dictionary import RecordType, StateMachine, Step
    from diwan_core.register import Record, Register


@click.group("step")
def step_group() -> None:
    """Show the steps that a record's state may take, and take one."""


account_option = click.option(
    "--as", "account", required=True, help="The account that takes it; it gives its password."
)


@step_group.command("list")
@folder_option
@click.argument("record")
@json_option
@plain_errors
def list_steps(folder: Path, record: str, as_json: bool) -> None:
    """Show the states of RECORD, and for each next step who may take it and what it needs."""
    from diwan_core.register import Register
    from diwan_core.trust.access_log.at_machine import note_at_machine

    with Register.open(folder) as register:
        found, declared = _found(register, record)
        day = register.sure_day()
    note_at_machine(folder, "record.shown_by_command", record=record)
    lines, steps, states = [], [], {}
    for machine, key, holder in _states(found, declared):
        states[key] = machine.shown(holder, day.isoformat() if day else "")
        lines.append(f"{key}: {states[key] or 'none yet'}")
        for step in machine.steps_from(str(holder.get(machine.field) or "")):
            told = _facts(key, step, declared.name)
            needs = f"; needs {', '.join(told['needs'])}" if told["needs"] else ""
            who = ", ".join(told["roles"]) or "the node itself"
            lines.append(f"  {step.state}: {step.label}; at {', '.join(told['nodes'])}; by {who}{needs}")
            steps.append(told)
    say(as_json, "\n".join(lines), record=record, states=states, steps=steps, conflicts=sorted(found.conflicts))


def _facts(key: str, step: Step, type: str) -> dict[str, Any]:
    from diwan_core import roles

    return {
        "state": key,
        "to": step.state,
        "label": step.label,
        "nodes": sorted(step.origins),
        "roles": [role for role in roles.ROLES if roles.allowed_one(role, step.by, type)],
        "needs": [" or ".join(need) for need in step.needs],
    }


@step_group.command("take")
@folder_option
@account_option
@click.argument("record")
@click.argument("state")
@click.option("--of", "part", default="", help="The part whose state it is, such as task.1.")
@click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="What the step needs.")
@json_option
@plain_errors
def take(folder: Path, account: str, record: str, state: str, part: str, given: tuple[str, ...], as_json: bool) -> None:
    """Bring RECORD to STATE. The same rules hold as in the console: of role, node, and what the step needs."""
    from diwan_core.accounts_at_machine import note_as, proven_actor
    from diwan_core.register import Edit, Refused, Register
    from diwan_core.roles import Action, allowed

    actor = proven_actor(folder, account)
    with Register.open(folder, role="writer") as register:
        found, declared = _found(register, record)
        if not allowed(actor.role, Action.READ_RECORDS, found.type):
            raise click.ClickException(f"the role {actor.role} may not read this record")
        machine, key, _holder = _one(found, declared, part)
        values: dict[str, Any] = {}
        for name, value in [*(_pair(one) for one in given), (machine.field, state)]:
            _put(values, f"{part}.{name}" if part else name, value)
        try:
            register.save(
                [Edit(found.type, values, record=record, seen=found.heads)], author=actor.name, role=actor.role
            )
        except Refused as error:
            raise click.ClickException(" ".join(problem.message for problem in error.problems)) from error
    note_as(folder, actor, "step.taken_by_command", record=record, state=f"{key} {state}")
    say(as_json, f"{record}: {key} is {state}", record=record, state=state)


def _found(register: Register, record: str) -> tuple[Record, RecordType]:
    from diwan_core.dictionary import DICTIONARY

    found = register.get(record)
    if found is None:
        raise click.ClickException(f"there is no record {record} in this register: check its id with `diwan search`")
    declared = DICTIONARY.type(found.type)
    if not declared.machines:
        raise click.ClickException(f"records of the type {found.type} have no steps")
    return found, declared


def _states(found: Record, declared: RecordType) -> Iterator[tuple[StateMachine, str, dict[str, Any]]]:
    for machine in declared.machines:
        if not machine.part:
            yield machine, machine.field, dict(found.values)
        for id, part in (found.values.get(machine.part) or {}).items() if machine.part else ():
            yield machine, f"{machine.part}.{id}.{machine.field}", dict(part)


def _one(found: Record, declared: RecordType, part: str) -> tuple[StateMachine, str, dict[str, Any]]:
    for machine, key, holder in _states(found, declared):
        if key == (f"{part}.{machine.field}" if part else machine.field):
            return machine, key, holder
    raise click.ClickException(f"the record has no {part or 'state of its own'}")


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise click.UsageError(f"{text!r} is not FIELD=VALUE")
    return name, value


def _put(values: dict[str, Any], path: str, value: str) -> None:
    *steps, last = path.split(".")
    for step in steps:
        values = values.setdefault(step, {})
    values[last] = value
