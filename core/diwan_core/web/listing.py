"""A list of records of one type: what its pages say and show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.register import ListRow, Record
from diwan_core.web.i18n import _
from diwan_core.web.shown import Shown, show

PAGE_SIZE: Final = 25


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


def shown_row(kind: RecordKind, row: ListRow) -> list[Shown | None]:
    """The cells of a row, None where nothing is known."""
    return [
        None if row.columns.get(name) is None else show(kind.field(name), row.columns[name]) for name in kind.columns
    ]
