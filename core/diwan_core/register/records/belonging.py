"""Which scopes records belong to: what stands in a record, said by the post that made it or by the centre, and else the
units of that post.

A field that says so counts only where one of these two wrote the version that holds it: nobody else moves a record,
into a scope of its own or out of that of others (ADR 56). It follows from the merged state, so that every node finds
the same, whatever the order in which changes came."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from diwan_core.dictionary import RecordType
from diwan_core.dictionary.scopes import (
    NATIONAL,
    OPERATIONS,
    POSTS,
    UNITS,
    Scopes,
    names_one_post,
    scope_of_post,
    scopes_of,
)
from diwan_core.register.records.type_plan import PLANS

ADDRESSED: Final = "addressed"
"""How far a type travels of which only those records are kept from other posts that name one post as their reader, or
an operation."""
PICTURE: Final = "attachment"
"""The type of the records that name pictures and documents."""
_NOBODY: Final[frozenset[str]] = frozenset()
DEEPEST: Final = 3
"""Records that name each other, one behind the other, of which the first belongs where the last does."""
_heads = msgspec.json.Decoder(dict[str, list[tuple[int, str, int]]]).decode
_decode = msgspec.json.decode


class Item(NamedTuple):
    """A record by its type and id."""

    kind: str
    record: str


def fields_of(kind: str) -> tuple[str, ...]:
    """The fields of a type that say which scope a record belongs to."""
    plan = PLANS.get(kind)
    return () if plan is None else tuple(said.field for said in plan.declared.scopes)


_SELECT: Final[Mapping[str, str]] = {
    kind: "SELECT t.no, e.origin, t.heads, coalesce(x.halves, 0)"
    + "".join(f", t.[{name}]" for name in fields_of(kind))
    + f" FROM record r JOIN [{plan.table}] t ON t.no=r.no LEFT JOIN epoch e ON e.id=t.base_epoch "
    "LEFT JOIN erasure x ON x.record=r.id WHERE r.id=? AND r.type=?"
    for kind, plan in PLANS.items()
}
FOLLOWING: Final = tuple(
    (kind, said.field) for kind, plan in PLANS.items() for said in plan.declared.scopes if said.names == "record"
)
"""The types whose records belong where another does, each with the field that names it."""


def maker_of(connection: sqlite3.Connection, kind: str, record: str) -> tuple[int, str] | None:
    """The number of a record here, and the node that made it; None where there is no such record here."""
    row = connection.execute(
        f"SELECT t.no, coalesce(e.origin, '') FROM record r JOIN [{PLANS[kind].table}] t ON t.no=r.no "
        "LEFT JOIN epoch e ON e.id=t.base_epoch WHERE r.id=?",
        (record,),
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def is_known(connection: sqlite3.Connection, record: str) -> bool:
    """Whether a record is here."""
    return connection.execute("SELECT 1 FROM record WHERE id=?", (record,)).fetchone() is not None


def nothing_said(kind: str) -> str:
    """The condition, on table `t` of a type, that a record names nothing that says where it belongs, nor may have named
    it beside what is shown."""
    named = fields_of(kind)
    return "".join(f" AND t.[{name}] IS NULL" for name in named) + (" AND t.conflicts=0" if named else "")


class Belonging:
    """The scopes that records belong to, as they stand now, the national one included where all posts read a record of
    a type that travels to those whom it is addressed to. Make it anew for each transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._found: dict[tuple[str, bool, int], frozenset[str]] = {}
        self._units: dict[str, frozenset[str]] = {}
        self._origins: dict[str, str] = {}
        centre = connection.execute("SELECT id FROM node WHERE role='central' LIMIT 1").fetchone()
        self._centre = "" if centre is None else str(centre[0])
        self._addressed = set(addressed_kinds(connection))
        self._of_letters = set(kinds_of_letters(connection))

    def __call__(self, kind: str, record: str) -> frozenset[str]:
        """The scopes of a record; none where it is not known here."""
        return self._of(kind, record, 0, addressed=kind in self._addressed)

    def _of(self, kind: str, record: str, depth: int, *, addressed: bool) -> frozenset[str]:
        key = (record, addressed, depth)  # from further off, less of what it belongs to is looked at
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._look(kind, record, depth, addressed=addressed)
        return found

    def _look(self, kind: str, record: str, depth: int, *, addressed: bool) -> frozenset[str]:
        plan = PLANS.get(kind)
        row = None if plan is None else self._connection.execute(_SELECT[kind], (record, kind)).fetchone()
        if plan is None or row is None:
            return _NOBODY
        number, maker, heads, erased, *shown = row
        if erased & 1:
            return _NOBODY  # what it said of this was erased: its halves go to nobody any more
        values = dict(zip(fields_of(kind), shown, strict=True))
        if values and heads:  # also of what somebody has cleared
            values = self._said_by_right(plan.declared, values, number, str(maker or ""), _heads(heads))
        said = scopes_of(plan.declared, record, values)
        scopes, with_maker = set(said.named), said.with_maker
        if any(scope.startswith(POSTS) for scope in scopes):
            scopes |= self._post_of(str(maker or ""))
        elif addressed:
            scopes = {scope for scope in scopes if scope.startswith(OPERATIONS)}
            if not scopes:
                return self._of_all_or(said, str(maker or ""), depth)
        for other in said.records:
            known = self._connection.execute("SELECT type FROM record WHERE id=?", (other,)).fetchone()
            if known is not None and depth < DEEPEST:
                scopes |= self._of(known[0], other, depth + 1, addressed=False)
            else:
                with_maker = True
        return frozenset(scopes | self.units_of(str(maker or "")) if with_maker else scopes)

    def _post_of(self, maker: str) -> set[str]:
        """The scope of the post that wrote a letter: what the addressee writes into it is for that post too."""
        scope = scope_of_post(maker) if maker != self._centre else None
        return set() if scope is None else {scope}

    def _of_all_or(self, said: Scopes, maker: str, depth: int) -> frozenset[str]:
        """The scopes of a record that names neither a post nor an operation itself: the national one, unless it belongs
        to one that does."""
        for other in said.records:
            known = self._connection.execute("SELECT type FROM record WHERE id=?", (other,)).fetchone()
            if known is None or depth >= DEEPEST:
                return frozenset(self._post_of(maker))  # for nobody else before it is known what it belongs to
            if known[0] in self._of_letters:
                return self._of(known[0], other, depth + 1, addressed=True)
        return frozenset({NATIONAL})

    def _said_by_right(
        self,
        declared: RecordType,
        values: Mapping[str, Any],
        number: int,
        maker: str,
        heads: Mapping[str, list[tuple[int, str, int]]],
    ) -> dict[str, Any]:
        """The values of the latest version of each field that the maker of the record or the centre wrote."""
        found = {}
        for name, value in values.items():
            held = heads.get(declared.group_of(name))
            if held is None:
                found[name] = value  # the version that made the record
                continue
            ours = [head for head in held if self._origin(head[1]) in (maker, self._centre)]
            if len(held) == 1 and ours:
                found[name] = value
            elif ours:
                found[name] = self._beside(number, name, max(ours))
        return found

    def _beside(self, number: int, key: str, head: tuple[int, str, int]) -> Any:
        row = self._connection.execute(
            "SELECT value FROM alternative WHERE record=? AND key=? AND epoch=? AND seq=?", (number, key, *head[1:])
        ).fetchone()
        return None if row is None else _decode(row[0])

    def _origin(self, epoch: str) -> str:
        if epoch not in self._origins:
            row = self._connection.execute("SELECT origin FROM epoch WHERE id=?", (epoch,)).fetchone()
            self._origins[epoch] = "" if row is None else str(row[0])
        return self._origins[epoch]

    def units_of(self, node: str) -> frozenset[str]:
        """The units whose records a post makes, also while its keys are revoked."""
        if node not in self._units:
            sql = "SELECT scope FROM home WHERE node=? AND scope GLOB ?"
            self._units[node] = frozenset(row[0] for row in self._connection.execute(sql, (node, f"{UNITS}*")))
        return self._units[node]


def addressed_kinds(connection: sqlite3.Connection) -> list[str]:
    """The types of which only what is addressed to one post, or written in an operation, is kept from the others."""
    found = connection.execute("SELECT type FROM reach WHERE nominal=?", (ADDRESSED,))
    return [kind for (kind,) in found if kind in PLANS]


def kinds_of_letters(connection: sqlite3.Connection) -> list[str]:
    """The types of which letters are kept from other posts, those included of which more is kept: what is enclosed with
    a letter is not for all where less of the letters themselves is."""
    found = connection.execute("SELECT type FROM reach WHERE nominal<>'all'")
    return [kind for (kind,) in found if kind in PLANS and names_one_post(PLANS[kind].declared)]


def letters(connection: sqlite3.Connection, kinds: Iterable[str]) -> Iterator[Item]:
    """The records of these types that may be kept from other posts: those that name one post or an operation, those
    that belong to a record of a type of letters, and those that may have said so beside what is shown."""
    of_letters = kinds_of_letters(connection)
    marks = ", ".join("?" * len(of_letters))
    for kind in kinds:
        of_kind = f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no"
        for (record,) in connection.execute(f"{of_kind} WHERE t.conflicts>0"):
            yield Item(kind, record)
        for said in PLANS[kind].declared.scopes:
            of = of_kind
            if said.names in ("post", "operation"):
                found = connection.execute(f"{of} WHERE t.[{said.field}] IS NOT NULL")
            elif said.names == "record":
                of += f" JOIN record s ON s.id=t.[{said.field}] WHERE s.type IN ({marks})"
                found = connection.execute(of, of_letters)
            else:
                continue
            for (record,) in found:
                yield Item(kind, record)


# -- records that may belong elsewhere from now on --------------------------------------------------------------------

_SAID: Final = {
    kind: " OR ".join(f"json_type(j.rest, '$.{name}') IS NOT NULL" for name in fields_of(kind)) for kind in PLANS
}
_TOUCHES: Final = "CASE" + "".join(f" WHEN r.type='{kind}' THEN {said}" for kind, said in _SAID.items() if said)
_FOLLOWED: Final = "".join(
    f" OR EXISTS (SELECT 1 FROM [{PLANS[kind].table}] t WHERE t.[{name}]=r.id)" for kind, name in FOLLOWING
)
_MOVED: Final = (
    "SELECT DISTINCT r.type, r.id, json_type(j.meta, '$[8]')='null' FROM journal j JOIN record r ON r.no=j.record "
    "WHERE j.epoch=? AND j.seq BETWEEN ? AND ? AND j.verdict=0 AND CASE WHEN json_type(j.meta, '$[8]')='null' "
    f"THEN 0{_FOLLOWED} ELSE {_TOUCHES} WHEN 1 THEN 0 END END"
)


def moved_by(connection: sqlite3.Connection, epoch_no: int, runs: Iterable[tuple[int, int]]) -> set[Item]:
    """The records that may belong elsewhere through these rows, which were just applied: those of which a row changes
    what says so, and those that belong where one of them does."""
    found = [row for first, last in runs for row in connection.execute(_MOVED, (epoch_no, first, last))]
    made = {Item(kind, record) for kind, record, is_made in found if is_made}
    return with_followers(connection, {Item(kind, record) for kind, record, _ in found}, made)


def with_followers(connection: sqlite3.Connection, items: Iterable[Item], made: Collection[Item] = ()) -> set[Item]:
    """These records, and those that belong where one of them does. `made`: those that were not known here before; what
    belongs to one of them was for nobody but its maker."""
    found, fresh, addressed = set(items), set(items), set(addressed_kinds(connection))
    of_letters = set(kinds_of_letters(connection))
    for _ in range(DEEPEST):
        fresh = {
            one
            for item in fresh
            for one in followers(connection, item.record)
            if item in made or item.kind in of_letters or one.kind not in addressed
        } - found
        found |= fresh
    return found


def followers(connection: sqlite3.Connection, record: str) -> Iterator[Item]:
    """The records that name this one as that where they belong."""
    for kind, name in FOLLOWING:
        sql = f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no WHERE t.[{name}]=?"
        for (other,) in connection.execute(sql, (record,)):
            yield Item(kind, other)
