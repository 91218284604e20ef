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

from diwan_core import world
from diwan_core.register.index import amounts
from diwan_core.register.storage.state import get_state, set_state

FEW: Final = 32
"""New records of one transaction that are indexed in it, if none are pending."""
MOST: Final = 20_000
"""Records that may be pending: what a search has to look at by itself, once: 0.07 ms of processor each (ADR 61)."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""The same for large ones: a search holds their words in memory."""
AT_ONCE_BYTES: Final = 2 * 1024 * 1024
"""Bytes of records after which a transaction indexes no more of them."""
PORTION: Final = 32
"""Records that are read together; what is made of them stays in the processor's cache."""
KEPT: Final = "unindexed-kept"
"""State: the mark of the last release that knew of pending records."""
_KEY: Final = "unindexed"

INSERT_SEARCH: Final = "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, ?, ?, ?)"
INSERT_FRAGMENT: Final = "INSERT INTO fragment (rowid, value) VALUES (?, ?)"

_decode = msgspec.json.Decoder(dict[str, Any]).decode
Words = tuple[int, str, str, str]
"""The number of a record, and its words (`apply.Index`)."""
Held = tuple[int, "Indexed", dict[str, Any], dict[str, Any] | None, int]
"""The number of a record, its type, the two halves of its state, and how large they are."""


class Pending(NamedTuple):
    """Records from the number `first` on are pending. `changes` grows whenever one of them is changed, and whenever
    records are pending anew; `size` is about how many bytes they have."""

    first: int
    changes: int
    size: int = 0


class Indexed(Protocol):
    """What is needed of a record type (`type_plan.TypePlan`)."""

    table: str
    has_amounts: bool

    def index(self, rest: dict[str, Any], nominal: dict[str, Any] | None) -> tuple[str, str, str]:
        """Its words of each half, and its identifiers."""
        ...


def pending(connection: sqlite3.Connection) -> Pending | None:
    """What is pending; None where the index holds everything."""
    held = _state(connection)
    return held if held.first else None


def _state(connection: sqlite3.Connection) -> Pending:
    return Pending(*map(int, str(get_state(connection, _KEY) or "0:0").split(":")))


def _note(connection: sqlite3.Connection, held: Pending) -> Pending:
    set_state(connection, _KEY, ":".join(map(str, held)))
    return held


def note_pending(connection: sqlite3.Connection, first: int) -> Pending:
    """From this number on, records are pending; none were before."""
    return _note(connection, Pending(first, _state(connection).changes + 1))


def note_change(connection: sqlite3.Connection, number: int, larger: int) -> bool:
    """The words of a record change, and are larger by so much: whether it is pending, so that the index need not be
    told."""
    held = _state(connection)
    if not held.first or number < held.first:
        return False
    _note(connection, Pending(held.first, held.changes + 1, held.size + max(0, larger)))
    return True


def forget_pending(connection: sqlite3.Connection) -> bool:
    """Nothing is pending any more; whether anything was."""
    held = _state(connection)
    if held.first:
        _note(connection, Pending(0, held.changes))
    return held.first > 0


def keep_bounded(connection: sqlite3.Connection, plans: Mapping[str, Indexed], last: int, added: int) -> None:
    """After records up to `last` were left pending, of so many bytes, or some were changed: index the first ones where
    too much is pending."""
    held = pending(connection)
    if held is None:
        return
    if added:
        held = _note(connection, held._replace(size=held.size + added))
    while last + 1 - held.first > MOST or held.size > MOST_BYTES:
        if not index_some(connection, plans, max(PORTION, last + 1 - held.first - MOST)):
            return
        held = _state(connection)


def index_some(
    connection: sqlite3.Connection, plans: Mapping[str, Indexed], most: int, seconds: float | None = None
) -> bool:
    """Index the first `most` pending records, fewer where they are large or it takes longer than so many seconds, in
    the caller's write transaction; whether more are pending."""
    held = pending(connection)
    if held is None:
        return False
    last: int = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
    units = amounts.NationalUnits(connection)
    first, size = held.first, 0
    end = None if seconds is None else world.monotonic_s() + seconds
    until = min(last, first + most - 1)
    for records in records_between(connection, plans, first, until):
        words = words_of(records)
        connection.executemany(INSERT_SEARCH, [entry for entry in words if any(entry[1:])])
        connection.executemany(INSERT_FRAGMENT, [(entry[0], entry[3]) for entry in words if entry[3]])
        amounts.insert(connection, amounts_of(records, units))
        first = min(first + PORTION, until + 1)
        size += sum(one[4] for one in records)
        if size > AT_ONCE_BYTES or (end is not None and world.monotonic_s() > end):
            break
    if first > last:
        forget_pending(connection)
        return False
    _note(connection, Pending(first, held.changes, max(0, held.size - size)))
    return True


def words_of(records: Iterable[Held]) -> list[Words]:
    """The words of records."""
    return [(number, *plan.index(rest, nominal)) for number, plan, rest, nominal, _ in records]


def amounts_of(records: Iterable[Held], units: amounts.NationalUnits) -> list[amounts.Row]:
    """What the goods lines of records come to."""
    return [
        row for number, plan, rest, _, _ in records if plan.has_amounts for row in amounts.rows_of(number, rest, units)
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
        size = len(rest or "") + len(nominal or "")
        yield number, plan, _decode(rest) if rest else {}, _decode(nominal) if nominal else None, size
