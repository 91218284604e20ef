"""The index of references: one row for each record that refers to another, so that a record's page can list them.

Made from a record's document alone, and changed with it wherever the search index is: by a save, an admission, a merge,
a snapshot, an erasure. Of values that stand side by side the one that is shown counts. Pictures are not in it: they are
found through `record_attachment`."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from diwan_core.dictionary import DICTIONARY, RecordType, ReferenceReader

# What was erased whole is named nowhere any more.
_INSERT: Final = (
    "INSERT OR IGNORE INTO mention (target, day, record) "
    "SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM erasure WHERE record=? AND halves=3)"
)
_NOT_LISTED: Final = frozenset({"attachment"})
_CHUNK: Final = 5000

Mention = tuple[str, int]
"""The id of the named record, and the day."""
NewMention = tuple[bytes, int, int, str]
"""The same as it is written, with the number of the record that names it."""


def reader_of(declared: RecordType) -> ReferenceReader | None:
    """A function that finds the records that one of this type refers to; None where none are listed."""
    return None if declared.name in _NOT_LISTED else declared.references


def mentions_of(named: Iterable[tuple[str, str]], rest: Mapping[str, Any], created: int) -> frozenset[Mention]:
    """The mentions in a record that holds these references. `created` is the stamp of its first change."""
    day = day_of(rest, created)
    # Of a record that lost a half under the law nobody judged the other: what is not an id names nothing.
    return frozenset((target, day) for _, target in named if pack(target))


def day_of(rest: Mapping[str, Any], created: int) -> int:
    """The day a record stands under: its date, else that of its first change (UTC); 22 November 2026 is 20261122."""
    date = rest.get("date")
    if isinstance(date, str) and len(date) == 10 and (digits := date.replace("-", "")).isdecimal():
        return int(digits)
    then = time.gmtime((created >> 16) / 1000)
    return then.tm_year * 10_000 + then.tm_mon * 100 + then.tm_mday


def pack(record: str) -> bytes:
    """A record's id as the index holds it: its 16 bytes; none for a text that is not an id."""
    try:
        return UUID(record).bytes if len(record) == 36 else b""
    except ValueError:
        return b""


def new_mentions(number: int, mentions: Iterable[Mention]) -> list[NewMention]:
    """Rows to be written by `insert`."""
    return [(pack(target), day, number, target) for target, day in mentions]


def insert(connection: sqlite3.Connection, rows: Iterable[NewMention]) -> None:
    """Write what new records name."""
    connection.executemany(_INSERT, rows)


def replace(connection: sqlite3.Connection, number: int, before: frozenset[Mention], after: frozenset[Mention]) -> None:
    """Write down what a record names now in place of what it named."""
    if before != after:
        connection.executemany(
            "DELETE FROM mention WHERE target=? AND day=? AND record=?",
            [(pack(target), day, number) for target, day in before - after],
        )
        insert(connection, new_mentions(number, after - before))


def forget(connection: sqlite3.Connection, record: str) -> None:
    """Remove every reference to a record that was erased whole."""
    connection.execute("DELETE FROM mention WHERE target=?", (pack(record),))


def fields() -> str:
    """The mark of a dictionary's references: with another mark, records kept verbatim may hold more references."""
    named = [
        f"{declared.name}.{part}.{item.name}"
        for declared in DICTIONARY.types.values()
        for part, item in declared.every_field()
        if item.kind == "reference"
    ]
    return hashlib.sha256(" ".join(sorted(named)).encode()).hexdigest()[:16]


def refill(connection: sqlite3.Connection) -> None:
    """Make the index anew from the records."""
    connection.execute("DELETE FROM mention")
    gathered: list[NewMention] = []
    for row in every_reference(connection):
        gathered.append(row)
        if len(gathered) >= _CHUNK:
            insert(connection, gathered)
            gathered.clear()
    insert(connection, gathered)


def every_reference(connection: sqlite3.Connection) -> Iterator[NewMention]:
    """The references of all records, read from their documents: the whole index, except for what was erased whole."""
    for declared in DICTIONARY.types.values():
        reader = reader_of(declared)
        if reader is None:
            continue
        marks = [f'"{item.name}":' for _, item in declared.every_field() if item.kind == "reference"]
        for number, created, rest, nominal in connection.execute(
            "SELECT t.no, t.created, coalesce(t.rest, j.rest, '{}'), "
            "CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
            f"FROM [record_{declared.name}] t LEFT JOIN journal j ON j.no=t.base"
        ):
            if any(mark in rest or (nominal and mark in nominal) for mark in marks):
                document = msgspec.json.decode(rest, type=dict[str, Any])
                secret = msgspec.json.decode(nominal, type=dict[str, Any]) if nominal else {}
                yield from new_mentions(number, mentions_of(reader(document, secret), document, created))
