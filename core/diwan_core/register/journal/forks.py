"""Distinguishes a restored card from a cloned one, at the centre, by the epochs of an origin as they arrive.

Every epoch names the head its writer knew. Two epochs that go on from the same row, or from nothing, are a fork.
After a restore only the newer branch goes on; where rows of the older branch still come in from the line, two
machines write as one node: a clone.

New keys end a fork: whoever enrolled them chose one card, and brings back what the other one wrote. So epochs that were
here before a node's present keys are no sign of a second machine.

A centre put back may get both branches of an old fork again, from one machine and in any order. So a branch that a post
names as held counts from then on only where it has grown beyond what was named.

How an epoch stands among the branches is kept beside it (table `branch`) and changed when an epoch is opened or grows
for the first time, each time for few others: however long the chain of an origin's epochs, a parcel costs the same."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from diwan_core.register.storage.state import get_state, set_state

MOST_HELD: Final = 10_000
"""Epochs of one origin that are noted as held at the most."""
_NOTHING: Final = 0
"""In place of a parent's number, of epochs that go on from nothing."""
_SETTLED: Final = "settled:"
_HELD: Final = "held:"


class _Epoch(NamedTuple):
    """One epoch of an origin, with the number of its parent where that is here."""

    no: int
    origin: str
    name: str
    parent_name: str | None
    parent: int | None
    parent_seq: int | None
    seq: int


_SELECT: Final = (
    "SELECT e.no, e.origin, e.id, e.parent, p.no, e.parent_seq, e.seq FROM epoch e "
    "LEFT JOIN epoch p ON p.id=e.parent AND p.origin=e.origin AND p.no<>e.no "
)


def keys_changed(connection: sqlite3.Connection, origin: str) -> None:
    """Note at the centre that a node has other keys from now on. The branches known by now are settled."""
    (last,) = connection.execute("SELECT coalesce(max(no), 0) FROM epoch").fetchone()
    set_state(connection, _SETTLED + origin, last)
    connection.execute(
        "UPDATE branch SET overtaken=0, left_at=NULL WHERE epoch IN (SELECT no FROM epoch WHERE origin=?)", (origin,)
    )


def put_back(connection: sqlite3.Connection) -> None:
    """At a centre put back: what its posts hold is to be noted."""
    for (node,) in connection.execute("SELECT id FROM node WHERE role='post'").fetchall():
        set_state(connection, _HELD + node, "{}")
    connection.execute("DELETE FROM held")
    connection.execute("DELETE FROM branch")


def note_held(connection: sqlite3.Connection, origin: str, heads: Iterable[tuple[str, int]]) -> None:
    """After `put_back`: what one machine says that it holds of its own. The first word for an epoch stays."""
    if get_state(connection, _HELD + origin) is None:
        return
    (many,) = connection.execute("SELECT count(*) FROM held WHERE origin=?", (origin,)).fetchone()
    changed = False
    for name, seq in list(heads)[: max(0, MOST_HELD - many)]:
        fresh = connection.execute("INSERT OR IGNORE INTO held VALUES (?, ?, ?)", (origin, name, seq)).rowcount
        changed = changed or (
            fresh == 1
            and connection.execute("SELECT 1 FROM epoch WHERE id=? AND origin=?", (name, origin)).fetchone() is not None
        )
    if changed:
        _lay_out(connection, origin)


def take_over_held(connection: sqlite3.Connection) -> None:
    """Bring what an earlier release noted as held into the table, once."""
    notes = connection.execute("SELECT substr(key, ?), value FROM state WHERE key GLOB 'held:*'", (len(_HELD) + 1,))
    for origin, text in notes.fetchall():
        connection.executemany(
            "INSERT OR IGNORE INTO held VALUES (?, ?, ?)",
            [(origin, name, seq) for name, seq in json.loads(text).items()],
        )


def is_clone(connection: sqlite3.Connection, epoch_no: int) -> bool:
    """Whether rows just taken into an epoch belong to a branch beside which a newer one has been opened here."""
    enter(connection, epoch_no)
    overtaken, left_at, grown, seq, origin, name = connection.execute(
        "SELECT b.overtaken, b.left_at, b.grown, e.seq, e.origin, e.id FROM branch b JOIN epoch e ON e.no=b.epoch "
        "WHERE b.epoch=?",
        (epoch_no,),
    ).fetchone()
    if seq <= _held(connection, origin, name):
        return False
    if not grown:
        _grow(connection, origin, epoch_no)
    return bool(overtaken) or (left_at is not None and left_at < seq)


def enter(connection: sqlite3.Connection, epoch_no: int) -> bool:
    """Place an epoch among the branches of its origin, where it is not yet; whether it was not."""
    if connection.execute("SELECT 1 FROM branch WHERE epoch=?", (epoch_no,)).fetchone() is not None:
        return False
    epoch = _Epoch(*connection.execute(_SELECT + "WHERE e.no=?", (epoch_no,)).fetchone())
    unplaced = connection.execute(
        "SELECT 1 FROM epoch e LEFT JOIN branch b ON b.epoch=e.no WHERE b.epoch IS NULL AND e.no<>? AND "
        "(e.no=? OR (e.parent=? AND e.origin=?)) LIMIT 1",
        (epoch_no, epoch.parent, epoch.name, epoch.origin),
    ).fetchone()
    newer = connection.execute(
        "SELECT 1 FROM epoch e LEFT JOIN branch b ON b.epoch=e.no "
        "WHERE e.no>? AND +e.origin=? AND +e.parent IS ? AND b.epoch IS NULL LIMIT 1",
        (epoch_no, epoch.origin, epoch.parent_name),
    ).fetchone()
    if unplaced is None and newer is None:
        _place(connection, epoch)
    else:
        _lay_out(connection, epoch.origin)
    return True


def _held(connection: sqlite3.Connection, origin: str, name: str) -> int:
    row = connection.execute("SELECT seq FROM held WHERE origin=? AND epoch=?", (origin, name)).fetchone()
    return 0 if row is None else int(row[0])


def _settled(connection: sqlite3.Connection, origin: str) -> int:
    return int(get_state(connection, _SETTLED + origin) or 0)


def _place(connection: sqlite3.Connection, epoch: _Epoch) -> None:
    """Add an epoch, nearly always the newest. Epochs that go on from it may have arrived before it; and where its first
    parcel was taken in pieces, a newer one beside it may have been placed meanwhile."""
    settled = _settled(connection, epoch.origin)
    above = connection.execute("SELECT overtaken FROM branch WHERE epoch=?", (epoch.parent,)).fetchone()
    overtaken = (above is not None and bool(above[0])) or _has_newer_beside(connection, epoch, settled)
    connection.execute(
        "INSERT INTO branch (epoch, parent, grown, overtaken) VALUES (?, ?, 0, ?)",
        (epoch.no, epoch.parent, int(overtaken)),
    )
    early = connection.execute(
        "UPDATE branch SET parent=? WHERE epoch IN (SELECT no FROM epoch WHERE parent=? AND origin=? AND no<>?)",
        (epoch.no, epoch.name, epoch.origin, epoch.no),
    ).rowcount
    grown = epoch.seq > _held(connection, epoch.origin, epoch.name)
    if early:
        newest, left_at, any_grown = connection.execute(
            "SELECT max(b.epoch) FILTER (WHERE b.epoch>?2), min(e.parent_seq) FILTER (WHERE b.epoch>?2), count(*) "
            "FROM branch b JOIN epoch e ON e.no=b.epoch WHERE b.parent=?1 AND b.grown=1",
            (epoch.no, settled),
        ).fetchone()
        connection.execute("UPDATE branch SET left_at=? WHERE epoch=?", (left_at, epoch.no))
        _overtake(connection, epoch.no, 1 << 62 if overtaken else newest or 0)
        grown = grown or any_grown > 0
    if grown:
        _grow(connection, epoch.origin, epoch.no)


def _has_newer_beside(connection: sqlite3.Connection, epoch: _Epoch, settled: int) -> bool:
    """Whether a newer epoch that goes on from the same one, or from nothing too, is placed and has grown."""
    if epoch.parent is None and epoch.parent_name is not None:
        return False  # they are compared when the one they go on from comes
    found = connection.execute(
        "SELECT 1 FROM branch b CROSS JOIN epoch e ON e.no=b.epoch "
        "WHERE b.epoch>? AND b.grown=1 AND e.origin=? AND e.parent IS ? LIMIT 1",
        (max(epoch.no, settled), epoch.origin, epoch.parent_name),
    ).fetchone()
    return found is not None


def _overtake(connection: sqlite3.Connection, parent: int, before: int) -> None:
    """The branches that go on from `parent` and are older than epoch `before` have a newer one beside them."""
    _overtake_those("SELECT epoch FROM branch WHERE parent=? AND overtaken=0 AND epoch<?", connection, parent, before)


def _overtake_firsts(connection: sqlite3.Connection, origin: str, before: int) -> None:
    """The same of epochs that go on from nothing: a card was copied, or put back, before its first row."""
    first = (
        "SELECT b.epoch FROM branch b JOIN epoch e ON e.no=b.epoch "
        "WHERE e.origin=? AND e.parent IS NULL AND b.overtaken=0 AND b.epoch<?"
    )
    _overtake_those(first, connection, origin, before)


def _overtake_those(first: str, connection: sqlite3.Connection, *parameters: int | str) -> None:
    connection.execute(
        f"UPDATE branch SET overtaken=1 WHERE epoch IN (WITH RECURSIVE whole(no) AS ({first} "
        "UNION SELECT b.epoch FROM branch b JOIN whole w ON b.parent=w.no WHERE b.overtaken=0) SELECT no FROM whole)",
        parameters,
    )


def _grow(connection: sqlite3.Connection, origin: str, epoch_no: int) -> None:
    """An epoch has rows beyond those held: so have the branches it lies in, as far as they had none yet."""
    settled = _settled(connection, origin)
    number: int | None = epoch_no
    while number is not None:
        row = connection.execute(
            "SELECT b.parent, b.grown, e.parent_seq, e.parent FROM branch b JOIN epoch e ON e.no=b.epoch "
            "WHERE b.epoch=?",
            (number,),
        ).fetchone()
        if row is None or row[1]:
            return
        parent, _, parent_seq, parent_name = row
        connection.execute("UPDATE branch SET grown=1 WHERE epoch=?", (number,))
        if parent is not None and number > settled:
            _overtake(connection, parent, number)
            if parent_seq is not None:
                connection.execute(
                    "UPDATE branch SET left_at=min(coalesce(left_at, ?1), ?1) WHERE epoch=?2", (parent_seq, parent)
                )
        elif parent_name is None and number > settled:
            _overtake_firsts(connection, origin, number)
        number = parent


def _lay_out(connection: sqlite3.Connection, origin: str) -> None:
    """Work out anew how all epochs of an origin stand: after an update, and where what it holds is told."""
    settled = _settled(connection, origin)
    held = dict(connection.execute("SELECT epoch, seq FROM held WHERE origin=?", (origin,)).fetchall())
    epochs = {row[0]: _Epoch(*row) for row in connection.execute(_SELECT + "WHERE e.origin=?", (origin,))}
    children: dict[int, list[int]] = defaultdict(list)
    for epoch in epochs.values():
        if epoch.parent is not None:
            children[epoch.parent].append(epoch.no)
    grown: set[int] = set()
    for epoch in epochs.values():
        number: int | None = epoch.no if epoch.seq > held.get(epoch.name, 0) else None
        while number is not None and number not in grown:
            grown.add(number)
            number = epochs[number].parent
    left_at: dict[int, int] = {}
    behind: list[int] = []
    children[_NOTHING] = [epoch.no for epoch in epochs.values() if epoch.parent_name is None]
    for parent, ones in children.items():
        counted = [number for number in ones if number in grown and number > settled]
        behind += [number for number in ones if number < max(counted, default=0)]
        rows = [seq for number in counted if (seq := epochs[number].parent_seq) is not None]
        if rows:
            left_at[parent] = min(rows)
    overtaken: set[int] = set()
    while behind:
        number = behind.pop()
        if number not in overtaken:
            overtaken.add(number)
            behind += children.get(number, ())
    connection.executemany(
        "INSERT OR REPLACE INTO branch (epoch, parent, grown, overtaken, left_at) VALUES (?, ?, ?, ?, ?)",
        [
            (number, epoch.parent, int(number in grown), int(number in overtaken), left_at.get(number))
            for number, epoch in epochs.items()
        ],
    )
