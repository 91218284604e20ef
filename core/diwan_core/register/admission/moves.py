"""Records that change their scope: who may move one, and what a post does that may not read it any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from diwan_core.register.admission.how_far import kinds_in_scopes, restricted
from diwan_core.register.admission.may_fetch import may_keep
from diwan_core.register.admission.reach import drop_unreadable, note_held_back, read_again, scopes_of
from diwan_core.register.admission.scope_log import NATIONAL, feed_start
from diwan_core.register.erasure.erase import forget_pictures_of
from diwan_core.register.journal.row import Row
from diwan_core.register.records.belonging import (
    ADDRESSED,
    PICTURE,
    Belonging,
    Item,
    addressed_kinds,
    fields_of,
    letters,
    maker_of,
    moved_by,
    with_followers,
)

MOVES_SINCE: Final = 4
"""The version of the dictionary from which on only the maker of a record and the centre say where it belongs."""
MOST_MOVES: Final = 100
"""How often the post that made a record may move it: each time the rows of the record are sent anew."""
NOT_YOURS: Final = "only the post that made a record, and the centre, say where it belongs"
TOO_OFTEN: Final = "its post has moved it too often; the centre may move it"


def refused_move(connection: sqlite3.Connection, origin: str, role: str, rows: Iterable[Row]) -> str:
    """Why the centre does not take a change set that says where a record belongs; empty where it does. Rows of an
    earlier dictionary are taken as long as everything travels to all: they were written before it said anything."""
    if role == "central":
        return ""
    for row in rows:
        if row.meta.seen is None or not (said := [name for name in fields_of(row.meta.type) if name in row.rest]):
            continue
        maker = maker_of(connection, row.meta.type, row.meta.record)
        if maker is None:
            continue  # it was made in this very transaction, by the same post
        number, made_by = maker
        if made_by != origin and (row.meta.dictionary >= MOVES_SINCE or _is_narrowed(connection, row.meta.type)):
            return NOT_YOURS
        if made_by == origin and _moves(connection, number, origin, said) >= MOST_MOVES:
            return TOO_OFTEN
    return ""


def _is_narrowed(connection: sqlite3.Connection, kind: str) -> bool:
    """Whether rows of a type by earlier releases may not say where a record belongs: the type is kept from some posts,
    or somebody decided how far another one travels; that letters are for one post alone goes without saying."""
    far = restricted(connection)
    return kind in far or any(one != ADDRESSED for one in far.values())


def _moves(connection: sqlite3.Connection, number: int, origin: str, names: Sequence[str]) -> int:
    said = " OR ".join(f"json_type(j.rest, '$.{name}') IS NOT NULL" for name in names)
    found = connection.execute(
        "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch AND e.origin=? "
        f"WHERE j.record=? AND j.verdict=0 AND json_type(j.meta, '$[8]')<>'null' AND ({said})",
        (origin, number),
    ).fetchone()
    return int(found[0])


# -- at a post --------------------------------------------------------------------------------------------------------


def is_scoped(connection: sqlite3.Connection) -> bool:
    """Whether it matters here where records belong."""
    return bool(kinds_in_scopes(connection))


def held_seq(connection: sqlite3.Connection, epoch_no: int) -> int:
    """The last row of an epoch here; 0 where there is none yet."""
    found = connection.execute("SELECT seq FROM epoch WHERE no=?", (epoch_no,)).fetchone()
    return 0 if found is None else int(found[0])


def settle_runs(connection: sqlite3.Connection, node: str, epoch_no: int, runs: Iterable[tuple[int, int]]) -> None:
    """Do at a post what rows just applied say of where records belong."""
    if is_scoped(connection):
        settle(connection, node, moved_by(connection, epoch_no, runs))


def settle_all(connection: sqlite3.Connection, node: str) -> None:
    """The same for all records: a snapshot was joined."""
    addressed = addressed_kinds(connection)
    if drop_unreadable(connection, node, letters(connection, addressed)):
        note_held_back(connection, 0, feed_start(NATIONAL))
    for kind in set(kinds_in_scopes(connection)) - set(addressed):
        found = connection.execute(
            "SELECT DISTINCT r.id FROM record r JOIN journal j ON j.record=r.no AND j.nominal IS NOT NULL "
            "JOIN epoch e ON e.no=j.epoch AND e.own=0 WHERE r.type=?",
            (kind,),
        )
        settle(connection, node, {Item(kind, record) for (record,) in found.fetchall()})


def settle_erased(connection: sqlite3.Connection, node: str) -> None:
    """The same for records of which the law took what said where they belong."""
    if is_scoped(connection):
        found = connection.execute(
            "SELECT r.type, r.id FROM erasure x JOIN record r ON r.id=x.record WHERE x.halves & 1"
        ).fetchall()
        settle(connection, node, with_followers(connection, {Item(*row) for row in found}))


def settle(connection: sqlite3.Connection, node: str, items: Iterable[Item]) -> None:
    """Drop what others wrote into these records where this post may not read it any more; of what it may read, read
    again what came before it was known here. An entry that lets all read what was dropped may be on its way, from
    before these rows: then the feed is read again from its start."""
    kinds = set(kinds_in_scopes(connection))
    items = sorted(item for item in items if item.kind in kinds)
    if not items:
        return
    belonging, mine = Belonging(connection), set(scopes_of(connection, node))
    for scope in sorted({scope for item in items for scope in mine & belonging(*item)}):
        read_again(connection, scope)
    if drop_unreadable(connection, node, items):
        note_held_back(connection, 0, feed_start(NATIONAL))


def settle_letters(
    connection: sqlite3.Connection,
    node: str,
    epoch_no: int,
    runs: Iterable[tuple[int, int]],
    rows: Iterable[Row],
    place: tuple[int, bytes],
) -> None:
    """Drop at a post what rows brought of letters to other posts: they were sealed before the ledger said anything, or
    after it said of these letters, in an entry that is still on its way, that they are for all. `rows`: those that came
    after `place` in the national feed; `runs`: those of the epoch that were applied through them."""
    if not (kinds := set(addressed_kinds(connection))):
        return
    came = {Item(row.meta.type, row.meta.record) for row in rows if row.nominal_json is not None}
    for first, last in runs:
        sql = "SELECT r.type, r.id FROM journal j JOIN record r ON r.no=j.record WHERE j.epoch=? "
        sql += "AND j.seq BETWEEN ? AND ? AND j.nominal IS NOT NULL"
        came |= {Item(*found) for found in connection.execute(sql, (epoch_no, first, last))}
    if drop_unreadable(connection, node, sorted(item for item in came if item.kind in kinds)):
        note_held_back(connection, *place)


def forget_kept_pictures(connection: sqlite3.Connection, node: str, rows: Iterable[Row]) -> None:
    """Forget at a post the pictures whose records came without what names people, since they are not for it: their
    files may be here from before a database was put back, or a snapshot was joined, that did not know the record."""
    if PICTURE not in restricted(connection):
        return
    for row in rows:
        if row.meta.type == PICTURE and row.nominal_json is None:
            here = connection.execute(
                "SELECT b.sha256 FROM record r JOIN record_attachment a ON a.no=r.no JOIN blob b ON b.sha256=a.sha256 "
                "WHERE r.id=? AND b.own=0",
                (row.meta.record,),
            ).fetchone()
            if here is not None and not may_keep(connection, node, here[0]):
                forget_pictures_of(connection, [row.meta.record])
