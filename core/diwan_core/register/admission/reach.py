"""How far the nominal halves of records travel, and which scopes get them.

The ledger says it for each record type (`how_far`): to all posts, to all but those of letters to one post, to the
posts of the record's unit, or to the centre only. What does not travel to all is left out of the national feed, whose
rows keep its commitment, so that every chain verifies. The members of a record's scopes read it there: the posts of a
unit, one post, those of an operation (ADR 53, 56)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

from diwan_core.dictionary.scopes import UNITS
from diwan_core.register.admission import halves, snapshot_place
from diwan_core.register.admission.how_far import ALL, CENTRE, FAR, UNIT, restricted
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.admission.scope_numbers import (
    complete,
    number_again,
    number_enclosed,
    number_read_too_early,
    number_unaddressed,
)
from diwan_core.register.erasure.erase import forget_pictures_of, forget_pictures_of_others
from diwan_core.register.records.belonging import ADDRESSED, PICTURE, Belonging, Item, addressed_kinds, letters
from diwan_core.register.records.kept_back import left_out
from diwan_core.register.storage.state import forget_state, get_state, set_state

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


def ask_for_own_words(connection: sqlite3.Connection) -> bool:
    """At a post: follow the national feed from its start where it knows rows of its own by a snapshot alone, which was
    made without what they say of people, or this was dropped of what the snapshot had brought; whether it does. It is
    sent the rows themselves then, sealed to it, and nobody else's words."""
    kinds = left_out(connection) & {kind for kind, far in restricted(connection).items() if far in (UNIT, CENTRE)}
    own = "SELECT 1 FROM joint b JOIN epoch e ON e.no=b.epoch AND e.own=1 LIMIT 1"
    if not kinds or connection.execute(own).fetchone() is None:
        return False
    connection.execute("DELETE FROM feed WHERE scope=?", (NATIONAL,))
    return True


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
        if far == CENTRE or (self._scope == NATIONAL and far == UNIT):
            return True
        return self._scope not in self._belonging(kind, record)


def drop_unreadable(connection: sqlite3.Connection, node: str, items: Iterable[Item]) -> bool:
    """At a post: drop what others wrote into those of these records that it may not read, with the pictures; whether
    anything of it was here."""
    belonging, mine = Belonging(connection), {NATIONAL, *scopes_of(connection, node)}
    gone = [item for item in items if mine.isdisjoint(belonging(*item))]
    halves.note_left_out(connection, {kind for kind, _ in gone})
    dropped = halves.drop_records(connection, gone)
    forget_pictures_of(connection, [record for kind, record in gone if kind == PICTURE])
    return dropped


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
            if _far(said, kind) == FAR[ALL] > _far(before, kind):
                number_again(connection, kind)
                number_enclosed(connection, kind)
            elif _far(said, kind) == FAR[ADDRESSED] > _far(before, kind):
                number_unaddressed(connection, kind)
        if any(_far(said, kind) < _far(before, kind) for kind in said.reach):
            number_read_too_early(connection)
        if _brings_more(before, said):
            complete(connection)
        return
    lost = {kind for kind in said.reach if _far(said, kind) < min(_far(before, kind), FAR[ADDRESSED])}
    mine = {scope for member, scope in before.members if member == node}
    left = {scope for _, scope in before.homes - said.homes}
    left |= {scope for member, scope in before.members - said.members if member == node}
    if mine & left:
        lost |= {kind for kind in said.reach if _far(said, kind) == FAR[UNIT]}
    if lost:
        halves.drop(connection, sorted(lost))
    if PICTURE in lost:
        forget_pictures_of_others(connection)
    drop_unreadable(connection, node, letters(connection, addressed_kinds(connection)))
    if lost:
        ask_for_own_words(connection)
    if any(_far(said, kind) > max(_far(before, kind), FAR[UNIT]) for kind in said.reach):
        read_again(connection)
    # What a unit's scope brings may be more than before, or is to be brought again: it is read from its first number.
    connection.execute("DELETE FROM feed WHERE scope<>?", (NATIONAL,))


def _brings_more(before: Said, said: Said) -> bool:
    """Whether rows that are here belong to scopes in which they have no number: a post has joined a unit, or a type
    travels as far as its scopes now, or what is enclosed with its records does. All else was numbered as it came, also
    in scopes without members."""
    joined = any(scope.startswith(UNITS) for _, scope in said.homes - before.homes)
    return joined or any(_far(said, kind) != _far(before, kind) for kind in said.reach)


def _far(said: Said, kind: str) -> int:
    return FAR[said.reach[kind][0]] if kind in said.reach else FAR[ALL]
