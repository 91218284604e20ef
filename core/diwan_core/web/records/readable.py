"""Which records the person at the browser may read: by the table of roles (`diwan_core.roles`), and where a role reads
only what it made, by who made the record."""

from collections.abc import Mapping
from typing import Any

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Record
from diwan_core.register.search.coded_filter import ONLY
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action

DEEPEST = 20
"""Records that belong to each other, one behind the other. What belongs to still more of them is read by nobody."""


def reads(record: Record) -> bool:
    """Whether this person may read a record. What belongs to another record, as a picture does, is read by whoever
    reads that one."""
    if not signed_in_person().may(Action.READ_RECORDS, record.type):
        return _is_own(record)
    return _reads_holder(record, ())


def reads_id(id: str) -> bool:
    """The same by the id of a record; a record that is not here keeps nobody from anything. None is read that this
    person may not read."""
    return _reads_id(id, ())


def _reads_holder(record: Record, before: tuple[str, ...]) -> bool:
    """Whether this person may read what a record belongs to. `before`: what belongs to the record, step by step."""
    holder = record.values.get(kind_of(record.type).belongs_to)
    if not isinstance(holder, str) or holder in (*before, record.id):
        return True
    return len(before) < DEEPEST and _reads_id(holder, (*before, record.id))


def _reads_id(id: str, before: tuple[str, ...]) -> bool:
    person, type = signed_in_person(), register().type_of(id)
    if type is None:
        return True
    if person.may(Action.READ_RECORDS, type):
        if not kind_of(type).belongs_to:
            return True
        held = register().get(id)
        return held is None or _reads_holder(held, before)
    if not person.may_own(Action.READ_RECORDS, type) or id not in register().made_by(type, person.name):
        return False
    record = register().get(id)
    return record is not None and _is_own(record)


def hidden_types() -> list[str]:
    """The types of which this person may not read every record."""
    person = signed_in_person()
    return [name for name in DICTIONARY.types if not person.may(Action.READ_RECORDS, name)]


def readable(type: str, where: Mapping[str, Any]) -> dict[str, Any]:
    """The filters of a list, narrowed to what this person may read of a type."""
    person = signed_in_person()
    if person.may(Action.READ_RECORDS, type):
        return dict(where)
    own = register().made_by(type, person.name) if person.may_own(Action.READ_RECORDS, type) else []
    return {**where, ONLY: [id for id in own if id in where.get(ONLY, own)]}


def _is_own(record: Record) -> bool:
    person = signed_in_person()
    return (
        person.may_own(Action.READ_RECORDS, record.type)
        and record.origin == console().node.id
        and record.author == person.name
    )
