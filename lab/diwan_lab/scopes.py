"""Checks how far what names people has travelled: what of it is at posts that it is not for, and what is not where it
is to be.

Read from databases and files only; the rules are docs/protocol.md, "How far nominal halves travel".
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from diwan_lab.checker import reading
from diwan_lab.erased import traces
from diwan_lab.officers import Told
from diwan_lab.revoked import node_id

TYPES: Final = ("case", "attachment")
UNITS: Final = ("north", "south")
_Members = set[tuple[str, str]]
"""(node, scope) for the members of scopes, or for where the records of nodes belong."""


class Said(NamedTuple):
    """What the ledger says: how far each type travels, the members of scopes, and where records of nodes belong."""

    far: dict[str, str]
    members: _Members
    homes: _Members

    def reads(self, post: str, type_: str, scopes: frozenset[str]) -> bool:
        """Whether a post reads what others wrote of people in a record of this type that belongs to these scopes."""
        far = self.far.get(type_, "all")
        return far == "all" or (far == "unit" and any((post, scope) in self.members for scope in scopes))


def operation_of(central: Path, code: str) -> str:
    """The id of the record of the operation with this code."""
    with reading(central) as centre:
        sql = "SELECT r.id FROM record_operation t JOIN record r ON r.no=t.no WHERE t.code=?"
        return str(centre.execute(sql, (code,)).fetchone()[0])


def is_level(central: Path, posts: Sequence[Path]) -> bool:
    """Whether every post knows what the centre knows of scopes, has read those it is a member of to their ends, and has
    written its files anew."""
    with reading(central) as centre:
        said = _said(centre)
        heads = dict(centre.execute("SELECT scope, max(last) FROM scope_run GROUP BY scope"))
    for post in posts:
        mine = {scope for node, scope in said.members if node == node_id(post)}
        with reading(post) as reader:
            places = dict(reader.execute("SELECT scope, cursor FROM feed"))
            due = reader.execute("SELECT 1 FROM state WHERE key='purge'").fetchone()
            if due or _said(reader) != said or any(places.get(scope, 0) != heads.get(scope, 0) for scope in mine):
                return False
    return True


def out_of_scope(central: Path, posts: Sequence[Path], told: Sequence[Told]) -> list[str]:
    """What is at a post and not for it: halves in its database, and in any of its files words of narratives that others
    wrote and pictures that others took; and cases that were moved by a node that may not move them."""
    with reading(central) as centre:
        said, belongs, found = _said(centre), _belongings(centre), _moved_by_others(centre)
    for post in posts:
        mine = node_id(post)
        hidden, unseen = (
            {record for record, scopes in belongs.items() if not said.reads(mine, type_, scopes)} for type_ in TYPES
        )
        with reading(post) as reader:
            rows = reader.execute(
                "SELECT json_extract(j.meta, '$[0]'), e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch "
                "WHERE e.own=0 AND j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]')='case'"
            ).fetchall()
        found += [
            f"{post.name}: row {epoch}:{seq} of {record} holds what names people"
            for record, epoch, seq in rows
            if record in hidden
        ]
        others = [one for one in told if one.post != post.name]
        words = {one.mark for one in others if one.kind == "edit" and one.record in hidden}
        pictures = {one.sha256 for one in others if one.kind == "picture" and one.record in unseen}
        found += [f"out of scope: {words}" for words in traces([post], words, pictures)]
    return found


def lacking(central: Path, posts: Sequence[Path]) -> list[str]:
    """Cases of which a post does not hold what names people as the centre does, though it may read them."""
    with reading(central) as centre:
        said, belongs, whole = _said(centre), _belongings(centre), _nominal(centre)
    found = []
    for post in posts:
        with reading(post) as reader:
            held = _nominal(reader)
        found += [
            f"{post.name}: case {record} is not as at the centre, and it is for this post"
            for record, scopes in belongs.items()
            if said.reads(node_id(post), "case", scopes) and held.get(record) != whole.get(record)
        ]
    return found


def in_words(central: Path) -> str:
    """How far cases travel now, and how many of them belong where, for whoever watches."""
    with reading(central) as centre:
        said, belongs = _said(centre), _belongings(centre)
    units, operations = (
        sum(any(scope.startswith(kind) for scope in scopes) for scopes in belongs.values()) for kind in ("unit-", "op-")
    )
    return (
        f"{len(belongs)} cases, {units} of units and {operations} of operations, travel to "
        f"{said.far.get('case', 'all')}; {len(said.members)} memberships"
    )


def _belongings(centre: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Record id -> the scopes each case belongs to. What a case says of it counts whoever wrote it: that nobody but its
    maker and the centre did is looked at apart (`_moved_by_others`)."""
    homes = _said(centre).homes
    found = {}
    for record, maker, unit, operation, erased in centre.execute(
        "SELECT r.id, e.origin, t.unit, t.operation, coalesce(x.halves, 0) FROM record_case t JOIN record r ON "
        "r.no=t.no JOIN epoch e ON e.id=t.base_epoch LEFT JOIN erasure x ON x.record=r.id"
    ):
        scopes = {f"unit-{unit}"} if unit else {scope for node, scope in homes if node == maker}
        if operation:
            scopes.add(f"op-{operation}")
        found[record] = frozenset() if erased & 1 else frozenset(scopes)
    return found


def _moved_by_others(centre: sqlite3.Connection) -> list[str]:
    rows = centre.execute(
        "SELECT r.id, w.origin FROM journal j JOIN epoch w ON w.no=j.epoch JOIN record r ON r.no=j.record "
        "JOIN record_case t ON t.no=r.no JOIN epoch e ON e.id=t.base_epoch WHERE j.verdict=0 AND r.type='case' "
        "AND (json_type(j.rest, '$.unit') NOT NULL OR json_type(j.rest, '$.operation') NOT NULL) "
        "AND w.origin<>e.origin AND w.origin NOT IN (SELECT id FROM node WHERE role='central')"
    )
    return [f"case {record} was moved by {origin}, which neither made it nor is the centre" for record, origin in rows]


def _nominal(reader: sqlite3.Connection) -> Mapping[str, object]:
    rows = reader.execute(
        "SELECT r.id, CASE WHEN t.rest IS NULL THEN j.nominal ELSE t.nominal END FROM record_case t "
        "JOIN record r ON r.no=t.no LEFT JOIN journal j ON j.no=t.base"
    )
    return {record: json.loads(half) if half else {} for record, half in rows}


def _said(reader: sqlite3.Connection) -> Said:
    execute = reader.execute
    far = dict(execute("SELECT type, nominal FROM reach").fetchall())
    members, homes = (set(execute(f"SELECT node, scope FROM {table}").fetchall()) for table in ("member", "home"))
    return Said(far, members, {(node, scope) for node, scope in homes if scope.startswith("unit-")})
