"""A list of records of one type: the texts, columns and rows of its pages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import Amounts
from diwan_core.register import ListRow
from diwan_core.web.kinds.kind import NUMBER, REFERENCE, RecordKind
from diwan_core.web.kit.console import register
from diwan_core.web.records.display import NATIONAL_UNIT, UNITS, Shown, quantity, show, show_date, show_status
from diwan_core.web.records.steps import shown_by_clock
from diwan_core.web.records.worked_out import of_first_line

PAGE_SIZE: Final = 25
_LONGEST: Final = 60
#: The key of a row that has no number of its own (`intake.mapping.record_keys`): it says nothing to a person.
NO_NUMBER: Final = re.compile(r"[0-9a-f]{32}\.[0-9]+\Z", re.ASCII)


@dataclass(frozen=True)
class Cell:
    """The content of a cell: its value, and below it, smaller, what tells it apart from similar records. On a phone,
    where a row is a card, its column's heading stands above it."""

    heading: str
    values: tuple[Shown, ...] = ()
    more: tuple[Shown, ...] = ()


def shown_rows(kind: RecordKind, rows: Iterable[ListRow]) -> list[tuple[ListRow, list[Cell]]]:
    """The lines of a page with their cells. Nothing nominal is read, so that a list is no look at its records."""
    listed = list(rows)
    ids = [row.id for row in listed]
    amounts, documents = register().amounts_of(ids), register().all_without_names(kind.type, ids)
    columns = [(name, kind.heading(name)) for name in kind.columns]
    return [
        (row, [Cell(heading, *_cell(kind, name, row, documents.get(row.id, {}), amounts)) for name, heading in columns])
        for row in listed
    ]


def _cell(
    kind: RecordKind,
    name: str,
    row: ListRow,
    document: Mapping[str, Any],
    amounts: Mapping[str, Mapping[str, Amounts]],
) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """The value of a cell, and what stands below it; `document` is what of the record identifies nobody, `amounts`
    what the goods of each record come to."""
    held, first = row.columns.get(name), kind.first_part
    if kind.record_type.machine(name) is not None and (shown := shown_by_clock(kind, document)):
        return (shown,), ()
    if name == "status":
        return ((status,) if (status := show_status(row.columns)) is not None else ()), ()
    if name == "date" and isinstance(held, str):
        return show_date(kind.field(name), held, None, document.get("date_precision")), ()
    if first is not None and name == first.quantity:
        return _quantity(kind, document), of_first_line(document, amounts.get(row.id, {}))
    values = _values(kind, name, held)
    if first is not None and name == first.group:
        return values, _first_in_words(kind, document)
    if name == "office":
        place = _values(kind, "place", _short(document.get("place")))
        return (values, tuple(one for one in place if one.text != values[0].text)) if values else (place, ())
    if name == NUMBER:
        return _numbers(kind, row, tuple(Shown(one.text, "isolated") for one in values))
    return values, ()


def _values(kind: RecordKind, name: str, value: Any) -> tuple[Shown, ...]:
    return () if value in (None, "") else (show(kind.field(name), value),)


def _numbers(kind: RecordKind, row: ListRow, number: tuple[Shown, ...]) -> tuple[tuple[Shown, ...], tuple[Shown, ...]]:
    """The number of a case, and below it that of the administration or of the source; where there is none, these."""
    key = str(row.columns.get("source_key") or "")
    named = _values(kind, REFERENCE, row.columns.get(REFERENCE))
    other = named or (() if NO_NUMBER.match(key) else _values(kind, "source_key", _short(key)))
    return (number, other) if number else (other, ())


def _short(text: Any) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(str(text or "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _entries(kind: RecordKind, document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of the part whose first one stands for the record, in order."""
    held = document.get(kind.first_part.part) if kind.first_part is not None else None
    parts = sorted(held.items(), key=lambda item: (len(item[0]), item[0])) if isinstance(held, Mapping) else ()
    return [part for _id, part in parts if isinstance(part, Mapping)]


def _first_in_words(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """What the first entry says of itself: the finest it knows."""
    first = kind.first_part
    if first is None:
        return ()
    fields = kind.record_type.parts[first.part].fields
    for entry in _entries(kind, document)[:1]:
        for name in first.words:
            if name in fields and isinstance(entry.get(name), str):
                shown = show(fields[name], entry[name])
                return (Shown(_short(shown.text), "text" if shown.look == "long" else shown.look, shown.code),)
    return ()


def told_apart(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """The fact that tells a case not yet reported from similar ones that have only their day as a name: its first
    goods."""
    first = kind.first_part
    if first is None:
        return ()
    groups = (entry.get(first.group) for entry in _entries(kind, document)[:1])
    named = [plain(show(kind.field(first.group), group)) for group in groups if isinstance(group, str)]
    return (*named, *_first_in_words(kind, document), *_quantity(kind, document))


def plain(shown: Shown) -> Shown:
    """A code by its word alone."""
    return Shown(shown.text, "text") if shown.look == "code" else shown


def _quantity(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """The quantity of the first entry with its unit, and how many further ones there are."""
    first, entries = kind.first_part, _entries(kind, document)
    if first is None or not entries:
        return ()
    fields, entry = kind.record_type.parts[first.part].fields, entries[0]
    amount, unit = entry.get(first.quantity), entry.get(first.unit)
    if isinstance(amount, str) and isinstance(unit, str) and fields[first.unit].codelist == UNITS:
        found = [Shown(quantity(amount, unit, entry.get(NATIONAL_UNIT)).text, "isolated")]  # kept on one line
    else:
        named = [name for name in (first.quantity, first.unit) if entry.get(name) is not None]
        found = [plain(show(fields[name], entry[name])) for name in named]
    return (*found, Shown(f"+{len(entries) - 1}", "isolated")) if len(entries) > 1 else tuple(found)
