"""Telling a restored card from a cloned one, by the epochs of an origin as they reach the centre.

Every epoch names the head its writer knew. Two epochs that go on from the same row are a fork. After a restore
only the newer branch goes on; where rows of the older branch still come in from the line, two machines write as
one node: a clone.

New keys end a fork: whoever enrolled them chose one card, and brings back what the other one wrote. So epochs that were
here before a node's present keys are no sign of a second machine.

A centre put back may get both branches of an old fork again, from one machine and in any order. So a branch that a post
names as held counts from then on only where it has grown beyond what was named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from diwan_core.register.journal import get_state, set_state

MAX_DEPTH: Final = 10_000
_SETTLED: Final = "settled:"
_HELD: Final = "held:"


def keys_changed(connection: sqlite3.Connection, origin: str) -> None:
    """At the centre: a node has other keys from now on. The branches known by now are settled."""
    (last,) = connection.execute("SELECT coalesce(max(no), 0) FROM epoch").fetchone()
    set_state(connection, _SETTLED + origin, last)


def put_back(connection: sqlite3.Connection) -> None:
    """At a centre put back: what its posts hold is to be noted."""
    for (node,) in connection.execute("SELECT id FROM node WHERE role='post'").fetchall():
        set_state(connection, _HELD + node, "{}")


def note_held(connection: sqlite3.Connection, origin: str, heads: Iterable[tuple[str, int]]) -> None:
    """After `put_back`: what one machine says that it holds of its own. The first word for an epoch stays."""
    known = get_state(connection, _HELD + origin)
    if known is not None:
        held = {**dict(heads), **json.loads(known)}
        set_state(connection, _HELD + origin, json.dumps(dict(list(held.items())[:MAX_DEPTH])))


def is_clone(connection: sqlite3.Connection, epoch_no: int) -> bool:
    """Whether rows just taken into an epoch belong to a branch beside which a newer one has been opened here."""
    return any(_beside(connection, epoch_no))


def _beside(connection: sqlite3.Connection, epoch_no: int) -> list[bool]:
    """For each newer branch beside that of an epoch, whether it has grown beyond what one machine said it holds; as if
    none had where this one has not."""
    child = settled = 0
    held: dict[str, int] = {}
    number: int | None = epoch_no
    seen: set[int | None] = set()
    found: list[bool] = []
    while number not in seen and len(seen) < MAX_DEPTH:  # an evil post's epochs may name each other
        name, origin, parent, seq = connection.execute(
            "SELECT id, origin, parent, seq FROM epoch WHERE no=?", (number,)
        ).fetchone()
        if not seen:
            settled = get_state(connection, _SETTLED + origin) or 0
            held = json.loads(get_state(connection, _HELD + origin) or "{}")
            if seq <= held.get(name, 0):
                return [False]
        seen.add(number)
        beside = connection.execute(
            "SELECT id FROM epoch WHERE origin=? AND parent=? AND no>? AND (? OR parent_seq<?) LIMIT 10",
            (origin, name, max(child, settled), child > 0, seq),
        ).fetchall()
        found += [_has_grown(connection, origin, branch, held) for (branch,) in beside]
        if any(found) or parent is None:
            break
        row = connection.execute("SELECT no FROM epoch WHERE id=? AND origin=?", (parent, origin)).fetchone()
        if row is None:
            break
        child, number = number or 0, row[0]
    return found


def _has_grown(connection: sqlite3.Connection, origin: str, branch: str, held: dict[str, int]) -> bool:
    """Whether a branch or one that goes on from it has rows beyond those held."""
    if not held:
        return True
    rows = connection.execute(
        "WITH RECURSIVE whole(id, seq) AS (SELECT id, seq FROM epoch WHERE id=? AND origin=? "
        "UNION SELECT e.id, e.seq FROM epoch e JOIN whole w ON e.parent=w.id WHERE e.origin=?) "
        "SELECT id, seq FROM whole LIMIT ?",
        (branch, origin, origin, MAX_DEPTH),
    )
    return any(seq > held.get(name, 0) for name, seq in rows)


class Branches:
    """`is_clone`, asked for every parcel: the way back through all boots of an origin is walked once, and again where
    another epoch of it is opened or its keys changed."""

    def __init__(self) -> None:
        self._single: dict[int, tuple[int, int]] = {}

    def is_clone(self, connection: sqlite3.Connection, epoch_no: int) -> bool:
        """See the function."""
        name, origin, seq = connection.execute("SELECT id, origin, seq FROM epoch WHERE no=?", (epoch_no,)).fetchone()
        (latest,) = connection.execute("SELECT max(no) FROM epoch WHERE origin=?", (origin,)).fetchone()
        mark = (latest, get_state(connection, _SETTLED + origin) or 0)
        # What else can change without a new epoch: rows of this one behind those that another goes on from.
        left = connection.execute(
            "SELECT 1 FROM epoch WHERE origin=? AND parent=? AND parent_seq<?", (origin, name, seq)
        ).fetchone()
        if left is None and self._single.get(epoch_no) == mark:
            return False
        if beside := _beside(connection, epoch_no):
            return any(beside)
        if len(self._single) > MAX_DEPTH:
            self._single.clear()
        self._single[epoch_no] = mark
        return False
