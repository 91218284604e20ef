"""A list of records of one type: the texts, columns and rows of its pages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.register import ListRow, Record
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import _
from diwan_core.web.records.display import Shown, show, show_date

PAGE_SIZE: Final = 25
QUANTITY: Final = "quantity"
NUMBER: Final = "national_reference"
_LONGEST: Final = 60
#: The key of a row that has no number of its own (`intake.mapping.record_keys`): it says nothing to a person.
NO_NUMBER: Final = re.compile(r"[0-9a-f]{32}\.[0-9]+\Z", re.ASCII)


@dataclass(frozen=True)
class RecordKind:
    """What the pages of a type say and show. Texts are marked with `N_` where they are given, translated when shown."""

    type: str
    """The record type, which is also the name of its blueprint."""
    path: str
    plural: str
    one: str
    """What one is called, with a place for its date: "Case of {date}"."""
    columns: tuple[str, ...]
    """Fields of its list, in order; the first is the row's heading and link. Listed ones can be sorted by."""
    named_by: tuple[str, ...] = ()
    """Fields one of which it is called by, the best first; a record without any of them is called `one`."""

    @property
    def record_type(self) -> RecordType:
        return DICTIONARY.type(self.type)

    def field(self, column: str) -> Field:
        """The field a column shows: the record's own or a part's."""
        if column in self.record_type.fields:
            return self.record_type.fields[column]
        return next(part.fields[column] for part in self.record_type.parts.values() if column in part.fields)

    def heading(self, column: str) -> str:
        """What stands above a column."""
        return _("Number") if column == NUMBER else _(self.field(column).label)

    def title_of(self, record: Record) -> str:
        """What the page of a record is headed with."""
        return self.title_from(record.values)

    def title_from(self, values: Mapping[str, Any]) -> str:
        """The same from a document."""
        for name in ("national_reference", *self.named_by):
            if isinstance(values.get(name), str):
                return str(values[name])
        return _(self.one, date=values.get("date") or "?")


@dataclass(frozen=True)
class Cell:
    """What a column says of a record: its value, and below it, smaller, what tells it apart from its like."""

    values: tuple[Shown, ...] = ()
    more: tuple[Shown, ...] = ()


def shown_rows(kind: RecordKind, rows: Iterable[ListRow]) -> list[tuple[ListRow, list[Cell]]]:
    """The lines of a page with their cells. Nothing nominal is read, so that a list is no look at its records."""
    return [(row, shown_row(kind, row, register().without_names(row.id))) for row in rows]


def shown_row(kind: RecordKind, row: ListRow, document: Mapping[str, Any]) -> list[Cell]:
    """The cells of a line; `document` is what of the record identifies nobody."""
    return [_cell(kind, name, row, document) for name in kind.columns]


def _cell(kind: RecordKind, name: str, row: ListRow, document: Mapping[str, Any]) -> Cell:
    values = _values(kind, name, row.columns.get(name))
    if name == "date" and isinstance(day := row.columns.get("date"), str):
        return Cell(show_date(kind.field(name), day, None, document.get("date_precision")))
    if name == "product_group":
        return Cell(values, _goods_in_words(kind, document))
    if name == QUANTITY:
        return Cell(_quantity(kind, document))
    if name == "office":
        place = _values(kind, "place", _short(document.get("place")))
        return Cell(values, place) if values else Cell(place)
    if name == NUMBER and not values:
        key = str(row.columns.get("source_key") or "")
        return Cell() if NO_NUMBER.match(key) else Cell(_values(kind, "source_key", _short(key)))
    return Cell(values)


def _values(kind: RecordKind, name: str, value: Any) -> tuple[Shown, ...]:
    return () if value in (None, "") else (show(kind.field(name), value),)


def _short(text: Any) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(str(text or "").split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


def _goods(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The goods lines, in order."""
    held = document.get("goods")
    parts = sorted(held.items(), key=lambda item: (len(item[0]), item[0])) if isinstance(held, Mapping) else ()
    return [part for _id, part in parts if isinstance(part, Mapping)]


def _goods_in_words(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """What the first goods line says of itself: the finest it knows."""
    for goods in _goods(document)[:1]:
        for name in ("description", "brand", "species", "sub_group", "hs_code"):
            if name in kind.record_type.parts["goods"].fields and isinstance(goods.get(name), str):
                shown = show(kind.record_type.parts["goods"].fields[name], goods[name])
                return (Shown(_short(shown.text), "text" if shown.look == "long" else shown.look, shown.code),)
    return ()


def told_apart(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """What tells one not yet reported from its like, where only its day is its name: its first goods."""
    groups = (goods.get("product_group") for goods in _goods(document)[:1])
    named = [plain(show(kind.field("product_group"), group)) for group in groups if isinstance(group, str)]
    return (*named, *_goods_in_words(kind, document), *_quantity(kind, document))


def plain(shown: Shown) -> Shown:
    """A code by its word alone."""
    return Shown(shown.text, "text") if shown.look == "code" else shown


def _quantity(kind: RecordKind, document: Mapping[str, Any]) -> tuple[Shown, ...]:
    """The quantity of the first goods line with its unit, and how many further lines there are."""
    lines = _goods(document)
    if not lines:
        return ()
    fields = kind.record_type.parts["goods"].fields
    # the unit's word says it all; its code beside it would be noise in every line
    found = [plain(show(fields[name], lines[0][name])) for name in (QUANTITY, "unit") if lines[0].get(name) is not None]
    return (*found, Shown(f"+{len(lines) - 1}", "isolated")) if len(lines) > 1 else tuple(found)
