"""The full form of a record: every heading and every part, several parts of a kind, references as look-ups."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from diwan_core.dictionary import Field, RecordType
from diwan_core.register.drafts import Rows
from diwan_core.web.forms import filled_form, values
from diwan_core.web.forms.filled_form import NEW, Entry, Form, Section
from diwan_core.web.forms.layout import in_national_order, is_asked, sections_of, short_form, when_asked
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import kind_of

ID: Final = re.compile(r"[a-z0-9]{1,13}\Z", re.ASCII)
MOST_ROWS: Final = 60
"""Parts of one kind a form shows; a record may have more, which are then changed one by one."""


def wide_form(record_type: RecordType, rows: Rows, paths: Collection[str]) -> Form:
    """The full form with these parts; `paths` are what is or was in it, for the elements of repeated fields."""
    sections = [
        Section(heading.name, heading.label, tuple(_entries(kind_of(record_type.name), fields, "", paths)))
        for heading, fields in sections_of(record_type)
    ]
    for part in kind_of(record_type.name).parts():
        for id in rows.get(part.name, ()):
            before = f"{part.name}.{id}."
            fields = in_national_order(part.fields.values())
            entries = tuple(_entries(kind_of(record_type.name), fields, before, paths))
            sections.append(Section(f"{part.name}.{id}", part.label, entries))
    return Form(record_type, tuple(section for section in sections if section.entries))


def _entries(kind: RecordKind, fields: Iterable[Field], before: str, paths: Collection[str]) -> Iterable[Entry]:
    for field in fields:
        if not is_asked(kind, field, before):
            continue
        stem = before + field.name
        if not field.repeated:
            yield Entry(stem, field, when=when_asked(kind, stem))
            continue
        begin = stem + "."
        elements = [path[len(begin) :] for path in paths if path.startswith(begin)]
        for element in (*(e for e in sorted(elements, key=_order) if ID.match(e) and e != NEW), NEW):
            yield Entry(f"{stem}.{element}", field, when=when_asked(kind, f"{stem}.{element}"))


def _order(id: str) -> tuple[int, str]:
    return len(id), id


def form_of(
    record_type: RecordType, shape: str, rows: Rows, paths: Collection[str], usual: Mapping[str, str] | None = None
) -> Form:
    """The form of a shape: "short" or "wide"; `usual` are the values of the short form that go without saying."""
    if shape != "short":
        return wide_form(record_type, rows, paths)
    form = short_form(record_type, usual or {})
    return Form(form.record_type, tuple(_said_only(section, paths) for section in form.sections))


def _said_only(section: Section, typed: Collection[str]) -> Section:
    """A section without what is shown only where it says something itself, such as the number of a paper form, and says
    nothing."""
    said = {path for path, text in typed.items() if text.strip()} if isinstance(typed, Mapping) else set[str]()
    kept = [one for one in section.entries if one.path in said or all(need.field != one.path for need in one.when)]
    return replace(section, entries=tuple(kept))


def rows_of(record_type: RecordType, document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The parts a record has, in the order a form shows them."""
    return {
        part.name: tuple(sorted(document.get(part.name) or {}, key=_order))[:MOST_ROWS]
        for part in kind_of(record_type.name).parts()
    }


def typed_of(record_type: RecordType, document: Mapping[str, Any], language: str) -> dict[str, str]:
    """The texts that the full form of a record has in its controls at first."""
    paths = [path for path, _ in _leaves(document, "")]
    form = wide_form(record_type, rows_of(record_type, document), paths)
    return {
        entry.path: values.typed(entry.field, filled_form.get(document, entry.path), language)
        for entry in form.entries
        if not entry.path.endswith(f".{NEW}")
    }


def _leaves(document: Mapping[str, Any], before: str) -> Iterable[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{before}{name}.")
        else:
            yield before + name, value


def grown(record_type: RecordType, typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The full form of a filled short form: the same texts, with the roles of its parts written out."""
    whole = dict(typed)
    rows: dict[str, tuple[str, ...]] = {part.name: () for part in kind_of(record_type.name).parts()}
    for entry in short_form(record_type, {}).entries:
        if not entry.asked:
            whole.setdefault(entry.path, entry.default)
        steps = entry.path.split(".")
        of_use = whole.get(entry.path, "").strip() or entry.fits(whole)
        if of_use and len(steps) > 1 and steps[1] not in rows[steps[0]]:
            rows[steps[0]] = (*rows[steps[0]], steps[1])
    return whole, rows


def settled(typed: Mapping[str, str]) -> dict[str, str]:
    """The texts with each further element of a repeated field under an id of its own."""
    found: dict[str, str] = {}
    for path, text in typed.items():
        stem, _, last = path.rpartition(".")
        if last != NEW:
            found[path] = text
        elif text.strip():
            found[f"{stem}.{part_id()}"] = text
    return found


def altered(record_type: RecordType, filled: filled_form.Filled, base: Mapping[str, str]) -> filled_form.Document:
    """The values that a form changes: only the groups that say something else than the form did at first, so that
    what others changed in the meantime is not taken back."""
    groups = {filled_form.group_path(record_type, path) for path in filled_form.touched(filled, base)}
    found: filled_form.Document = {}
    for entry in filled.form.entries:
        value = filled_form.get(filled.document, entry.path)
        new = value is None and entry.path not in base
        if filled_form.group_path(record_type, entry.path) in groups and not new:
            filled_form.put(found, entry.path, value)
    return found


def removal(part: Mapping[str, Any]) -> filled_form.Document:
    """A part with each of its values cleared: what removes it."""
    return {name: dict.fromkeys(value) if isinstance(value, Mapping) else None for name, value in part.items()}
