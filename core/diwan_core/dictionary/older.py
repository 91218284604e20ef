"""The dictionary as it was at an earlier version, which is what a node with an older release knows.

Record types are only added; fields, codes and rules are added or retired, so their marks (`since`, `retired`, `until`)
say what an earlier version held. A code list that was added decides nothing until a field uses it.

A row is judged by the dictionary it was written with (`dictionary_of`), so that every node, older or newer, finds the
same."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from .catalogue import Dictionary
from .field import Field, FieldGroup
from .record import Part, RecordDeclaration

Member = Field | FieldGroup | Part

FIRST_RELEASED: Final = 3
"""The dictionary of release 0.1.0: no node judges by an earlier one."""


@cache
def as_of(dictionary: Dictionary, version: int) -> Dictionary:
    """The dictionary as it was at `version`; made once. Raises ValueError for a version that never existed."""
    if version == dictionary.version:
        return dictionary
    if not 1 <= version < dictionary.version:
        raise ValueError(f"there is no dictionary {version}: this release has 1 to {dictionary.version}")
    types = [_type(record, version) for record in dictionary.declarations.values() if record.since <= version]
    return Dictionary(version, types, [codes.as_of(version) for codes in dictionary.lists.values()])


@cache
def dictionary_of(dictionary: Dictionary, version: int) -> Dictionary:
    """The dictionary that judges rows written with `version`: its own, of those that were ever released. Made once."""
    known = max(version, FIRST_RELEASED)
    return dictionary if known >= dictionary.version else as_of(dictionary, known)


def added_since(dictionary: Dictionary, version: int) -> dict[str, frozenset[str]]:
    """By record type, the names that a document of it holds only if it holds something that `version` did not know: of
    its fields and parts, and of fields of parts that were there. Types without any are left out."""
    found: dict[str, frozenset[str]] = {}
    for name, record in dictionary.types.items():
        if record.since > version:  # a row of a type that was not known waited, and is judged again
            continue
        names: set[str] = {item.name for item in record.fields.values() if item.since > version}
        for part in record.parts.values():
            fields = {item.name for item in part.fields.values() if item.since > version}
            names |= {part.name} if len(fields) == len(part.fields) else fields
        if names:
            found[name] = frozenset(names)
    return found


def _type(record: RecordDeclaration, version: int) -> RecordDeclaration:
    members = tuple(_members(record.members, version))
    held = {(part, item.name) for part, item in record.every_field() if item.since <= version}
    short = tuple(
        one if one.asked_only <= version else replace(one, asked_only=0, when=())
        for one in record.short_form
        if one.since <= version and (one.part, one.name) in held
    )
    flagged = {(one.part, one.name) for one in short}
    rules = tuple(
        replace(rule, until=0) for rule in record.rules if rule.since <= version and not 0 < rule.until <= version
    )
    machines = tuple(machine for machine in record.machines if machine.since <= version)
    scopes = tuple(said for said in record.scopes if said.since <= version)
    members = _with_short(members, flagged, "")
    return replace(record, members=members, short_form=short, rules=rules, machines=machines, scopes=scopes)


def _with_short(members: Iterable[Member], short: set[tuple[str, str]], part: str) -> tuple[Any, ...]:
    """The members with the mark of the short form on those that stand in it."""
    made: list[Member] = []
    for member in members:
        match member:
            case Field():
                made.append(replace(member, short=(part, member.name) in short))
            case FieldGroup():
                made.append(replace(member, fields=_with_short(member.fields, short, part)))
            case Part():
                made.append(replace(member, members=_with_short(member.members, short, member.name)))
    return tuple(made)


def _as_it_was(item: Field, version: int) -> Field:
    since, pattern = item.narrower
    return replace(
        item,
        retired=0 if item.retired > version else item.retired,
        pattern=pattern if since > version else item.pattern,
        narrower=(0, "") if since > version else item.narrower,
    )


def _members(members: Iterable[Member], version: int) -> Iterator[Member]:
    for member in members:
        match member:
            case Field():
                if member.since <= version:
                    yield _as_it_was(member, version)
            case FieldGroup():
                fields = [field for field in _members(member.fields, version) if isinstance(field, Field)]
                if len(fields) > 1:
                    needs = [pair for pair in member.needs if set(pair) <= {field.name for field in fields}]
                    yield FieldGroup(member.name, tuple(fields), tuple(needs))
                else:
                    yield from (replace(field, group="") for field in fields)
            case Part():
                inner = [item for item in _members(member.members, version) if not isinstance(item, Part)]
                if inner:
                    yield replace(member, members=tuple(inner))
