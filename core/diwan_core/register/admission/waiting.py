"""Change sets that wait for a change, a record or a release not known here, each with what it waits for first.

When that arrives they are due, and are judged again: some at once, the rest in the transactions that follow. What a
hostile post lets wait for ever, or releases all at once, costs other nodes' rows no more than a look into an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from diwan_core import world
from diwan_core.register.admission.moves import refused_move
from diwan_core.register.admission.newest_dictionary import newest_dictionary_of
from diwan_core.register.admission.verdict import FULL, Judge, Verdict, is_full, of_validation
from diwan_core.register.journal.row import Meta, Ref, Row
from diwan_core.register.records.apply import APPLIED, QUARANTINED, WAITING, Applier

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode

Released = tuple[int, str, int, int]
"""(epoch number, epoch id, first seq, last seq) of rows that wait no longer."""
AT_ONCE_S: Final = 0.05
"""For so long change sets that came due are judged in the transaction that made them so."""


MOST_SET_ASIDE: Final = 1_000
"""Lines in quarantine of one sender, beyond which rows that turn out to break a rule are only counted."""


class _Set(NamedTuple):
    """A change set that waited, as it lies in the journal."""

    first: int
    epoch_no: int
    epoch: str
    origin: str
    role: str
    rows: list[Row]


def note(connection: sqlite3.Connection, first: int, last: int, awaits: Ref) -> None:
    """Rows `first` to `last` of the journal are a change set that waits for this (see `judge.Verdict`)."""
    key, seq = awaits
    connection.execute(
        "INSERT OR REPLACE INTO waiting (first, last, key, seq, due) VALUES (?, ?, ?, ?, 0)", (first, last, key, seq)
    )


def note_all(connection: sqlite3.Connection) -> None:
    """List all that waits anew, each set as due: a release that did not keep the list may have written, or another
    dictionary have come."""
    connection.execute("DELETE FROM waiting")
    first = 0
    for number, meta in connection.execute("SELECT no, meta FROM journal WHERE verdict=2 ORDER BY no").fetchall():
        first = first or number
        if not _meta(meta).more:
            connection.execute(
                "INSERT INTO waiting (first, last, key, seq, due) VALUES (?, ?, '', 0, 1)", (first, number)
            )
            first = 0


def anything_waits(connection: sqlite3.Connection) -> bool:
    """Whether any change set waits."""
    return connection.execute("SELECT 1 FROM waiting LIMIT 1").fetchone() is not None


def anything_is_due(connection: sqlite3.Connection) -> bool:
    """Whether any is to be judged again."""
    return connection.execute("SELECT 1 FROM waiting WHERE due=1 LIMIT 1").fetchone() is not None


def note_arrival(
    connection: sqlite3.Connection, epoch: str, runs: Iterable[tuple[int, int]], records: Iterable[str]
) -> None:
    """Rows of an epoch (first, last seq) are known from now on and do not wait, and so are these records: what waited
    for one of them is due."""
    connection.executemany(
        "UPDATE waiting SET due=1 WHERE due=0 AND key=? AND seq BETWEEN ? AND ?",
        [(epoch, first, last) for first, last in runs],
    )
    connection.execute(
        "UPDATE waiting SET due=1 WHERE due=0 AND seq=0 AND key IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode([record for record in records if record]).decode(),),
    )


def all_arrived(connection: sqlite3.Connection) -> None:
    """Much is known from now on (a snapshot was joined): everything is due."""
    connection.execute("UPDATE waiting SET due=1 WHERE due=0")


def release(
    connection: sqlite3.Connection,
    seconds: float = AT_ONCE_S,
    monotonic: Callable[[], float] = world.monotonic_s,
    *,
    bounded: bool = False,
) -> list[Released]:
    """Judge what is due, for so long, at least one change set; what was applied, in order. What is due then still is so
    in the next transaction. `bounded`: at the centre, which lets no record grow beyond its bounds."""
    released: list[Released] = []
    end = monotonic() + seconds
    while (found := _next(connection)) is not None:
        _again(connection, found, released, bounded=bounded)
        if monotonic() >= end:
            break
    return released


def _next(connection: sqlite3.Connection) -> _Set | None:
    row = connection.execute("SELECT first, last FROM waiting WHERE due=1 ORDER BY first LIMIT 1").fetchone()
    if row is None:
        return None
    first, last = row
    epoch_no, epoch, origin, role = connection.execute(
        "SELECT e.no, e.id, e.origin, coalesce(n.role, 'central') FROM journal j JOIN epoch e ON e.no=j.epoch "
        "LEFT JOIN node n ON n.id=e.origin WHERE j.no=?",
        (first,),
    ).fetchone()
    held = connection.execute(
        "SELECT seq, meta, coalesce(rest, ''), nominal, coalesce(salt, x''), hash, commitments FROM journal "
        "WHERE no BETWEEN ? AND ? ORDER BY no",
        (first, last),
    )
    return _Set(first, epoch_no, epoch, origin, role, [_row(*values) for values in held])


def _row(seq: int, meta: str, rest: str, nominal: str | None, salt: bytes, digest: bytes, kept: bytes | None) -> Row:
    return Row(
        seq, _meta(meta), meta.encode(), rest.encode(), None if nominal is None else nominal.encode(),
        _half(rest) if rest else {}, None if nominal is None else _half(nominal), salt, digest, kept,
    )  # fmt: skip


def _again(connection: sqlite3.Connection, found: _Set, released: list[Released], *, bounded: bool) -> None:
    """Judge one change set again."""
    rows, touched = found.rows, {row.meta.record for row in found.rows}
    applier = Applier(connection)
    applier.known(touched)
    newest = newest_dictionary_of(connection, found.origin)
    verdict = Judge(connection, applier, found.role, newest=newest).of_set(rows, found.epoch)
    if verdict.code == WAITING:
        key, seq = verdict.awaits
        connection.execute("UPDATE waiting SET key=?, seq=?, due=0 WHERE first=?", (key, seq, found.first))
        return
    if bounded and verdict.code == APPLIED and is_full(applier, found.epoch, rows):
        verdict = FULL
    if bounded and verdict.code == APPLIED and (refused := refused_move(connection, found.origin, found.role, rows)):
        verdict = Verdict(QUARANTINED, refused)
    if bounded and verdict.code == APPLIED:
        verdict = of_validation(connection, rows, newest)
    connection.execute("DELETE FROM waiting WHERE first=?", (found.first,))
    for at, row in enumerate(rows):
        number = applier.apply(found.epoch, row, found.first + at) if verdict.code == APPLIED else None
        connection.execute(
            "UPDATE journal SET verdict=?, record=?, record_id=? WHERE no=?",
            (verdict.code, number, (row.meta.record or None) if number is None else None, found.first + at),
        )
    applier.finish()
    column = "applied" if verdict.code == APPLIED else "quarantined"
    connection.execute(
        f"UPDATE epoch SET waiting=waiting-?, {column}={column}+? WHERE no=?", (len(rows), len(rows), found.epoch_no)
    )
    if verdict.code == APPLIED:
        before = released[-1] if released else (0, "", 0, 0)
        if (before[0], before[3] + 1) == (found.epoch_no, rows[0].seq):
            released[-1] = (*before[:3], rows[-1].seq)
        else:
            released.append((found.epoch_no, found.epoch, rows[0].seq, rows[-1].seq))
    else:
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last, value_free) "
            "SELECT coalesce(heard, 0), origin, 'rule', ?, id, ?, ?, 1 FROM epoch WHERE no=? AND "
            "(SELECT count(*) FROM quarantine WHERE sender=origin) < ?",
            (verdict.why[:2000], rows[0].seq, rows[-1].seq, found.epoch_no, MOST_SET_ASIDE),
        )
    known = touched if verdict.code == APPLIED else ()
    note_arrival(connection, found.epoch, [(rows[0].seq, rows[-1].seq)], known)
