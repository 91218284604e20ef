"""The index of dates of birth for search by year and range: a row for each date in a record, from its first to its
last possible day. It is kept beside the record's state; nothing of an erased half stays."""

from __future__ import annotations

import sqlite3
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from diwan_core.dictionary import DICTIONARY, RecordType

FIELD: Final = "birth_date"
TO: Final = "birth_date_to"
PRECISION: Final = "birth_precision"
PART: Final = "birth"
"""Further dates of birth: documents and statements differ."""
ABOUT_YEARS: Final = 2
"""How far off a date that is only about right may be."""

Birth = tuple[str, str]
"""The first and the last possible day."""


def has_births(declared: RecordType) -> bool:
    """Whether records of a type may hold dates of birth."""
    return FIELD in declared.fields


def births_of(document: Mapping[str, Any]) -> frozenset[Birth]:
    """The dates of birth of a document's nominal half."""
    found = [_span(document)]
    further = document.get(PART)
    if isinstance(further, Mapping):
        found += [_span(part) for part in further.values() if isinstance(part, Mapping)]
    return frozenset(birth for birth in found if birth is not None)


def _span(values: Mapping[str, Any]) -> Birth | None:
    day, last, precision = values.get(FIELD), values.get(TO), values.get(PRECISION)
    if not isinstance(day, str) or len(day) != 10 or not day[:4].isdecimal():
        return None
    year = int(day[:4])
    match precision:
        case "year":
            return f"{year:04}-01-01", f"{year:04}-12-31"
        case "month" if day[5:7].isdecimal() and 1 <= int(day[5:7]) <= 12:
            return f"{day[:7]}-01", f"{day[:7]}-{monthrange(year, int(day[5:7]))[1]:02}"
        case "about":
            return f"{year - ABOUT_YEARS:04}-01-01", f"{year + ABOUT_YEARS:04}-12-31"
        case _:
            return day, last if isinstance(last, str) and last > day else day


def replace(connection: sqlite3.Connection, number: int, was: frozenset[Birth], now: frozenset[Birth]) -> None:
    """Keep the dates of birth a record has now instead of those it had."""
    if was != now:
        connection.executemany(
            "DELETE FROM birth WHERE first=? AND last=? AND record=?", [(*birth, number) for birth in was - now]
        )
        insert(connection, [(*birth, number) for birth in now - was])


def insert(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, int]]) -> None:
    """Keep dates of birth of records that are new."""
    connection.executemany("INSERT OR IGNORE INTO birth (first, last, record) VALUES (?, ?, ?)", rows)


def refill(connection: sqlite3.Connection) -> None:
    """Make the index anew from the records."""
    connection.execute("DELETE FROM birth")
    insert(connection, list(_held(connection)))


def _held(connection: sqlite3.Connection) -> Iterator[tuple[str, str, int]]:
    for declared in filter(has_births, DICTIONARY.types.values()):
        for number, nominal in connection.execute(
            "SELECT t.no, CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
            f"FROM [record_{declared.name}] t LEFT JOIN journal j ON j.no=t.base"
        ):
            if nominal and f'"{FIELD}":' in nominal:
                for birth in births_of(msgspec.json.decode(nominal, type=dict[str, Any])):
                    yield *birth, number
