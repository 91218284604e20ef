"""Which scopes a record belongs to, by what stands in it: a unit, one post, an operation, or those of another record.

A pure function of the fields that its type declares for it (`ScopeField`)."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from .record import RecordDeclaration, ScopeField

NATIONAL: Final = "national"
UNITS: Final = "unit-"
POSTS: Final = "post-"
OPERATIONS: Final = "op-"
"""How the names of scopes of units, of single posts and of operations begin."""
_UNIT: Final = re.compile(r"[a-z0-9](-?[a-z0-9]){0,15}")
_NODE: Final = re.compile(r"[a-z2-7]{13}")
_RECORD: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Scopes(NamedTuple):
    """What the values of a record say. `named`: scopes; `records`: ids of records whose scopes it has; `with_maker`:
    whether it belongs to the units of the post that made it too. It does where it names nothing else."""

    named: frozenset[str]
    records: tuple[str, ...]
    with_maker: bool


def scope_of_unit(code: str) -> str | None:
    """The scope of the unit with this code; None where no unit can have it."""
    unit = code.strip().lower()
    return UNITS + unit if _UNIT.fullmatch(unit) else None


def scope_of_post(node: str) -> str | None:
    """The scope of one post, by its node's id; None where that is none."""
    return POSTS + node if _NODE.fullmatch(node) else None


def scope_of_operation(record: str) -> str | None:
    """The scope of an operation, by the id of its record; None where that is none."""
    return OPERATIONS + record if _RECORD.fullmatch(record) else None


_OF: Final = {"unit": scope_of_unit, "post": scope_of_post, "operation": scope_of_operation}


def names_one_post(declared: RecordDeclaration) -> bool:
    """Whether records of a type can name one post as their reader, or belong to a record that can."""
    return any(said.names in ("post", "record") for said in declared.scopes)


def scopes_of(declared: RecordDeclaration, record: str, values: Mapping[str, Any]) -> Scopes:
    """Which scopes the record with this id and these values belongs to: one that names a post to no other than this
    post's, whatever unit or operation it names beside."""
    named: set[str] = set()
    records: list[str] = []
    with_maker = True
    for said in declared.scopes:
        found = _said(said, record, values.get(said.field))
        if found is None:
            continue
        if said.names == "record":
            records.append(found)
        else:
            named.add(found)
        with_maker = with_maker and said.beside
    posts = {scope for scope in named if scope.startswith(POSTS)}
    return Scopes(frozenset(posts or named), tuple(records), with_maker)


def _said(said: ScopeField, record: str, value: object) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    if said.names == "itself":
        return scope_of_operation(record)
    return value if said.names == "record" else _OF[said.names](value)
