"""What each goods line comes to (`dictionary.amounts`), kept beside the records: a row for each line of which something
is known.

It is made from a record's merged state and the country's own units alone, and changed with the state wherever the
search index is: by a save, an admission, a merge, a snapshot, an erasure, an undoing. When the centre changes a unit,
or a release works amounts out otherwise, the records concerned are noted here and worked out again beside the writers
(`records.amounts_again`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec

from diwan_core.dictionary import DICTIONARY, Amounts, RecordType, amounts_of
from diwan_core.dictionary.amounts import FIELDS, PART, FactorOf, has_amounts, unknown_unit
from diwan_core.register.storage.state import get_state, set_state

UNIT_LIST: Final = "unit"
"""The code list that a national unit is an entry of."""
ALL_LEFT: Final = "amounts_left"
"""State: "first:last" of the records that are still to be worked out; there is none once all are."""
UNITS_LEFT: Final = "amounts_units"
"""State: the record up to which those with a national unit have been worked out since the last change of one."""


class Lines(NamedTuple):
    """The goods lines of a record, by their ids, with the values that their amounts depend on; and its day."""

    day: object = None
    lines: tuple[tuple[str, tuple[object, ...]], ...] = ()


Row = tuple[int | str | None, ...]

_COLUMNS: Final = ("record", "line", *Amounts._fields)
_INSERT: Final = f"INSERT INTO amount ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_UNITS: Final = (
    "SELECT lower(t.code), coalesce(t.valid_from, ''), coalesce(t.valid_until, '9'), r.id, t.factor, t.base_unit "
    "FROM record_code_entry t JOIN record r ON r.no=t.no WHERE t.code_list=? AND t.factor IS NOT NULL "
    "AND t.base_unit IS NOT NULL AND coalesce(t.status, '') NOT IN ('draft', 'withdrawn')"
)


class NationalUnits:
    """The country's own units, read when the first line asks for one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._entries: dict[str, list[tuple[str, str, str, str, str]]] | None = None

    def on(self, day: object) -> FactorOf:
        """The units as they are in force for what happened on a day: of several entries that hold then, the one that
        began last, and of these the newest record. Without a day the one that began last."""
        return lambda code: self._factor(code, day if isinstance(day, str) else "")

    def _factor(self, code: str, day: str) -> tuple[Decimal, str] | None:
        if self._entries is None:
            self._entries = _entries(self._connection)
        found = [entry for entry in self._entries.get(code, ()) if not day or entry[0] <= day <= entry[1]]
        if not found:
            return None
        _from, _until, _record, factor, base = max(found)
        return Decimal(factor), base


def _entries(connection: sqlite3.Connection) -> dict[str, list[tuple[str, str, str, str, str]]]:
    found: dict[str, list[tuple[str, str, str, str, str]]] = {}
    if keeps_units(DICTIONARY.types.get("code_entry")):
        for code, *entry in connection.execute(_UNITS, (UNIT_LIST,)):
            found.setdefault(code, []).append((entry[0], entry[1], entry[2], entry[3], entry[4]))
    return found


def keeps_units(declared: RecordType | None) -> bool:
    """Whether records of a type may be national units; not with a dictionary before version 4."""
    return declared is not None and declared.name == "code_entry" and "factor" in declared.fields


def lines_of(rest: Mapping[str, Any]) -> Lines:
    """What the amounts of a record depend on, to be compared with what they depend on later."""
    goods = rest.get(PART)
    if not isinstance(goods, Mapping):
        return Lines()
    lines = [(key, tuple(map(line.get, FIELDS))) for key, line in goods.items() if isinstance(line, Mapping)]
    return Lines(rest.get("date"), tuple(lines))


def unit_of(rest: Mapping[str, Any]) -> tuple[object, ...]:
    """What a national unit says."""
    names = ("code_list", "code", "valid_from", "valid_until", "factor", "base_unit", "status")
    return tuple(map(rest.get, names)) if rest.get("code_list") == UNIT_LIST else ()


def rows_of(number: int, rest: Mapping[str, Any], units: NationalUnits | None) -> list[Row]:
    """The rows of a record."""
    goods = rest.get(PART)
    if not isinstance(goods, dict):
        return []
    factor_of = units.on(rest.get("date")) if units is not None else unknown_unit
    return [
        (number, key, *found)
        for key, line in goods.items()
        if isinstance(line, dict) and (found := amounts_of(line, factor_of)) is not None
    ]


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Keep the amounts of records that are new."""
    connection.executemany(_INSERT, rows)


def keep(connection: sqlite3.Connection, number: int, rest: Mapping[str, Any], units: NationalUnits) -> None:
    """Work the amounts of a record out and keep them instead of those there are."""
    rows = rows_of(number, rest, units)
    held = connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM amount WHERE record=?", (number,)).fetchall()
    if sorted(held, key=_line) != sorted(rows, key=_line):
        connection.execute("DELETE FROM amount WHERE record=?", (number,))
        insert(connection, rows)


def replace(connection: sqlite3.Connection, number: int, before: Lines, after: Lines) -> None:
    """Keep the amounts of lines as they are now instead of those there are, where the lines differ."""
    if before == after:
        return
    lines = {
        key: {name: value for name, value in zip(FIELDS, values, strict=True) if value is not None}
        for key, values in after.lines
    }
    keep(connection, number, {"date": after.day, PART: lines}, NationalUnits(connection))


def note_units_changed(connection: sqlite3.Connection) -> None:
    """A national unit has changed: whatever depends on one is worked out again, beside the writers."""
    if connection.execute("SELECT 1 FROM amount WHERE national IS NOT NULL LIMIT 1").fetchone() is not None:
        set_state(connection, UNITS_LEFT, 0)


def _line(row: Row) -> str:
    return str(row[1])


def note_all_left(connection: sqlite3.Connection) -> None:
    """All records are to be worked out again: no release that keeps amounts as this one does wrote the last ones."""
    last = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
    if last:
        set_state(connection, ALL_LEFT, f"1:{last}")


def is_left(connection: sqlite3.Connection) -> bool:
    """Whether some amounts are still to be worked out."""
    return get_state(connection, ALL_LEFT) is not None or get_state(connection, UNITS_LEFT) is not None


def every_row(connection: sqlite3.Connection) -> Iterator[tuple[int, list[Row]]]:
    """What the records give, by their number: the whole table, worked out anew. Raises msgspec.DecodeError."""
    units = NationalUnits(connection)
    for declared in filter(has_amounts, DICTIONARY.types.values()):
        for number, rest in connection.execute(
            f"SELECT t.no, coalesce(t.rest, j.rest, '{{}}') FROM [record_{declared.name}] t "
            "LEFT JOIN journal j ON j.no=t.base"
        ):
            yield number, rows_of(number, msgspec.json.decode(rest, type=dict[str, Any]), units)


def held_rows(connection: sqlite3.Connection, number: int) -> list[Row]:
    """The rows there are of a record."""
    return list(connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM amount WHERE record=?", (number,)).fetchall())
