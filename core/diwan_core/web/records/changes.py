"""The history of a record in words: who changed what and when, and the versions that contradict each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.register import Alternative, HistoryEntry, Record
from diwan_core.web.language.i18n import _
from diwan_core.web.records.display import Fact, Shown, facts, show


@dataclass(frozen=True)
class Version:
    """One of the values a contested group of fields has."""

    facts: tuple[Fact, ...]
    entry: Alternative


@dataclass(frozen=True)
class Contested:
    label: str
    versions: tuple[Version, ...]
    is_state: bool = False
    """Whether it is a state, of which the earliest counts."""


def contested_of(record: Record) -> list[Contested]:
    """The conflicts of a record as a person reads them."""
    record_type = DICTIONARY.type(record.type)
    found = []
    for key, alternatives in record.conflicts.items():
        steps = key.split(".")
        part = record_type.parts.get(steps[0])
        level = part if part is not None else record_type
        name = steps[2] if part is not None and len(steps) > 2 else steps[0]
        fields = [field for field in level.fields.values() if (field.group or field.name) == name]
        if part is not None and len(steps) == 2:
            label, versions = _(part.label), tuple(Version((), alternative) for alternative in alternatives)
        else:
            label = _(fields[0].label) if fields else key
            if part is not None:
                label = f"{labelled(record_type, '.'.join(steps[:2]), record.values)[0]}: {label}"
            versions = tuple(
                Version(tuple(facts(fields, _as_document(fields, alternative.value), "", frozenset())), alternative)
                for alternative in alternatives
            )
        is_state = record_type.machine(name, part.name if part is not None else "") is not None
        found.append(Contested(label, versions, is_state))
    return found


def _as_document(fields: Sequence[Field], value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    return {fields[0].name: value} if fields and value is not None else {}


@dataclass(frozen=True)
class Change:
    """A field's step in the history; `before` and `after` are None where there was or is nothing."""

    label: str
    before: Shown | None
    after: Shown | None


def changes_of(record_type: RecordType, entry: HistoryEntry, values: Mapping[str, Any]) -> list[Change]:
    """The changes of one entry of the history, field by field; `values` is what the record holds now."""
    found = []
    for path, (before, after) in entry.changes.items():
        label, field = labelled(record_type, path, values)
        if field is None:
            found.append(Change(label, None, None))
            continue
        was, now = (None if value is None else show(field, value) for value in (before, after))
        found.append(Change(label, was, now))
    return found


def labelled(record_type: RecordType, path: str, values: Mapping[str, Any]) -> tuple[str, Field | None]:
    """The words for a path ("Goods 1: Quantity") and its field; None for one our dictionary does not know. A part is
    numbered as the record's page numbers it; one that is gone by the beginning of its id."""
    steps = path.split(".")
    part = record_type.parts.get(steps[0])
    if part is not None and len(steps) >= 2:
        number = _number(values.get(steps[0]), steps[1])
        field = part.fields.get(steps[2]) if len(steps) > 2 else None
        return f"{_(part.label)} {number}" + (f": {_(field.label)}" if field else ""), field
    field = record_type.fields.get(steps[0])
    return (_(field.label) if field else steps[0]), field


def _number(held: Any, id: str) -> str:
    ids = sorted(held, key=lambda other: (len(other), other)) if isinstance(held, Mapping) else []
    return str(ids.index(id) + 1) if id in ids else id if id.isdigit() else f"({id[-4:]})"


def authors_of(record: Record) -> list[tuple[str, str]]:
    """(author, origin) of whoever wrote the versions of a record's conflicts."""
    return list(
        dict.fromkeys((version.author, version.origin) for held in record.conflicts.values() for version in held)
    )
