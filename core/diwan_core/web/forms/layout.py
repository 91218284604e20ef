"""The forms of the dictionary's fields: the short form, the form of one heading, the form of one part.

The dictionary says what exists, the kind of a record (`web.kinds`) what stands together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from diwan_core.dictionary import Condition, Field, RecordType, ShortField
from diwan_core.dictionary.national import address_order
from diwan_core.web.forms.filled_form import NEW, Entry, Form, Section
from diwan_core.web.kinds.kind import SET_ELSEWHERE, Heading, RecordKind
from diwan_core.web.kinds.registry import KINDS, kind_of
from diwan_core.web.language.formats import national


def sections_of(record_type: RecordType) -> list[tuple[Heading, list[Field]]]:
    """The record's own fields under the headings of its kind, every field once."""
    return kind_of(record_type.name).sections()


def in_national_order(fields: Iterable[Field]) -> list[Field]:
    """The fields of a part; those of an address in the order in which the country writes one."""
    listed = list(fields)
    if not any(field.formatted == "address" for field in listed):
        return listed
    order = address_order(national()["address_form"])
    places = [place for place, field in enumerate(listed) if field.name in order]
    written = sorted((listed[place] for place in places), key=lambda field: order.index(field.name))
    for place, field in zip(places, written, strict=True):
        listed[place] = field
    return listed


def short_form(record_type: RecordType, defaults: Mapping[str, str]) -> Form:
    """The short form: what a report needs, in the order the dictionary gives. `defaults` are by path in the short form.

    A part asked for under several roles (the legs of departure and of destination) becomes one part for each role;
    what is asked of such a part without a role goes to its first."""
    kind = kind_of(record_type.name)
    entries: list[Entry] = []
    places: dict[tuple[str, str], str] = {}
    for short in record_type.short_form:
        if not short.part:
            field = record_type.fields[short.name]
            entries.append(_entry(kind, short, short.name, field, defaults))
            continue
        part = record_type.parts[short.part]
        role = short.role or next((role for name, role in places if name == short.part), "")
        if (short.part, role) not in places:
            number = 1 + sum(1 for name, _ in places if name == short.part)
            places[short.part, role] = f"{short.part}.{number}"
            if role:
                entries.append(Entry(f"{short.part}.{number}.role", part.fields["role"], default=role, asked=False))
        place = places[short.part, role]
        entries.append(_entry(kind, short, f"{place}.{short.name}", part.fields[short.name], defaults))
    return Form(record_type, (Section("short", "", tuple(entries)),))


def _entry(kind: RecordKind, short: ShortField, path: str, field: Field, defaults: Mapping[str, str]) -> Entry:
    standing = path in kind.standing
    default = defaults.get(short.path, kind.standing.get(path, ""))
    label = kind.short_labels.get(short.path, "")
    return Entry(path, field, label, default, when=_placed(short.when, path), standing=standing)


def _placed(when: tuple[Condition, ...], path: str) -> tuple[Condition, ...]:
    """The conditions with those on a field of the same part naming the path of its control."""
    part, _, rest = path.partition(".")
    id = rest.partition(".")[0]
    return tuple(
        replace(one, field=f"{part}.{id}.{one.field.partition('.')[2]}") if one.field.startswith(f"{part}.") else one
        for one in when
    )


def when_asked(kind: RecordKind, path: str) -> tuple[Condition, ...]:
    """When the full form of a kind asks for what stands at a path."""
    steps = path.split(".")
    name = f"{steps[0]}.{steps[2]}" if steps[0] in kind.record_type.parts else steps[0]
    return _placed(kind.relevant.get(name, ()), path)


def section_form(record_type: RecordType, name: str, document: Mapping[str, Any]) -> Form | None:
    """The form for the fields under one heading; None when there is no such heading."""
    for heading, fields in sections_of(record_type):
        if heading.name == name:
            entries = tuple(_own_entries(kind_of(record_type.name), fields, document, ""))
            return Form(record_type, (Section(name, heading.label, entries),)) if entries else None
    return None


def part_form(record_type: RecordType, part_name: str, part_id: str, document: Mapping[str, Any]) -> Form | None:
    """The form for one part of a record, `part_id` NEW for one more; None when the record has no such part."""
    part = record_type.parts.get(part_name)
    if part is None or part_name in kind_of(record_type.name).parts_set_elsewhere:
        return None
    held = document.get(part_name) or {}
    if part_id != NEW and part_id not in held:
        return None
    fields = in_national_order(part.fields.values())
    before = f"{part_name}.{part_id}."
    entries = tuple(_own_entries(kind_of(record_type.name), fields, held.get(part_id) or {}, before))
    return Form(record_type, (Section(part_name, part.label, entries),))


def is_asked(kind: RecordKind, field: Field, before: str) -> bool:
    """Whether a form asks for a field, of the part whose fields stand at `before`: a reference to records that have
    pages, and every kind a person can type. A state changes by its steps."""
    if field.retired or field.kind == "sha256" or field.name in SET_ELSEWHERE:
        return False
    if kind.record_type.machine(field.name, before.partition(".")[0]) is not None:
        return False
    return field.kind != "reference" or not KINDS.keys().isdisjoint(field.targets)


def _own_entries(kind: RecordKind, fields: Iterable[Field], holder: Mapping[str, Any], before: str) -> Iterable[Entry]:
    for field in fields:
        if not is_asked(kind, field, before):
            continue
        if not field.repeated:
            yield Entry(before + field.name, field, when=when_asked(kind, before + field.name))
            continue
        for element in (*(holder.get(field.name) or {}), NEW):
            path = f"{before}{field.name}.{element}"
            yield Entry(path, field, when=when_asked(kind, path))
