"""Operations as people plan, fill and end them at the centre, by command or page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from diwan_core.dictionary.kinds import is_date
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.operations import (
    Operation,
    add_members,
    end_operation,
    operations,
    plan_operation,
    remove_members,
)
from diwan_core.trust import NodeKeys

from diwan_central.network.members import follow_records
from diwan_central.network.scopes import BadScope, confirmed_post


def known(folder: Path) -> list[tuple[Operation, list[str]]]:
    """Every operation with the labels of the posts that take part. Raises RegisterError."""
    with Register.open(folder) as register:
        nodes = ledger.load(register).nodes
        return [
            (one, [nodes[member.post].label if member.post in nodes else member.post for member in one.members])
            for one in operations(register.store)
        ]


def plan(folder: Path, code: str, name: str, first_day: str, last_day: str, coordinator: str, *, author: str) -> str:
    """Plan an operation; the id of its record. Raises BadScope, Refused, RegisterError."""
    if not (is_date(first_day) and is_date(last_day)):
        raise BadScope("An operation needs its first and its last day, each written as 2029-03-31.")
    with Register.open(folder, role="writer") as register:
        if any(one.code == code for one in operations(register.store)):
            raise BadScope(f"There is an operation with the code {code[:60]} already.")
        return plan_operation(register, code, name, first_day, last_day, coordinator, author=author)


def add(folder: Path, code: str, posts: Sequence[str], *, author: str) -> str:
    """Let posts, by ids or labels, take part in an operation; its scope. Raises BadScope, Refused, RegisterError."""

    def change(register: Register, one: Operation) -> None:
        facts = ledger.load(register)
        add_members(register, one, [confirmed_post(facts, post).node for post in posts], author=author)

    return _changed(folder, code, change)


def remove(folder: Path, code: str, posts: Sequence[str], *, author: str) -> str:
    """Let posts take part no longer; the scope. Raises BadScope, Refused, RegisterError."""

    def change(register: Register, one: Operation) -> None:
        named = {fact.label: fact.node for fact in ledger.load(register).nodes.values()}
        found = [named.get(post, post) for post in posts]
        if strangers := sorted(set(found) - {member.post for member in one.members}):
            raise BadScope(f"{', '.join(strangers)}: no member of {code}; see `diwan central operation list`")
        remove_members(register, one, found, author=author)

    return _changed(folder, code, change)


def end(folder: Path, code: str, *, author: str) -> str:
    """End an operation; its scope. Raises BadScope, Refused, RegisterError."""
    return _changed(folder, code, lambda register, one: end_operation(register, one, author=author))


def _changed(folder: Path, code: str, change: Callable[[Register, Operation], None]) -> str:
    with Register.open(folder, role="writer") as register:
        found = [one for one in operations(register.store) if code in (one.code, one.record)]
        if len(found) != 1:
            raise BadScope(f"{code[:60]!r} is no operation; see `diwan central operation list`")
        change(register, found[0])
        follow_records(folder, register, NodeKeys.load(folder))
    return found[0].scope
