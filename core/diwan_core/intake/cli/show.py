"""Records, lists and the dictionary as text for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import wraps
from typing import Any, Final, ParamSpec

from diwan_core.dictionary import DICTIONARY, Field, RecordType, UnknownCodeList, UnknownType
from diwan_core.intake.run.flat_cells import cell
from diwan_core.register import HistoryEntry, ListRow, Record, Stamp

P = ParamSpec("P")


def moment(stamp: Stamp) -> str:
    """The author's local time with its offset: "2026-11-22 17:05 +03:00"; "?" for one that no calendar has."""
    try:
        zone = timezone(timedelta(minutes=stamp.offset_minutes)) if stamp.offset_minutes else UTC
        return datetime.fromtimestamp(stamp.utc_ms / 1000, zone).isoformat(" ", "minutes")
    except (ValueError, OverflowError, OSError):
        return "?"


def _printable(lines_of: Callable[P, Iterator[str]]) -> Callable[P, Iterator[str]]:
    """Lines for a terminal, in which a sign that other nodes wrote, and that the terminal would obey, is replaced."""

    @wraps(lines_of)
    def printable(*args: P.args, **kwargs: P.kwargs) -> Iterator[str]:
        for line in lines_of(*args, **kwargs):
            yield "".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in line)

    return printable


HALVES: Final = {1: "everything but what names people", 2: "what names people", 3: "all of it"}
"""What the law can erase of a record."""


@_printable
def record_lines(record: Record) -> Iterator[str]:
    """A record, label by label."""
    yield f"{record.type} {record.id}"
    yield f"  created {moment(record.created)} by {record.author} at {record.origin}; updated {moment(record.updated)}"
    yield f"  {_STANDING.get(record.standing, record.standing)}"
    declared = _type(record.type)
    parts = declared.parts if declared else {}
    fields = declared.fields if declared else {}
    places = {name: place for place, name in enumerate([*fields, *parts])}
    for name, value in sorted(record.values.items(), key=lambda item: places.get(item[0], len(places))):
        if name in parts and isinstance(value, dict):
            for part_id, content in value.items():
                yield f"  {parts[name].label} {part_id}"
                for inner, item in content.items() if isinstance(content, dict) else ():
                    yield from _field(parts[name].fields.get(inner), inner, item, "    ")
        else:
            yield from _field(fields.get(name), name, value, "  ")
    for key, alternatives in record.conflicts.items():
        yield f"  CONFLICT in {key}: {len(alternatives)} values stand side by side; the one with the mark is shown"
        for other in alternatives:
            mark = "*" if other.shown else " "
            yield f"    {mark} {other.value} ({moment(other.when)}, {other.author} at {other.origin})"


_STANDING = {
    "here": "only at this node so far",
    "stored": "stored at the centre",
    "safe": "safe: in verified backups of the centre",
}


def _type(name: str) -> RecordType | None:
    try:
        return DICTIONARY.type(name)
    except UnknownType:
        return None


def _field(field: Field | None, name: str, value: object, indent: str) -> Iterator[str]:
    if value is None:
        return
    label = field.label if field else name
    if isinstance(value, dict):
        yield f"{indent}{label}: {', '.join(_value(field, item) for item in value.values() if item is not None)}"
    else:
        text = _value(field, value)
        yield f"{indent}{label}: {text.replace(chr(10), chr(10) + indent + '  ')}"


def _value(field: Field | None, value: object) -> str:
    text = cell(value)
    if field is None or field.kind != "code":
        return text
    try:
        label = DICTIONARY.codes(field.codelist).label(text)
    except UnknownCodeList:
        return text
    return text if label == text else f"{label} ({text})"


@_printable
def history_lines(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    """Every change of a record, oldest first."""
    for number, entry in enumerate(entries, 1):
        ref = "/".join(map(str, entry.ref))
        yield f"{number}. {moment(entry.when)} {entry.author} at {entry.origin} ({entry.standing}, {ref})"
        for path, (before, after) in sorted(entry.changes.items()):
            old, new = (cell(value) or "–" for value in (before, after))
            yield f"   {path}: {new}" if number == 1 else f"   {path}: {old} → {new}"


@_printable
def row_lines(rows: Sequence[ListRow]) -> Iterator[str]:
    """One line for each record found: type, id, and its listed columns."""
    for row in rows:
        columns = "  ".join(f"{name}={cell(value)}" for name, value in row.columns.items() if value not in (None, ""))
        yield f"{row.type}  {row.id}  {columns}"


def row_json(row: ListRow) -> dict[str, Any]:
    return {"id": row.id, "type": row.type, "columns": row.columns, "conflicts": row.conflicts}


def type_lines(declared: RecordType) -> Iterator[str]:
    """The fields of a type: name, kind, flags, label."""
    yield f"{declared.name}: {declared.label} (written by {', '.join(sorted(declared.authority))})"
    yield from _field_lines(declared.fields, "  ")
    for part in declared.parts.values():
        yield f"  {part.name}: {part.label}"
        yield from _field_lines(part.fields, "    ")


def _field_lines(fields: Mapping[str, Field], indent: str) -> Iterator[str]:
    for field in fields.values():
        yield f"{indent}{field.name:24} {_kind(field):32} {flags(field):30} {field.label}"


def _kind(field: Field) -> str:
    if field.codelist:
        return f"{field.kind} of {field.codelist}"
    return f"{field.kind} to {'/'.join(field.targets)}" if field.targets else field.kind


def flags(field: Field) -> str:
    """The flags of a field in words, such as "nominal short"."""
    names = ("nominal", "short", "required", "repeated", "listed", "searchable")
    return " ".join(name for name in names if getattr(field, name)) + (f" in {field.group}" if field.group else "")


def type_json(declared: RecordType) -> dict[str, Any]:
    """A type for programs."""

    def described(fields: Mapping[str, Field]) -> dict[str, Any]:
        return {
            field.name: {
                "kind": field.kind,
                "label": field.label,
                "codelist": field.codelist or None,
                "targets": list(field.targets),
                "group": field.group or None,
                "flags": flags(field).split(" in ")[0].split(),
            }
            for field in fields.values()
        }

    return {
        "name": declared.name,
        "label": declared.label,
        "authority": sorted(declared.authority),
        "fields": described(declared.fields),
        "parts": {
            part.name: {"label": part.label, "fields": described(part.fields)} for part in declared.parts.values()
        },
    }
