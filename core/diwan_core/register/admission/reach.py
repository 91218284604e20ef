"""How far the nominal halves of records travel, and which scopes get them.

The ledger says it for each record type: to all posts, to the posts of the record's unit, or to the centre only. What
does not travel to all is left out of the national feed, whose rows keep its commitment, so that every chain verifies.
The members of a record's scopes read it there: the posts of a unit, one post, those of an operation (ADR 53, 56)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final, NamedTuple

from diwan_core.dictionary.scopes import UNITS
from diwan_core.register.admission import halves, snapshot_place
from diwan_core.register.admission.scope_log import NATIONAL, Run, append_runs
from diwan_core.register.erasure.erase import forget_pictures_of_others
from diwan_core.register.records.belonging import Belonging, Item, moved_by, nothing_said
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.state import forget_state, get_state, set_state

ALL: Final = "all"
UNIT: Final = "unit"
CENTRE: Final = "centre"
_FAR: Final[Mapping[str, int]] = {CENTRE: 0, UNIT: 1, ALL: 2}
PICTURE: Final = "attachment"
"""The type of the records that name pictures and documents."""
_HELD_BACK: Final = "held back after"
"""State: the first place of a feed after which something was not read that came; its number and hash."""


class Said(NamedTuple):
    """What the ledger says: for each type how far, with the number of the entry; and (node, scope) for each member of a
    scope beside the national one whose keys are not revoked."""

    reach: dict[str, tuple[str, int]]
    members: set[tuple[str, str]]
    homes: set[tuple[str, str]]
    """(node, scope) for each scope of a node, revoked ones included: where the records belong that it made."""


def held(connection: sqlite3.Connection) -> Said:
    """What this register has noted of it."""
    reach = {kind: (far, entry) for kind, far, entry in connection.execute("SELECT type, nominal, entry FROM reach")}
    members, homes = (
        set(connection.execute(f"SELECT node, scope FROM {table}").fetchall()) for table in ("member", "home")
    )
    return Said(reach, members, homes)


def restricted(connection: sqlite3.Connection) -> dict[str, str]:
    """The types whose nominal halves do not travel to all posts, each with how far they do."""
    return dict(connection.execute("SELECT type, nominal FROM reach WHERE nominal<>?", (ALL,)).fetchall())


def said_of(connection: sqlite3.Connection) -> list[str]:
    """The types of which the ledger ever said how far they travel."""
    return [kind for (kind,) in connection.execute("SELECT type FROM reach")]


def latest_entry(connection: sqlite3.Connection) -> int:
    """The number of the last entry of the ledger that says how far something travels; 0 where none does. What was
    sealed before it may hold more than is to be read now."""
    return int(connection.execute("SELECT coalesce(max(entry), 0) FROM reach").fetchone()[0])


def scopes_of(connection: sqlite3.Connection, node: str) -> list[str]:
    """The scopes beside the national one that a node is a member of."""
    return [row[0] for row in connection.execute("SELECT scope FROM member WHERE node=? ORDER BY scope", (node,))]


def shares_a_scope(connection: sqlite3.Connection, node: str, other: str) -> bool:
    """Whether two nodes are members of one scope beside the national one."""
    sql = "SELECT 1 FROM member a JOIN member b ON b.scope=a.scope WHERE a.node=? AND b.node=? LIMIT 1"
    return connection.execute(sql, (node, other)).fetchone() is not None


def note_held_back(connection: sqlite3.Connection, number: int, digest: bytes, scope: str = NATIONAL) -> None:
    """At a post: after this place of a feed something came that is not to be read here as things stand here. It may be
    from before the ledger, or the record, said so, or what says otherwise may still be on its way: then it is read
    again."""
    key = _held_back(scope)
    before = get_state(connection, key)
    if before is None or int(before[:16]) > number:
        set_state(connection, key, f"{number:016d}{digest.hex()}")


def read_again(connection: sqlite3.Connection, scope: str = NATIONAL) -> None:
    """Follow a feed from where something was held back first; rows known here are passed over. A snapshot of which
    parts are here begins anew."""
    key = _held_back(scope)
    noted = get_state(connection, key)
    if noted is not None:
        forget_state(connection, key)
        connection.execute(
            "UPDATE feed SET cursor=?, hash=? WHERE scope=? AND cursor>?",
            (int(noted[:16]), bytes.fromhex(noted[16:]), scope, int(noted[:16])),
        )
        snapshot_place.expect_again(connection, scope)


def _held_back(scope: str) -> str:
    return _HELD_BACK if scope == NATIONAL else f"{_HELD_BACK} {scope}"


class Hiding:
    """Which nominal halves the readers of a scope are not given."""

    def __init__(self, connection: sqlite3.Connection, scope: str) -> None:
        self._connection = connection
        self._scope = scope
        self._types = restricted(connection)
        self._belonging = Belonging(connection)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._types)

    @property
    def types(self) -> list[str]:
        """The record types of which something is left out."""
        return sorted(self._types)

    def __call__(self, kind: str, record: str) -> bool:
        """Whether the nominal half of a change to this record of this type is left out."""
        far = self._types.get(kind)
        if far is None:
            return False
        if self._scope == NATIONAL or far != UNIT:
            return True
        return self._scope not in self._belonging(kind, record)


# -- numbers ----------------------------------------------------------------------------------------------------------


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
    kinds = [kind for kind, far in restricted(connection).items() if far == UNIT and kind in PLANS]
    if kinds:
        _number_in_scopes(connection, epoch_no, epoch, runs, kinds)
    return made


def _number_in_scopes(
    connection: sqlite3.Connection, epoch_no: int, epoch: str, runs: list[tuple[int, int]], kinds: list[str]
) -> None:
    marks = ", ".join("?" * len(kinds))
    belonging = Belonging(connection)
    moved = {item for item in moved_by(connection, epoch_no, runs) if item.kind in kinds}
    by_scope: dict[str, list[int]] = {}
    for first, last in runs:
        rows = connection.execute(
            "SELECT j.seq, r.type, r.id FROM journal j JOIN record r ON r.no=j.record WHERE j.epoch=? "
            f"AND j.seq BETWEEN ? AND ? AND j.nominal IS NOT NULL AND r.type IN ({marks}) ORDER BY j.seq",
            (epoch_no, first, last, *kinds),
        ).fetchall()
        for seq, *item in rows:
            for scope in () if Item(*item) in moved else belonging(*item):
                by_scope.setdefault(scope, []).append(seq)
    for scope, seqs in sorted(by_scope.items()):
        append_runs(connection, scope, epoch_no, epoch, _stretches(seqs))
    for item in sorted(moved):
        for scope in sorted(belonging(*item)):
            _number_record(connection, scope, item.record)


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


def _complete(connection: sqlite3.Connection) -> None:
    """Number in each scope what belongs to it and has no number there yet: a post has joined a unit, or a type travels
    as far as its scopes from now on."""
    kinds = [kind for kind, far in restricted(connection).items() if far == UNIT and kind in PLANS]
    belonging, named = Belonging(connection), dict[str, list[Item]]()
    for item in _said_themselves(connection, kinds):
        for scope in belonging(*item):
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


_Found = tuple[int, int, str, int]
"""Number in the journal, number and id of the epoch, seq."""


def _said_themselves(connection: sqlite3.Connection, kinds: Iterable[str]) -> Iterator[Item]:
    """The records of these types that name something that says where they belong."""
    for kind in kinds:
        sql = f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no WHERE NOT (1{nothing_said(kind)})"
        for (record,) in connection.execute(sql):
            yield Item(kind, record)


def _rows_of_makers(connection: sqlite3.Connection, scope: str, kinds: Iterable[str]) -> Iterator[_Found]:
    """Rows of records that belong to a unit by the post that made them."""
    for kind in kinds if scope.startswith(UNITS) else ():
        yield from connection.execute(
            f"SELECT j.no, j.epoch, e.id, j.seq FROM [{PLANS[kind].table}] t "
            "JOIN epoch b ON b.id=t.base_epoch JOIN home m ON m.node=b.origin AND m.scope=? "
            "JOIN journal j ON j.record=t.no JOIN epoch e ON e.no=j.epoch "
            f"WHERE j.verdict=0 AND j.nominal IS NOT NULL{nothing_said(kind)}",
            (scope,),
        )


def _rows_of_records(connection: sqlite3.Connection, items: Iterable[Item]) -> Iterator[_Found]:
    for _, record in items:
        yield from connection.execute(
            "SELECT j.no, j.epoch, e.id, j.seq FROM record r JOIN journal j ON j.record=r.no "
            "JOIN epoch e ON e.no=j.epoch WHERE r.id=? AND j.verdict=0 AND j.nominal IS NOT NULL",
            (record,),
        )


def _number_again(connection: sqlite3.Connection, kind: str) -> None:
    """Give new numbers in the national scope to what was left out of it: its nominal halves travel to all from now
    on. Whole change sets, as everywhere in that scope."""
    if kind not in PLANS:
        return
    rows = connection.execute(
        f"SELECT j.no, j.epoch, e.id, j.seq FROM [{PLANS[kind].table}] t JOIN journal j ON j.record=t.no "
        "JOIN epoch e ON e.no=j.epoch WHERE j.verdict=0 AND j.nominal IS NOT NULL ORDER BY j.no"
    ).fetchall()
    for (epoch_no, epoch), found in groupby(rows, key=lambda row: (row[1], row[2])):
        seqs: dict[int, None] = {}
        for _, _, _, seq in found:
            if seq not in seqs:
                seqs.update(dict.fromkeys(_change_set(connection, epoch_no, seq)))
        append_runs(connection, NATIONAL, epoch_no, epoch, _stretches(seqs))


def _change_set(connection: sqlite3.Connection, epoch_no: int, seq: int) -> range:
    """The rows that were committed together with this one."""
    ends = "SELECT seq FROM journal WHERE epoch=? AND seq{0}? AND json_extract(meta, '$[6]')=0 ORDER BY seq {1} LIMIT 1"
    before = connection.execute(ends.format("<", "DESC"), (epoch_no, seq)).fetchone()
    last = connection.execute(ends.format(">=", "ASC"), (epoch_no, seq)).fetchone()
    return range((before[0] if before else 0) + 1, (last[0] if last else seq) + 1)


# -- what the ledger says ---------------------------------------------------------------------------------------------


def follow(connection: sqlite3.Connection, node: str, role: str, said: Said) -> None:
    """Do what the ledger says, in the transaction that takes its entries in. At the centre what travels further than
    before is numbered for those who get it. At a post what others wrote and travels less far than before, or belongs to
    a scope that somebody has left, is dropped; what this post may have of it comes again in its scopes."""
    before = held(connection)
    if before == said:
        return
    connection.execute("DELETE FROM reach")
    connection.execute("DELETE FROM member")
    connection.execute("DELETE FROM home")
    connection.executemany(
        "INSERT INTO reach (type, nominal, entry) VALUES (?, ?, ?)",
        [(kind, far, entry) for kind, (far, entry) in sorted(said.reach.items())],
    )
    connection.executemany("INSERT INTO member (node, scope) VALUES (?, ?)", sorted(said.members))
    connection.executemany("INSERT INTO home (node, scope) VALUES (?, ?)", sorted(said.homes))
    if role == "central":
        for kind in said.reach:
            if _far(said, kind) == _FAR[ALL] > _far(before, kind):
                _number_again(connection, kind)
        if _brings_more(before, said):
            _complete(connection)
        return
    lost = {kind for kind in said.reach if _far(said, kind) < _far(before, kind)}
    mine = {scope for member, scope in before.members if member == node}
    left = {scope for _, scope in before.homes - said.homes}
    left |= {scope for member, scope in before.members - said.members if member == node}
    if mine & left:
        lost |= {kind for kind in said.reach if _far(said, kind) == _FAR[UNIT]}
    if lost:
        halves.drop(connection, sorted(lost))
    if PICTURE in lost:
        forget_pictures_of_others(connection)
    if any(_far(said, kind) == _FAR[ALL] > _far(before, kind) for kind in said.reach):
        read_again(connection)
    # What a unit's scope brings may be more than before, or is to be brought again: it is read from its first number.
    connection.execute("DELETE FROM feed WHERE scope<>?", (NATIONAL,))


def _brings_more(before: Said, said: Said) -> bool:
    """Whether rows that are here belong to scopes in which they have no number: a post has joined a unit, or a type
    travels as far as its scopes now. All else was numbered as it came, also in scopes without members."""
    joined = any(scope.startswith(UNITS) for _, scope in said.homes - before.homes)
    return joined or any(_far(said, kind) == _FAR[UNIT] != _far(before, kind) for kind in said.reach)


def _far(said: Said, kind: str) -> int:
    return _FAR[said.reach[kind][0]] if kind in said.reach else _FAR[ALL]
