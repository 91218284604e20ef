"""Numbers of rows in scopes at the centre: in the national one, and in those whose members read more of them."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Final

from diwan_core.dictionary.scopes import POSTS, UNITS, names_one_post
from diwan_core.register.admission.how_far import UNIT, kinds_in_scopes, restricted
from diwan_core.register.admission.scope_log import NATIONAL, Run, append_runs
from diwan_core.register.records.belonging import (
    PICTURE,
    Belonging,
    Item,
    addressed_kinds,
    last_moves,
    letters,
    moved_by,
    nothing_said,
    with_those_named,
)
from diwan_core.register.records.type_plan import PLANS

_LETTERS: Final = {kind for kind, plan in PLANS.items() if names_one_post(plan.declared)} | {PICTURE}
"""The types of letters, and of what is enclosed with them."""


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
    for_all: dict[str, list[str]] = {}
    came = _Came(connection, epoch_no, runs)
    for item in sorted(moved):
        for scope in sorted(belonging(*item)):
            if scope != NATIONAL:
                _number_record(connection, scope, item.record)
            elif came.before_it_was_for_all(item):
                for_all.setdefault(item.kind, []).append(item.record)
    for item in sorted(touched - moved):
        # All read it. A post that hears late of entries that close letters and open them may have dropped it before
        # this change reaches it.
        if item.kind in _LETTERS and came.before_it_was_for_all(item):
            for_all.setdefault(item.kind, []).append(item.record)
    for kind, records in for_all.items():  # together: those that were made in one change set have it sent once
        number_again(connection, kind, records)


class _Came:
    """Rows that have just got their numbers, of one epoch."""

    def __init__(self, connection: sqlite3.Connection, epoch_no: int, runs: list[tuple[int, int]]) -> None:
        self._connection, self._epoch_no, self._runs = connection, epoch_no, runs
        self._moves: dict[str, int] | None = None

    def before_it_was_for_all(self, item: Item) -> bool:
        """Whether a record that is for all by these rows has rows that a post may have taken before it: that were here,
        or that are of an earlier change set than the last change of where it belongs. A post drops of such a row what
        names people, since it cannot know what follows."""
        rows = self._connection.execute(
            "SELECT j.epoch, j.seq FROM record r JOIN journal j ON j.record=r.no "
            "WHERE r.id=? AND j.verdict=0 AND j.nominal IS NOT NULL",
            (item.record,),
        ).fetchall()
        if any(
            epoch != self._epoch_no or not any(first <= seq <= last for first, last in self._runs)
            for epoch, seq in rows
        ):
            return True
        if self._moves is None:
            self._moves = last_moves(self._connection, self._epoch_no, self._runs)
        moved = max(self._moves.get(one, 0) for one in with_those_named(self._connection, item))
        if all(seq >= moved for _, seq in rows):
            return False
        together = _change_set(self._connection, self._epoch_no, moved).start
        return any(seq < together for _, seq in rows)


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
                seqs.update(dict.fromkeys(_change_set(connection, epoch_no, seq)))
        append_runs(connection, NATIONAL, epoch_no, epoch, _stretches(seqs))


def number_unaddressed(connection: sqlite3.Connection, kind: str) -> None:
    """The same for the records of a type that are kept from nobody, since only what is addressed to one post or written
    in an operation is."""
    belonging = Belonging(connection)
    if kind in PLANS:
        found = connection.execute(f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no").fetchall()
        number_again(connection, kind, [record for (record,) in found if NATIONAL in belonging(kind, record)])


def number_after_older(connection: sqlite3.Connection) -> None:
    """At a centre that ran with an older dictionary, which does not say what belongs to what: number what came to
    belong to a scope meanwhile, and once more in the national one what was for single posts only and is for all since
    the record came that it belongs to."""
    complete(connection)
    belonging, kinds = Belonging(connection), set(addressed_kinds(connection))
    found: dict[_Place, Item] = {}
    times: Counter[tuple[str, _Place]] = Counter()
    for scope, epoch, seq, *item in connection.execute(_OF_POSTS, (f"{POSTS}*",)):
        if item[0] in kinds and NATIONAL in belonging(*item):
            found[epoch, seq] = Item(*item)
            times[scope, (epoch, seq)] += 1
    # Each time that a record comes to be for single posts its rows get a number there, and each time that it comes to
    # be for all, one more in the national scope, where each row had one from the beginning.
    national = _times_numbered(connection, NATIONAL, found)
    lacking = {found[place] for (_, place), many in times.items() if national[place] <= many}
    for kind, items in groupby(sorted(lacking), key=lambda item: item.kind):
        number_again(connection, kind, [item.record for item in items])


_Place = tuple[int, int]
"""Number of an epoch, seq."""
_OF_POSTS: Final = (
    "SELECT s.scope, j.epoch, j.seq, r.type, r.id FROM scope_run s "
    "JOIN journal j ON j.epoch=s.epoch AND j.seq BETWEEN s.first_seq AND s.last_seq JOIN record r ON r.no=j.record "
    "WHERE s.scope GLOB ? AND j.verdict=0 AND j.nominal IS NOT NULL"
)


def _times_numbered(connection: sqlite3.Connection, scope: str, places: Iterable[_Place]) -> Counter[_Place]:
    """How many numbers these rows have in a scope, by one look through it: it has as many runs as there are rows."""
    seqs: dict[int, list[int]] = {}
    for epoch, seq in sorted(places):
        seqs.setdefault(epoch, []).append(seq)
    times: Counter[_Place] = Counter()
    if seqs:
        runs = "SELECT epoch, first_seq, last_seq FROM scope_run WHERE scope=?"
        for epoch, first, last in connection.execute(runs, (scope,)):
            held = seqs.get(epoch, [])
            times.update((epoch, seq) for seq in held[bisect_left(held, first) : bisect_right(held, last)])
    return times


def number_opened(connection: sqlite3.Connection, kinds: Iterable[str]) -> None:
    """The same for letters that were for one post or an operation and are for all, now that these types are kept from
    some posts: one that hears of that before it hears that such a letter was opened drops what names people in it. And
    for what is enclosed with them, and for pictures that came before the record they belong to, which a post that reads
    the feed from here on takes for somebody else's as long as it does not know that record."""
    belonging, narrowed = Belonging(connection), set(kinds)
    again: dict[str, list[str]] = {}
    for kind in sorted(_LETTERS - {PICTURE}):
        said = " OR ".join(
            f"coalesce(json_type(j.rest, '$.{one.field}'), 'null')<>'null'"
            for one in PLANS[kind].declared.scopes
            if one.names in ("post", "operation")
        )
        addressed = [
            record
            for (record,) in connection.execute(
                f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no WHERE EXISTS "
                f"(SELECT 1 FROM journal j WHERE j.record=t.no AND j.verdict=0 AND ({said}))"
            )
        ]
        if kind in narrowed:
            again[kind] = addressed
        again.setdefault(PICTURE, []).extend(
            record
            for (record,) in connection.execute(
                f"SELECT r.id FROM json_each(?) s CROSS JOIN [{PLANS[PICTURE].table}] t ON t.subject=s.value "
                "JOIN record r ON r.no=t.no",
                (json.dumps(addressed),),
            )
        )
    if PICTURE in narrowed:
        again[PICTURE].extend(record for (record,) in connection.execute(_BEFORE_THEIR_SUBJECT).fetchall())
    for kind, records in again.items():
        number_again(connection, kind, [record for record in records if NATIONAL in belonging(kind, record)])


_BEFORE_THEIR_SUBJECT: Final = (
    f"SELECT r.id FROM [{PLANS[PICTURE].table}] t JOIN record r ON r.no=t.no JOIN record s ON s.id=t.subject "
    "WHERE (SELECT min(no) FROM journal WHERE record=r.no) < (SELECT min(no) FROM journal WHERE record=s.no)"
)


def number_enclosed(connection: sqlite3.Connection, kind: str) -> None:
    """The same for what is enclosed with the records of a type, which is kept from nobody any more."""
    belonging = Belonging(connection)
    for one in addressed_kinds(connection):
        for said in PLANS[one].declared.scopes:
            if said.names == "record":
                found = connection.execute(
                    f"SELECT r.id FROM [{PLANS[one].table}] t JOIN record r ON r.no=t.no "
                    f"JOIN record s ON s.id=t.[{said.field}] WHERE s.type=?",
                    (kind,),
                ).fetchall()
                number_again(connection, one, [record for (record,) in found if NATIONAL in belonging(one, record)])


def _change_set(connection: sqlite3.Connection, epoch_no: int, seq: int) -> range:
    """The rows that were committed together with this one."""
    ends = "SELECT seq FROM journal WHERE epoch=? AND seq{0}? AND json_extract(meta, '$[6]')=0 ORDER BY seq {1} LIMIT 1"
    before = connection.execute(ends.format("<", "DESC"), (epoch_no, seq)).fetchone()
    last = connection.execute(ends.format(">=", "ASC"), (epoch_no, seq)).fetchone()
    return range((before[0] if before else 0) + 1, (last[0] if last else seq) + 1)
