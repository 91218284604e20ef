"""Hints that a case may have been reported already. They are shown with links and never stop anybody."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary.folding import fold_identifier, same_name
from diwan_core.register import Record
from diwan_core.trust.access_log.events import event
from diwan_core.web.kit.access_log import noted
from diwan_core.web.kit.console import register, shown_view
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.kinds import KINDS

MOST: Final = 8
LOOKED_AT: Final = 40
"""Records read for one question: a hint is worth a moment, not a wait."""

SAME_PLATE: Final = N_("The same plate: {value}")
SAME_CONTAINER: Final = N_("The same container: {value}")
SAME_PERSON: Final = N_("The same person on the same day: {value}")
SAME_NUMBER: Final = N_("The same document or registration number: {value}")
SAME_SEIZURE: Final = N_("The same office, day, product and quantity")

#: Identifiers of a part, or of the record itself, that make two records look like one.
_IDENTIFIERS: Final = {
    "plate": SAME_PLATE,
    "container_number": SAME_CONTAINER,
    "vin": SAME_NUMBER,
    "imo": SAME_NUMBER,
    "registration_number": SAME_NUMBER,
    "tax_number": SAME_NUMBER,
}


@dataclass(frozen=True)
class Hint:
    """A record that may be the same, and why."""

    record: str
    title: str
    reasons: tuple[str, ...]


def similar_to(kind: str, document: Mapping[str, Any], subject: str) -> list[Hint]:
    """Records of the same type that may be about the same, the likeliest first; `subject` itself is none."""
    reasons: dict[str, dict[str, None]] = {}
    titles: dict[str, str] = {}
    with _compared_only():
        for record, reason in _found(kind, document):
            if record.id != subject and record.values.get("status") != "withdrawn":
                titles[record.id] = KINDS[kind].title_of(record)
                reasons.setdefault(record.id, {})[reason] = None
    ranked = sorted(reasons, key=lambda id: -len(reasons[id]))[:MOST]
    if not noted(event("record.shown", record=id, view=shown_view()) for id in ranked):
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


def _found(kind: str, document: Mapping[str, Any]) -> Iterator[tuple[Record, str]]:
    for name, value in _identifiers(document):
        for record in _with_identifier(kind, value):
            held = {fold_identifier(other) for _, other in _identifiers(record.values)}
            if fold_identifier(value) in held:
                yield record, _(_IDENTIFIERS[name], value=value)
    if kind == "case":
        yield from _same_person(document)
        yield from _same_seizure(document)
    if kind == "person":
        for part in _parts(document, "document"):
            number = part.get("number")
            if isinstance(number, str) and len(number) > 3:
                for record in _with_identifier(kind, number):
                    others = {fold_identifier(str(p.get("number") or "")) for p in _parts(record.values, "document")}
                    if fold_identifier(number) in others:
                        yield record, _(SAME_NUMBER, value=number)


def _parts(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    held = document.get(name)
    return [part for part in held.values() if isinstance(part, Mapping)] if isinstance(held, Mapping) else []


def _identifiers(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for holder in (document, *_parts(document, "means")):
        for name in _IDENTIFIERS:
            value = holder.get(name)
            if isinstance(value, str) and 3 < len(value) <= 60:
                yield name, value


def _with_identifier(kind: str, value: str) -> Iterator[Record]:
    reg = register()
    for row in reg.search_identifier(value, types=[kind], limit=LOOKED_AT):
        record = reg.get(row.id)
        if record is not None:
            yield record


def _same_person(document: Mapping[str, Any]) -> Iterator[tuple[Record, str]]:
    date, reg = document.get("date"), register()
    if not isinstance(date, str):
        return
    for part in _parts(document, "party"):
        name = part.get("name")
        if not isinstance(name, str) or len(name) > 200:
            continue
        for row in reg.search(name, types=["case"], limit=LOOKED_AT):
            record = reg.get(row.id) if row.columns.get("date") == date else None
            if record is not None and any(
                same_name(name, str(other.get("name") or "")) for other in _parts(record.values, "party")
            ):
                yield record, _(SAME_PERSON, value=name)


def _same_seizure(document: Mapping[str, Any]) -> Iterator[tuple[Record, str]]:
    date, office = document.get("date"), document.get("office")
    mine = _amounts(document)
    if not (isinstance(date, str) and isinstance(office, str) and mine):
        return
    reg = register()
    for row in reg.find("case", {"date": date, "office": office}, limit=LOOKED_AT):
        record = reg.get(row.id)
        if record is not None and mine & _amounts(record.values):
            yield record, _(SAME_SEIZURE)


def _amounts(document: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    found = set()
    for part in _parts(document, "goods"):
        values = tuple(str(part.get(name) or "") for name in ("product_group", "quantity", "unit"))
        if all(values):
            found.add((values[0], values[1], values[2]))
    return found
