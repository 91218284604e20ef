"""Numbers of rows in scopes at the centre: in the national one, and in those whose members read more of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from diwan_core.dictionary.scopes import UNITS
from diwan_core.register.admission import read_too_early
from diwan_core.register.admission.how_far import UNIT, kinds_in_scopes, restricted
from diwan_core.register.admission.scope_log import NATIONAL, Run, append_runs
from diwan_core.register.records.belonging import (
    FOLLOWING,
    Belonging,
    Item,
    addressed_kinds,
    letters,
    moved_by,
    nothing_said,
    with_followers,
)
from diwan_core.register.records.type_plan import PLANS


def number_rows(
    connection: sqlite3.Connection,
    epoch_no: int,
    epoch: str,
    runs: Iterable[tuple[int, int]],
    size: int | None = None,
) -> list[Run]:
    """Number stretches of rows just applied, in the national scope and in those whose members read more of them; the
    runs of the national scope. `size` as for `append_runs`."""
    runs = list(runs)
    made = append_runs(connection, NATIONAL, epoch_no, epoch, runs, size)
    kinds = kinds_in_scopes(connection)
    if kinds or connection.execute("SELECT 1 FROM reach LIMIT 1").fetchone() is not None:
        _number_in_scopes(connection, epoch_no, epoch, runs, kinds)
    return made


def _number_in_scopes(
    connection: sqlite3.Connection, epoch_no: int, epoch: str, runs: list[tuple[int, int]], kinds: list[str]
) -> None:
    marks = ", ".join("?" * len(kinds))
    belonging = Belonging(connection)
    touched = moved_by(connection, epoch_no, runs)
    moved = {item for item in touched if item.kind in kinds}
    by_scope: dict[str, list[int]] = {}
    for first, last in runs:
        rows = connection.execute(
            "SELECT j.seq, r.type, r.id FROM journal j JOIN record r ON r.no=j.record WHERE j.epoch=? "
            f"AND j.seq BETWEEN ? AND ? AND j.nominal IS NOT NULL AND r.type IN ({marks}) ORDER BY j.seq",
            (epoch_no, first, last, *kinds),
        ).fetchall()
        for seq, *item in rows:
            for scope in () if Item(*item) in moved else belonging(*item) - {NATIONAL}:  # there it has a number
                by_scope.setdefault(scope, []).append(seq)
    for scope, seqs in sorted(by_scope.items()):
        append_runs(connection, scope, epoch_no, epoch, _stretches(seqs))
    for_all: list[Item] = []
    far = restricted(connection)
    for item in sorted(touched):
        if item in moved:
            for scope in sorted(belonging(*item)):
                if scope == NATIONAL:
                    for_all.append(item)
                else:
                    _number_record(connection, scope, item.record)
        elif item.kind in read_too_early.LETTERS and item.kind not in far:
            # All read it. A post that hears late of entries that close letters and open them may have dropped it before
            # this change reaches it.
            for_all.append(item)
    numbers = read_too_early.just_numbered(epoch_no, runs)
    _number_items(connection, read_too_early.among(connection, for_all, numbers))


def _number_record(connection: sqlite3.Connection, scope: str, record: str) -> None:
    """Give new numbers in a scope to all rows of a record that belongs to it from now on, as they came."""
    rows = connection.execute(
        "SELECT j.epoch, e.id, j.seq FROM record r JOIN journal j ON j.record=r.no JOIN epoch e ON e.no=j.epoch "
        "WHERE r.id=? AND j.verdict=0 AND j.nominal IS NOT NULL ORDER BY j.no",
        (record,),
    ).fetchall()
    for (epoch_no, epoch), found in groupby(rows, key=lambda row: row[:2]):
        append_runs(connection, scope, epoch_no, epoch, _stretches(seq for _, _, seq in found))


def _stretches(seqs: Iterable[int]) -> Iterator[tuple[int, int]]:
    for _, group in groupby(enumerate(seqs), key=lambda pair: pair[1] - pair[0]):
        found = [seq for _, seq in group]
        yield found[0], found[-1]


def complete(connection: sqlite3.Connection) -> None:
    """Number in each scope what belongs to it and has no number there yet: a post has joined a unit, or a type travels
    as far as its scopes from now on."""
    far = restricted(connection)
    kinds = [kind for kind in kinds_in_scopes(connection) if far[kind] == UNIT]
    belonging, named = Belonging(connection), dict[str, list[Item]]()
    for item in chain(_said_themselves(connection, kinds), letters(connection, addressed_kinds(connection))):
        for scope in belonging(*item) - {NATIONAL}:
            named.setdefault(scope, []).append(item)
    homes = {row[0] for row in connection.execute("SELECT DISTINCT scope FROM home")}
    for scope in sorted(homes | named.keys()):
        numbered = {
            (epoch, seq)
            for epoch, first, last in connection.execute(
                "SELECT epoch, first_seq, last_seq FROM scope_run WHERE scope=?", (scope,)
            )
            for seq in range(first, last + 1)
        }
        makers = _rows_of_makers(connection, scope, kinds) if scope in homes else ()
        rows = [*makers, *_rows_of_records(connection, named.get(scope, ()))]
        lacking = sorted({row for row in rows if (row[1], row[3]) not in numbered}, key=lambda row: row[1:])
        for (epoch_no, epoch), found in groupby(lacking, key=lambda row: (row[1], row[2])):
            append_runs(connection, scope, epoch_no, epoch, _stretches(seq for _, _, _, seq in found))


Found = tuple[int, int, str, int]
"""Number in the journal, number and id of the epoch, seq."""


def _said_themselves(connection: sqlite3.Connection, kinds: Iterable[str]) -> Iterator[Item]:
    """The records of these types that name something that says where they belong."""
    for kind in kinds:
        sql = f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no WHERE NOT (1{nothing_said(kind)})"
        for (record,) in connection.execute(sql):
            yield Item(kind, record)


def _rows_of_makers(connection: sqlite3.Connection, scope: str, kinds: Iterable[str]) -> Iterator[Found]:
    """Rows of records that belong to a unit by the post that made them."""
    for kind in kinds if scope.startswith(UNITS) else ():
        yield from connection.execute(
            f"SELECT j.no, j.epoch, e.id, j.seq FROM [{PLANS[kind].table}] t "
            "JOIN epoch b ON b.id=t.base_epoch JOIN home m ON m.node=b.origin AND m.scope=? "
            "JOIN journal j ON j.record=t.no JOIN epoch e ON e.no=j.epoch "
            f"WHERE j.verdict=0 AND j.nominal IS NOT NULL{nothing_said(kind)}",
            (scope,),
        )


def _rows_of_records(connection: sqlite3.Connection, items: Iterable[Item]) -> Iterator[Found]:
    for _, record in items:
        yield from connection.execute(
            "SELECT j.no, j.epoch, e.id, j.seq FROM record r JOIN journal j ON j.record=r.no "
            "JOIN epoch e ON e.no=j.epoch WHERE r.id=? AND j.verdict=0 AND j.nominal IS NOT NULL",
            (record,),
        )


def number_again(connection: sqlite3.Connection, kind: str, records: Iterable[str] | None = None) -> None:
    """Give new numbers in the national scope to what was left out of it: the nominal halves of a type's records, or of
    these only, travel to all from now on. Whole change sets, as everywhere in that scope."""
    if kind not in PLANS:
        return
    only = "" if records is None else "AND t.no IN (SELECT no FROM record WHERE id IN (SELECT value FROM json_each(?)))"
    rows = connection.execute(
        f"SELECT j.no, j.epoch, e.id, j.seq FROM [{PLANS[kind].table}] t JOIN journal j ON j.record=t.no "
        f"JOIN epoch e ON e.no=j.epoch WHERE j.verdict=0 AND j.nominal IS NOT NULL {only} ORDER BY j.no",
        () if records is None else (json.dumps(list(records)),),
    ).fetchall()
    for (epoch_no, epoch), found in groupby(rows, key=lambda row: (row[1], row[2])):
        seqs: dict[int, None] = {}
        for _, _, _, seq in found:
            if seq not in seqs:
                seqs.update(dict.fromkeys(read_too_early.change_set(connection, epoch_no, seq)))
        append_runs(connection, NATIONAL, epoch_no, epoch, _stretches(seqs))


def number_unaddressed(connection: sqlite3.Connection, kind: str) -> None:
    """The same for the records of a type that are kept from nobody, since only what is addressed to one post or written
    in an operation is."""
    belonging = Belonging(connection)
    if kind in PLANS:
        found = connection.execute(f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no").fetchall()
        number_again(connection, kind, [record for (record,) in found if NATIONAL in belonging(kind, record)])


def number_read_too_early(connection: sqlite3.Connection) -> None:
    """Give new numbers in the national scope to letters that are for all, and to what is enclosed with them, of which
    a post may have read rows too early: now that these are kept from some posts, or now that the centre has run with an
    older dictionary, which does not say what belongs to what."""
    _number_items(connection, read_too_early.everywhere(connection))


def number_enclosed(connection: sqlite3.Connection, kind: str) -> None:
    """The same for what is enclosed with the records of a type, which is kept from nobody any more."""
    belonging, addressed = Belonging(connection), addressed_kinds(connection)
    enclosed = {
        Item(one, record)
        for one, field in FOLLOWING
        for (record,) in connection.execute(
            f"SELECT r.id FROM [{PLANS[one].table}] t JOIN record r ON r.no=t.no "
            f"JOIN record s ON s.id=t.[{field}] WHERE s.type=?",
            (kind,),
        )
    }
    found = [item for item in with_followers(connection, enclosed) if item.kind in addressed]
    _number_items(connection, [item for item in found if NATIONAL in belonging(*item)])


def _number_items(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    """Give records new numbers in the national scope. Those of a type together: what was made in one change set is sent
    once."""
    for kind, found in groupby(sorted(items), key=lambda item: item.kind):
        number_again(connection, kind, [item.record for item in found])
