"""Hints that a record may be there already. They are shown with links and never stop anybody."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary.folding import alike_identifier, fold_identifier
from diwan_core.register import Record
from diwan_core.trust.access_log.events import event
from diwan_core.web.kinds.kind import Identifier, RecordKind
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access_log import note_reads
from diwan_core.web.kit.console import register, shown_view
from diwan_core.web.language.i18n import _

MOST: Final = 8
LOOKED_AT: Final = 40
"""Records read for one question: a hint is worth a moment, not a wait."""


@dataclass(frozen=True)
class Hint:
    """A record that may be the same, and why."""

    record: str
    title: str
    reasons: tuple[str, ...]


def similar_to(type_name: str, document: Mapping[str, Any], subject: str) -> list[Hint]:
    """Records of the same type that may be about the same, the likeliest first; `subject` itself is none."""
    kind = kind_of(type_name)
    reasons: dict[str, dict[str, None]] = {}
    titles: dict[str, str] = {}
    with _compared_only():
        for record, reason in _found(kind, document):
            if record.id != subject and record.values.get("status") != "withdrawn":
                titles[record.id] = kind.title_of(record)
                reasons.setdefault(record.id, {})[reason] = None
    ranked = sorted(reasons, key=lambda id: -len(reasons[id]))[:MOST]
    if not note_reads(event("record.shown", record=id, view=shown_view()) for id in ranked):
        return []
    return [Hint(id, titles[id], tuple(reasons[id])) for id in ranked]


@contextmanager
def _compared_only() -> Iterator[None]:
    """Records are read to be compared; only those shown count as looked at."""
    reg = register()
    told, reg.on_read = reg.on_read, None
    try:
        yield
    finally:
        reg.on_read = told


def _found(kind: RecordKind, document: Mapping[str, Any]) -> Iterator[tuple[Record, str]]:
    for identifier, value in _identifiers(kind, document):
        for record in _with_identifier(kind, value):
            held = {alike_identifier(fold_identifier(other)) for _, other in _identifiers(kind, record.values)}
            if alike_identifier(fold_identifier(value)) in held:
                yield record, _(identifier.words, value=value)
    for alike in kind.alike:
        yield from alike(register(), document)


def _identifiers(kind: RecordKind, document: Mapping[str, Any]) -> Iterator[tuple[Identifier, str]]:
    for identifier in kind.identifiers:
        for holder in _parts(document, identifier.part) if identifier.part else (document,):
            value = holder.get(identifier.field)
            if isinstance(value, str) and 3 < len(value) <= 60:
                yield identifier, value


def _parts(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    held = document.get(name)
    return [part for part in held.values() if isinstance(part, Mapping)] if isinstance(held, Mapping) else []


def _with_identifier(kind: RecordKind, value: str) -> Iterator[Record]:
    reg = register()
    for row in reg.search_identifier(value, types=[kind.type], limit=LOOKED_AT):
        record = reg.get(row.id)
        if record is not None:
            yield record
