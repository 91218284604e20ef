"""Rows that a post may have read too early: before the row by which their record is for all.

A post drops of such a row what names people, since it cannot know what follows. It gets it when the row has one more
number in the national scope, after that other row. So a row is to be numbered once more where its last number there
comes before the first one of the last row that says for whom its record is; but not in one change set, which a post
takes together."""

from __future__ import annotations

import math
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from diwan_core.dictionary.scopes import NATIONAL, names_one_post
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.records.belonging import ADDRESSED, DEEPEST, Belonging, Item
from diwan_core.register.records.type_plan import PLANS

Place = tuple[int, int]
"""Number of an epoch, seq."""
Numbers = Callable[[Place], tuple[int, int]]
"""The first and the last number of a row in the national scope. Only their order counts."""
AT_ONCE: Final = 50_000
"""Records that are looked at together, with one look through the scope."""
LETTERS: Final = sorted(kind for kind, plan in PLANS.items() if names_one_post(plan.declared))
"""The types of letters, and of what is enclosed with them."""


def _fields(kind: str, *names: str) -> list[str]:
    return [said.field for said in PLANS[kind].declared.scopes if said.names in names]


_READERS: Final = {kind: fields for kind in LETTERS if (fields := _fields(kind, "post", "operation"))}
"""The fields of letters that say who reads them."""
_BELONGS_TO: Final = {kind: fields for kind in LETTERS if (fields := _fields(kind, "record"))}
"""The fields of what is enclosed that name the record that it belongs to."""
_MAKES: Final = "json_type(j.meta, '$[8]')='null'"
"""The condition that a row makes its record."""


class _Rows(NamedTuple):
    """Rows of a record with what names people, and those that say for whom it is: changes of its readers and of what it
    belongs to, and where it belongs to another record, the row that makes that one, and what says for whom that one
    is."""

    halves: list[Place]
    saying: list[Place]


class _Journal:
    """The rows of records. What says for whom a record is, to which many others belong, is looked for once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._of_named: dict[Item, list[Place]] = {}

    def rows(self, item: Item) -> _Rows:
        """Those of a record of letters."""
        halves = self._places(item, "j.nominal IS NOT NULL")
        return _Rows(halves, self._places(item, _SAYING[item.kind]) + self._of_those_named(item, 0))

    def _of_those_named(self, item: Item, depth: int) -> list[Place]:
        """What says for whom the records are that this one belongs to."""
        named = _named(self._connection, item) if depth < DEEPEST else None
        if named is None:
            return []
        if named not in self._of_named:
            says = f"({_MAKES} OR {_SAYING[named.kind]})" if named.kind in _SAYING else _MAKES
            self._of_named[named] = self._places(named, says)
        return self._of_named[named] + self._of_those_named(named, depth + 1)

    def _places(self, item: Item, condition: str) -> list[Place]:
        rows = "SELECT j.epoch, j.seq FROM record r JOIN journal j ON j.record=r.no WHERE r.id=? AND j.verdict=0"
        return self._connection.execute(f"{rows} AND {condition}", (item.record,)).fetchall()


class _TooEarly:
    """Which records have rows that a post may have read too early."""

    def __init__(self, connection: sqlite3.Connection, numbers: Numbers) -> None:
        self._connection = connection
        self._numbers = numbers
        self._together: dict[Place, range] = {}

    def __call__(self, rows: _Rows) -> bool:
        """Whether a record is one of them that has these rows and is for all now."""
        if not rows.saying:
            return False
        last = max(rows.saying, key=lambda place: self._numbers(place)[0])
        number = self._numbers(last)[0]
        before = [place for place in rows.halves if self._numbers(place)[1] < number]
        return any(epoch != last[0] or seq not in self._change_set(last) for epoch, seq in before)

    def _change_set(self, place: Place) -> range:
        if place not in self._together:
            rows = change_set(self._connection, *place)
            self._together |= {(place[0], seq): rows for seq in rows}
        return self._together[place]


def among(connection: sqlite3.Connection, items: Iterable[Item], numbers: Numbers) -> list[Item]:
    """Those of these records, which are all for all now, that have rows which a post may have read too early. Of types
    other than letters there are none."""
    journal, too_early = _Journal(connection), _TooEarly(connection, numbers)
    return [item for item in items if item.kind in LETTERS and too_early(journal.rows(item))]


def everywhere(connection: sqlite3.Connection) -> list[Item]:
    """All records of letters, and of what is enclosed with them, that are for all now and have rows which a post may
    have read too early."""
    far, belonging, journal = restricted(connection), Belonging(connection), _Journal(connection)
    found: list[Item] = []
    may_be = _may_be(connection)
    while items := list(islice(may_be, AT_ONCE)):
        rows = {item: journal.rows(item) for item in items}
        places = {place for one in rows.values() for place in (*one.halves, *one.saying)}
        too_early = _TooEarly(connection, _in_national(connection, places))
        found += [item for item in items if too_early(rows[item])]
    return [
        item
        for item in sorted(found)
        if item.kind not in far or (far[item.kind] == ADDRESSED and NATIONAL in belonging(*item))
    ]


def just_numbered(epoch_no: int, runs: Iterable[tuple[int, int]]) -> Numbers:
    """Numbers of rows where these stretches of an epoch have just got theirs, in this order: after all others."""
    found: list[tuple[int, int, int]] = []
    number = 1
    for first, last in runs:
        found.append((first, last, number))
        number += last - first + 1
    found.sort()

    def numbers(place: Place) -> tuple[int, int]:
        epoch, seq = place
        at = bisect_right(found, (seq, math.inf)) - 1
        if epoch != epoch_no or at < 0 or seq > found[at][1]:
            return 0, 0
        first, _, number = found[at]
        return number + seq - first, number + seq - first

    return numbers


def change_set(connection: sqlite3.Connection, epoch_no: int, seq: int) -> range:
    """The rows that were committed together with this one."""
    ends = "SELECT seq FROM journal WHERE epoch=? AND seq{0}? AND json_extract(meta, '$[6]')=0 ORDER BY seq {1} LIMIT 1"
    before = connection.execute(ends.format("<", "DESC"), (epoch_no, seq)).fetchone()
    last = connection.execute(ends.format(">=", "ASC"), (epoch_no, seq)).fetchone()
    return range((before[0] if before else 0) + 1, (last[0] if last else seq) + 1)


def _saying(kind: str) -> str:
    """The condition that a row changes what says for whom a record of this type is."""
    fields = _fields(kind, "post", "operation", "record")
    return f"(NOT {_MAKES} AND (" + " OR ".join(f"json_type(j.rest, '$.{one}') IS NOT NULL" for one in fields) + "))"


_SAYING: Final = {kind: _saying(kind) for kind in LETTERS}


def _may_be(connection: sqlite3.Connection) -> Iterator[Item]:
    """The records of letters that were ever for one post or an operation, and all that may be enclosed: what it belongs
    to may have come after it."""
    for kind in LETTERS:
        sql = f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no"
        if kind in _READERS:
            said = " OR ".join(f"json_type(j.rest, '$.{one}')<>'null'" for one in _READERS[kind])
            sql += f" WHERE EXISTS (SELECT 1 FROM journal j WHERE j.record=t.no AND j.verdict=0 AND ({said}))"
        for (record,) in connection.execute(sql):
            yield Item(kind, record)


def _named(connection: sqlite3.Connection, item: Item) -> Item | None:
    """The record that this one belongs to, where it is here."""
    for field in _BELONGS_TO.get(item.kind, ()):
        sql = (
            f"SELECT s.type, s.id FROM [{PLANS[item.kind].table}] t JOIN record r ON r.no=t.no AND r.id=? "
            f"JOIN record s ON s.id=t.[{field}]"
        )
        if (found := connection.execute(sql, (item.record,)).fetchone()) is not None:
            return Item(*found)
    return None


def _in_national(connection: sqlite3.Connection, places: Iterable[Place]) -> Numbers:
    """The numbers of these rows, by one look through the scope: it has as many runs as there are
    rows."""
    seqs: dict[int, list[int]] = {}
    for epoch, seq in sorted(places):
        seqs.setdefault(epoch, []).append(seq)
    numbers: dict[Place, tuple[int, int]] = {}
    runs = "SELECT epoch, first, first_seq, last_seq FROM scope_run WHERE scope=? ORDER BY first"
    for epoch, number, first, last in connection.execute(runs, (NATIONAL,)) if seqs else ():
        held = seqs.get(epoch, [])
        for seq in held[bisect_left(held, first) : bisect_right(held, last)]:
            place, here = (epoch, seq), number + seq - first
            numbers[place] = numbers.get(place, (here, here))[0], here
    return lambda place: numbers.get(place, (0, 0))
