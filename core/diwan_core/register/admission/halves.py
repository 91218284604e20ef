"""Nominal halves of others' rows that come later than the rows, or go again while the rows stay.

A row without its nominal half keeps its commitment, and the chain verifies. What is shown of a record is what the
halves give that are here: they are merged again, in the order of what each change saw, whenever one comes or goes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from diwan_core.dictionary import RecordType
from diwan_core.register.admission.bundle import Bundle, NotAdmitted, holds, known_by_snapshot
from diwan_core.register.admission.left_out import joined_up_to, left_out_of
from diwan_core.register.erasure.erase import NOMINAL, note_halves_dropped
from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.index.folding import Folding
from diwan_core.register.journal.row import NO_COMMITMENT, Meta, Row
from diwan_core.register.records import merge
from diwan_core.register.records.apply import APPLIED, load_state, reindex, store_state, without_halves
from diwan_core.register.records.kept_back import LEFT_OUT, left_out
from diwan_core.register.records.replay import changes_of, replay_upon
from diwan_core.register.records.type_plan import PLANS, Derived, TypePlan
from diwan_core.register.storage.state import set_state

_meta = msgspec.json.Decoder(Meta).decode


class NotHereYet(Exception):
    """A row whose nominal half came is not here: the national feed brings it."""


class _Open(NamedTuple):
    plan: TypePlan
    folding: Folding
    was: Derived


def note_left_out(connection: sqlite3.Connection, kinds: Iterable[str]) -> None:
    """A snapshot that is being joined has no nominal halves of these types."""
    for kind in kinds:
        set_state(connection, f"{LEFT_OUT}{kind}", 1)


def forget_left_out(connection: sqlite3.Connection) -> None:
    """Another snapshot is being joined."""
    connection.execute("DELETE FROM state WHERE key GLOB ?", (f"{LEFT_OUT}*",))


# -- halves that come -------------------------------------------------------------------------------------------------


def fill(connection: sqlite3.Connection, bundle: Bundle, kinds: Iterable[str], *, strict: bool) -> int:
    """Take the nominal halves of these types that a bundle brings for rows known here without; how many there were.
    `strict`: raises NotHereYet where a row is not known here. Raises NotAdmitted where one is not the row known."""
    kinds = set(kinds)
    coming = [row for row in bundle.rows or () if row.nominal_json is not None and row.meta.type in kinds]
    if not coming:
        return 0
    filling = _Filling(connection, bundle)
    for row in coming:
        filling.take(row, strict=strict)
    return filling.finish()


class _Filling:
    """The rows of one bundle on their way into rows known without a half."""

    def __init__(self, connection: sqlite3.Connection, bundle: Bundle) -> None:
        found = connection.execute("SELECT no, seq FROM epoch WHERE id=?", (bundle.epoch,)).fetchone()
        self._connection = connection
        self._bundle = bundle
        self._epoch: int = 0 if found is None else found[0]
        noted = joined_up_to(connection, bundle.epoch)
        if noted is None and found is not None:
            noted = known_by_snapshot(connection, bundle.epoch, *found)
        self._by_snapshot = noted or 0
        self._left_out = left_out(connection)
        self._erased: dict[str, int] = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
        self._open: dict[int, _Open] = {}
        self._count = 0

    def take(self, row: Row, *, strict: bool) -> None:
        """Take one row."""
        held = self._connection.execute(
            "SELECT no, rest, nominal, commitments, record, verdict, hash FROM journal WHERE epoch=? AND seq=?",
            (self._epoch, row.seq),
        ).fetchone()
        row_left = without_halves(row, self._erased.get(row.meta.record, 0))
        if held is not None:
            number, rest, nominal, kept, record, verdict, digest = held
            if nominal is not None or kept is None or kept[32:] == NO_COMMITMENT:
                return
            if digest != row.hash:
                raise NotAdmitted("fork", f"row {row.seq} of epoch {self._bundle.epoch} is not the one known here")
            if row_left.nominal_json is None or (rest is not None and not row_left.rest_json):
                return
            if verdict == APPLIED and record is not None and not self._is_said_by_snapshot(row):
                self._open_record(row.meta.type, record)
            self._connection.execute(
                "UPDATE journal SET rest=?, nominal=?, salt=?, commitments=? WHERE no=?",
                (*_values(row_left), number),
            )
            self._count += 1
        elif self._is_by_snapshot(row):
            self._insert(row, row_left)
        elif strict:
            raise NotHereYet(f"row {row.seq} of epoch {self._bundle.epoch}")

    def _is_said_by_snapshot(self, row: Row) -> bool:
        """Whether a snapshot brought what a row made with what it says of people: it is in the record already, as is
        what other rows say that are known by that snapshot alone, and would be lost if it were merged from rows."""
        return row.meta.type not in self._left_out and self._is_by_snapshot(row)

    def _is_by_snapshot(self, row: Row) -> bool:
        """Whether what a row made came with a snapshot."""
        if row.seq > self._by_snapshot:
            return False
        return next(left_out_of(self._connection, self._bundle.epoch, row.seq, row.seq), None) is None

    def _insert(self, row: Row, row_left: Row) -> None:
        """Keep a row of which a snapshot brought all but the nominal half."""
        held = self._connection.execute(
            "SELECT no FROM record WHERE id=? AND type=?", (row.meta.record, row.meta.type)
        ).fetchone()
        if held is None or row.meta.type not in self._left_out or row_left.nominal_json is None:
            return
        self._open_record(row.meta.type, held[0])
        if row.seq > 1 and not holds(self._connection, self._epoch, row.seq - 1):
            self._connection.execute(
                "INSERT OR IGNORE INTO joint (epoch, seq, hash) VALUES (?, ?, ?)",
                (self._epoch, row.seq - 1, self._hash_before(row)),
            )
        self._connection.execute(
            "INSERT INTO journal (epoch, seq, record, verdict, meta, rest, nominal, salt, commitments, hash, "
            "signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                self._epoch, row.seq, held[0], APPLIED, row.meta_json.decode(), *_values(row_left), row.hash,
                self._checkpoint(row.seq),
            ),
        )  # fmt: skip
        self._count += 1

    def _checkpoint(self, seq: int) -> bytes | None:
        """The origin's checkpoint at a row, where it comes with it: a post that lost its disk gets its own rows too."""
        if seq == self._bundle.last:
            return self._bundle.signature
        return (self._bundle.marks or {}).get(seq)

    def _hash_before(self, row: Row) -> bytes:
        rows = self._bundle.rows or []
        at = row.seq - self._bundle.first
        return rows[at - 1].hash if at else self._bundle.previous or b""

    def _open_record(self, kind: str, number: int) -> None:
        if number not in self._open:
            self._open[number] = _opened(self._connection, kind, number)

    def finish(self) -> int:
        """Merge the records anew whose halves came; how many halves there were."""
        for number, opened in self._open.items():
            _merge_anew(self._connection, opened, number)
        return self._count


def _values(row: Row) -> tuple[str | None, str | None, bytes | None, bytes | None]:
    nominal = None if row.nominal_json is None else row.nominal_json.decode()
    return row.rest_json.decode() or None, nominal, row.salt or None, row.commitments


# -- halves that go ---------------------------------------------------------------------------------------------------


def drop(connection: sqlite3.Connection, kinds: Iterable[str]) -> None:
    """Drop the nominal halves of others' rows of these types, and what records hold of them. The files are written anew
    afterwards, as after an erasure."""
    connection.execute("PRAGMA secure_delete=ON")
    kinds = [kind for kind in kinds if kind in PLANS]
    for kind in kinds:
        note_left_out(connection, [kind])
        plan = PLANS[kind]
        numbers = connection.execute(
            "SELECT j.record FROM journal j JOIN epoch e ON e.no=j.epoch AND e.own=0 "
            "JOIN record r ON r.no=j.record AND r.type=? WHERE j.nominal IS NOT NULL "
            f"UNION SELECT no FROM [{plan.table}] WHERE rest IS NOT NULL",
            (kind,),
        ).fetchall()
        for (number,) in numbers:
            _drop_record(connection, kind, number)
        _drop_rows(connection, "j.record IS NULL AND json_extract(j.meta, '$[1]')=?", (kind,))
    note_halves_dropped(connection, kinds)


def drop_records(connection: sqlite3.Connection, items: Iterable[tuple[str, str]]) -> bool:
    """The same for single records, by their types and ids, of types of which `drop` was called or a snapshot left the
    halves out; whether there were any halves of them."""
    dropped = []
    for kind, record in items:
        found = connection.execute(
            f"SELECT t.no FROM record r JOIN [{PLANS[kind].table}] t ON t.no=r.no WHERE r.id=? "
            "AND (t.nominal IS NOT NULL OR EXISTS (SELECT 1 FROM journal j "  # in it alone: a snapshot said it
            "JOIN epoch e ON e.no=j.epoch AND e.own=0 WHERE j.record=t.no AND j.nominal IS NOT NULL))",
            (record,),
        ).fetchone()
        if found is not None:
            connection.execute("PRAGMA secure_delete=ON")
            if _drop_record(connection, kind, found[0]):
                dropped.append(record)
    if dropped:
        note_halves_dropped(connection, dropped)
    return bool(dropped)


def _drop_record(connection: sqlite3.Connection, kind: str, number: int) -> bool:
    """Whether anything was dropped: what this node wrote itself stays."""
    opened, before = _opened(connection, kind, number), load_state(connection, PLANS[kind], number)
    rows = _drop_rows(connection, "j.record=?", (number,))
    _merge_anew(connection, opened, number)
    after = load_state(connection, PLANS[kind], number)
    return bool(rows) or (before.nominal, before.alternatives) != (after.nominal, after.alternatives)


def _drop_rows(connection: sqlite3.Connection, which: str, values: tuple[Any, ...]) -> int:
    """How many there were."""
    rows = connection.execute(
        "SELECT j.no, j.seq, j.meta, j.rest, j.nominal, j.salt, j.hash, j.commitments FROM journal j "
        f"JOIN epoch e ON e.no=j.epoch AND e.own=0 WHERE j.nominal IS NOT NULL AND {which}",
        values,
    ).fetchall()
    for no, seq, meta, rest, nominal, salt, digest, kept in rows:
        row = Row(
            seq, _meta(meta), meta.encode(), (rest or "").encode(), nominal.encode(), {}, {}, salt or b"", digest, kept
        )
        connection.execute(
            "UPDATE journal SET rest=?, nominal=?, salt=?, commitments=? WHERE no=?",
            (*_values(without_halves(row, NOMINAL)), no),
        )
    return len(rows)


# -- records ----------------------------------------------------------------------------------------------------------


def _opened(connection: sqlite3.Connection, kind: str, number: int) -> _Open:
    """A record as it stands in the index before its halves change."""
    plan, folding = PLANS[kind], folding_of(connection, number)
    return _Open(plan, folding, plan.derived(load_state(connection, plan, number), folding))


def _merge_anew(connection: sqlite3.Connection, opened: _Open, number: int) -> None:
    """Merge the nominal half of a record from the rows that are here, and bring its index to it."""
    plan = opened.plan
    (is_edited,) = connection.execute(f"SELECT rest IS NOT NULL FROM [{plan.table}] WHERE no=?", (number,)).fetchone()
    state = load_state(connection, plan, number)
    if is_edited:
        state = with_nominal_of_rows(connection, plan, number, state)
        store_state(connection, plan, number, state, 0)
    reindex(connection, number, opened.was, plan.derived(state, opened.folding))


def with_nominal_of_rows(
    connection: sqlite3.Connection, plan: TypePlan, number: int, state: merge.State
) -> merge.State:
    """A state whose nominal half is what the rows give that are here."""
    changes = changes_of(connection, number)
    base = next((change for change in changes if change.head.ref == state.base.ref), None)
    fresh = merge.State(state.base, {}, dict(base.nominal or {}) if base is not None else {})
    replay_upon(fresh, [change._replace(rest={}) for change in changes if change is not base], plan)
    heads = {key: held for key, held in state.heads.items() if not is_nominal_key(plan.declared, key)}
    plain = {key: held for key, held in state.alternatives.items() if not any(secret for secret, _ in held.values())}
    return merge.State(state.base, state.rest, fresh.nominal, {**heads, **fresh.heads}, {**plain, **fresh.alternatives})


def is_nominal_key(declared: RecordType, key: str) -> bool:
    """Whether a group key is of the nominal half; what the dictionary does not know is."""
    name, *inner = key.split(".")
    part = declared.parts.get(name)
    if part is not None:
        if len(inner) < 2:
            return False
        found = [item.nominal for item in part.fields.values() if inner[1] in (item.name, part.group_of(item.name))]
    else:
        found = [item.nominal for item in declared.fields.values() if name in (item.name, declared.group_of(item.name))]
    return not found or any(found)
