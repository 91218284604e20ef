"""Which new records the search index and the table of amounts do not hold yet, and how they come into them.

Both are a third of what a row of an import costs. So a transaction that makes many records leaves them for later: from
a first number on, which stands in the node's state, records are indexed in large portions once fewer come
(`search.index_later`), or by the writers where too many wait. A search looks at those in memory meanwhile
(`search.unindexed`), so it finds what was saved in the transaction before; so does who asks for amounts. What is
pending are the records themselves: an edit or an erasure changes them, and nothing else holds their words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from diwan_core.register.index import amounts
from diwan_core.register.storage.state import get_state, set_state

FEW: Final = 32
"""New records of one transaction that are indexed in it, if none are pending."""
MOST: Final = 20_000
"""Records that may be pending: what a search has to look at by itself. Half a second on a server, two on a Pi."""
PORTION: Final = 1_000
KEPT: Final = "unindexed-kept"
"""State: the mark of the last release that knew of pending records."""
_KEY: Final = "unindexed"

INSERT_SEARCH: Final = "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, ?, ?, ?)"
INSERT_FRAGMENT: Final = "INSERT INTO fragment (rowid, value) VALUES (?, ?)"

_decode = msgspec.json.Decoder(dict[str, Any]).decode
Words = tuple[int, str, str, str]
"""The number of a record, and its words (`apply.Index`)."""
Held = tuple[int, "Indexed", dict[str, Any], dict[str, Any] | None]
"""The number of a record, its type, and the two halves of its state."""


class Pending(NamedTuple):
    """Records from the number `first` on are pending. `changes` grows whenever one of them is changed, and whenever
    records are pending anew."""

    first: int
    changes: int


class Indexed(Protocol):
    """What is needed of a record type (`apply.TypePlan`)."""

    table: str
    has_amounts: bool

    def index(self, rest: dict[str, Any], nominal: dict[str, Any] | None) -> tuple[str, str, str]:
        """Its words of each half, and its identifiers."""
        ...


def pending(connection: sqlite3.Connection) -> Pending | None:
    """What is pending; None where the index holds everything."""
    first, changes = _state(connection)
    return Pending(first, changes) if first else None


def _state(connection: sqlite3.Connection) -> tuple[int, int]:
    first, _, changes = str(get_state(connection, _KEY) or "0:0").partition(":")
    return int(first), int(changes)


def note_pending(connection: sqlite3.Connection, first: int) -> Pending:
    """From this number on, records are pending; none were before."""
    held = Pending(first, _state(connection)[1] + 1)
    set_state(connection, _KEY, f"{held.first}:{held.changes}")
    return held


def note_change(connection: sqlite3.Connection, number: int) -> bool:
    """The words of a record change: whether it is pending, so that the index need not be told."""
    first, changes = _state(connection)
    if not first or number < first:
        return False
    set_state(connection, _KEY, f"{first}:{changes + 1}")
    return True


def forget_pending(connection: sqlite3.Connection) -> bool:
    """Nothing is pending any more; whether anything was."""
    first, changes = _state(connection)
    if first:
        set_state(connection, _KEY, f"0:{changes}")
    return first > 0


def index_some(connection: sqlite3.Connection, plans: Mapping[str, Indexed], most: int) -> bool:
    """Index the first `most` pending records, in the caller's write transaction; whether more are pending."""
    held = pending(connection)
    if held is None:
        return False
    found = [
        number
        for (number,) in connection.execute(
            "SELECT no FROM record WHERE no>=? ORDER BY no LIMIT ?", (held.first, most + 1)
        )
    ]
    if found[:most]:
        units = amounts.NationalUnits(connection)
        for records in records_between(connection, plans, found[0], found[:most][-1]):
            words = words_of(records)
            connection.executemany(INSERT_SEARCH, [entry for entry in words if any(entry[1:])])
            connection.executemany(INSERT_FRAGMENT, [(entry[0], entry[3]) for entry in words if entry[3]])
            amounts.insert(connection, amounts_of(records, units))
    if len(found) > most:
        set_state(connection, _KEY, f"{found[most]}:{held.changes}")
        return True
    forget_pending(connection)
    return False


def words_of(records: Iterable[Held]) -> list[Words]:
    """The words of records."""
    return [(number, *plan.index(rest, nominal)) for number, plan, rest, nominal in records]


def amounts_of(records: Iterable[Held], units: amounts.NationalUnits) -> list[amounts.Row]:
    """What the goods lines of records come to."""
    return [
        row for number, plan, rest, _ in records if plan.has_amounts for row in amounts.rows_of(number, rest, units)
    ]


def pending_amounts(connection: sqlite3.Connection, plans: Mapping[str, Indexed]) -> Iterator[amounts.Row]:
    """The amounts of all records that are pending, worked out now."""
    held = pending(connection)
    if held is not None:
        units = amounts.NationalUnits(connection)
        last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        for records in records_between(connection, plans, held.first, last):
            yield from amounts_of(records, units)


def records_between(
    connection: sqlite3.Connection, plans: Mapping[str, Indexed], first: int, last: int
) -> Iterator[list[Held]]:
    """The records from one number to another, in their order, some at a time."""
    while first <= last:
        until = min(last, first + PORTION - 1)
        between = (first, until)
        kinds = connection.execute("SELECT DISTINCT type FROM record WHERE no BETWEEN ? AND ?", between).fetchall()
        found = (held for (kind,) in kinds if kind in plans for held in _of_type(connection, plans[kind], between))
        yield sorted(found, key=itemgetter(0))
        first = until + 1


def _of_type(connection: sqlite3.Connection, plan: Indexed, between: tuple[int, int]) -> Iterator[Held]:
    found = connection.execute(
        "SELECT t.no, coalesce(t.rest, j.rest), CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END "
        f"FROM [{plan.table}] t LEFT JOIN journal j ON j.no=t.base WHERE t.no BETWEEN ? AND ?",
        between,
    )
    for number, rest, nominal in found:
        yield number, plan, _decode(rest) if rest else {}, _decode(nominal) if nominal else None
