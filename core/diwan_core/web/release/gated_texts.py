"""The texts of a record that leave only when they were released, and how each stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from diwan_core.dictionary import Field, RecordType
from diwan_core.leaving.marks import Piece, marked
from diwan_core.leaving.released import digest_of, is_released, releases_of
from diwan_core.register import Record
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import _


@dataclass(frozen=True)
class GatedText:
    """One text. `by` and `at` are those of its release; `changed` says that an earlier content was released."""

    path: str
    label: str
    digest: str
    pieces: list[Piece]
    released: bool
    changed: bool
    by: str
    at: str


def gated_texts(record_type: RecordType, record: Record) -> list[GatedText]:
    """All of a record that hold something, in the dictionary's order."""
    names = list(_names(record))
    return [_standing(record, path, label, value, names) for path, label, value in _texts(record_type, record.values)]


def text_at(record_type: RecordType, record: Record, path: str) -> str | None:
    """The gated text at a path as it stands; None where there is none."""
    return next((value for held, _label, value in _texts(record_type, record.values) if held == path), None)


def _standing(record: Record, path: str, label: str, value: str, names: list[str]) -> GatedText:
    digest = digest_of(value)
    releases = [release for _key, release in releases_of(record.values, path)]
    valid: Mapping[str, Any] = next((release for release in releases if release.get("digest") == digest), {})
    released = is_released(record.values, path, value)
    return GatedText(
        path=path,
        label=label,
        digest=digest,
        pieces=marked(value, names),
        released=released,
        changed=bool(releases) and not released,
        by=str(valid.get("by") or ""),
        at=str(valid.get("at") or ""),
    )


def _texts(record_type: RecordType, document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(path, label, text)."""
    for field in record_type.fields.values():
        if _is_gated(field) and isinstance(value := document.get(field.name), str):
            yield field.name, _(field.label), value
    for part in record_type.parts.values():
        held = document.get(part.name)
        entries = [(key, entry) for key, entry in held.items() if entry] if isinstance(held, Mapping) else []
        for number, (key, entry) in enumerate(entries, 1):
            for field in part.fields.values():
                if _is_gated(field) and isinstance(value := entry.get(field.name), str):
                    yield f"{part.name}.{key}.{field.name}", f"{_(part.label)} {number}: {_(field.label)}", value


def _is_gated(field: Field) -> bool:
    return field.leaves == "gated" and not field.repeated and not field.retired


def _names(record: Record) -> Iterator[str]:
    """Names of the record's own parties, as they were written and as their records have them."""
    for party in (record.values.get("party") or {}).values():
        if not isinstance(party, Mapping):
            continue
        if isinstance(party.get("name"), str):
            yield party["name"]
        linked = register().get(str(party["subject"])) if isinstance(party.get("subject"), str) else None
        if linked is not None:
            yield from (value for name, value in linked.values.items() if "name" in name and isinstance(value, str))
