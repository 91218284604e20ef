"""A list of records of one type: its filters as they stand in the address, its search, its rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.register import ListRow, Record
from diwan_core.web.console import register
from diwan_core.web.i18n import _
from diwan_core.web.shown import Shown, show

PAGE_SIZE: Final = 25
FOUND_AT_MOST: Final = 200
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)


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
    """Listed columns of its list, in order; the first is the row's heading and link."""
    named_by: tuple[str, ...] = ()
    """Fields one of which it is called by, the best first; a record without any of them is called `one`."""

    @property
    def record_type(self) -> RecordType:
        return DICTIONARY.type(self.type)

    def field(self, column: str) -> Field:
        """The field a listed column shows: the record's own or a part's."""
        if column in self.record_type.fields:
            return self.record_type.fields[column]
        return next(part.fields[column] for part in self.record_type.parts.values() if column in part.fields)

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
class Filters:
    """What a list is narrowed to, as it stands in the address."""

    text: str
    status: str
    office: str
    first: str
    last: str
    page: int

    @property
    def any(self) -> bool:
        return bool(self.text or self.status or self.office or self.first or self.last)

    def where(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.status:
            found["status"] = self.status
        if self.office:
            found["office"] = self.office
        if self.first or self.last:
            found["date"] = (self.first or "0000-00-00", self.last or "9999-12-31")
        return found

    def address(self, page: int) -> dict[str, str]:
        given = {"q": self.text, "status": self.status, "office": self.office, "from": self.first, "to": self.last}
        return {**{name: value for name, value in given.items() if value}, **({"page": str(page)} if page > 1 else {})}


def read_filters(given: Mapping[str, str]) -> Filters:
    """The filters of an address; what cannot be a filter is left out."""

    def text(name: str, longest: int) -> str:
        value = given.get(name, "").strip()
        return value if len(value) <= longest and value.isprintable() else ""

    def date(name: str) -> str:
        value = given.get(name, "")
        return value if _DATE.match(value) else ""

    page = given.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    return Filters(text("q", 200), text("status", 40), text("office", 40), date("from"), date("to"), max(1, number))


def listed(kind: RecordKind, filters: Filters) -> tuple[list[ListRow], int | None]:
    """The rows of a page, and how many fit in all (None: more than a search counts)."""
    reg, where, start = register(), filters.where(), (filters.page - 1) * PAGE_SIZE
    if not filters.text:
        rows = reg.find(kind.type, where, order="-date", limit=PAGE_SIZE, offset=start)
        return rows, reg.count(kind.type, where)
    found = {row.id: row for row in reg.search_identifier(filters.text, types=[kind.type], limit=FOUND_AT_MOST)}
    for row in reg.search(filters.text, types=[kind.type], limit=FOUND_AT_MOST):
        found.setdefault(row.id, row)
    kept = [row for row in found.values() if _fits(row.columns, where)]
    kept.sort(key=lambda row: str(row.columns.get("date") or ""), reverse=True)
    return kept[start : start + PAGE_SIZE], len(kept) if len(found) < FOUND_AT_MOST else None


def _fits(columns: Mapping[str, Any], where: Mapping[str, Any]) -> bool:
    for name, wanted in where.items():
        value = columns.get(name)
        if isinstance(wanted, tuple):
            if value is None or not wanted[0] <= value <= wanted[1]:
                return False
        elif value != wanted:
            return False
    return True


def shown_row(kind: RecordKind, row: ListRow) -> list[Shown | None]:
    """The cells of a row, None where nothing is known."""
    return [
        None if row.columns.get(name) is None else show(kind.field(name), row.columns[name]) for name in kind.columns
    ]
