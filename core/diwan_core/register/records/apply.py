"""Applies changes: the one path by which rows, saved here or admitted, become records and search entries.

Rows are gathered and written with a few bulk statements; only an edit of a record that exists takes the slower
road of reading, merging and writing back."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from diwan_core.register.index import amounts, births, codes, references
from diwan_core.register.index.pending import (
    FEW,
    INSERT_FRAGMENT,
    INSERT_SEARCH,
    keep_bounded,
    note_change,
    note_pending,
    pending,
)
from diwan_core.register.journal.row import Ref, Row, commitments, half_salts
from diwan_core.register.records import merge
from diwan_core.register.records.open_records import OpenRecords
from diwan_core.register.records.type_plan import PLANS, Derived, Index, Json, TypePlan

APPLIED: Final = 0
QUARANTINED: Final = 1
WAITING: Final = 2

ENOUGH_ROWS: Final = 1_000
ENOUGH_BYTES: Final = 1_000_000
"""Who gathers rows for long writes them at one of these: as much as a parcel of cases holds. In many small portions the
statements of SQLite and the work between them push each other out of the processor's cache."""

_encode = msgspec.json.encode
_decode = msgspec.json.decode
_STATEMENTS_MOST: Final = 12
"""Statements for records of one transaction that name different columns; the others name all."""


class Applier:
    """Gathers the rows of one transaction and writes them. Use: `known(ids)`, `add(...)` for each row, `finish()`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._next_journal: int = connection.execute("SELECT coalesce(max(no), 0) + 1 FROM journal").fetchone()[0]
        self._next_record: int = connection.execute("SELECT coalesce(max(no), 0) + 1 FROM record").fetchone()[0]
        self._known: dict[str, tuple[int, str]] = {}
        self._journal: list[tuple[Any, ...]] = []
        self._bytes = 0
        self._records: list[tuple[int, str, str]] = []
        self._fresh: set[str] = set()
        self._states: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = {}
        self._search: list[tuple[int, str, str, str]] = []
        self._fragments: list[tuple[int, str]] = []
        self._sources: list[tuple[int, int]] = []
        self._systems: set[str] = set()
        self._mentions: list[references.NewMention] = []
        self._births: list[tuple[str, str, int]] = []
        self._amounts: list[amounts.Row] = []
        self._units = amounts.NationalUnits(connection)
        self._has_units = False
        self._made = 0
        held = pending(connection)
        self._pending = 0 if held is None else held.first
        self._left = 0
        self._edited = OpenRecords(connection, load_state, store_state, reindex)
        self._erased: dict[str, int] = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())

    def known(self, ids: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Look up which of these records exist: id -> (number, type). Call it before `add` with every id to come."""
        found = self._connection.execute(
            "SELECT id, no, type FROM record WHERE id IN (SELECT value FROM json_each(?))",
            (_encode(list(ids)).decode(),),
        )
        self._known.update({record: (no, kind) for record, no, kind in found})
        return self._known

    @property
    def holds_enough(self) -> bool:
        """Whether so much is gathered that it is to be written."""
        return len(self._journal) >= ENOUGH_ROWS or self._bytes >= ENOUGH_BYTES

    @property
    def next_number(self) -> int:
        """The number in the journal of the row to be added next."""
        return self._next_journal

    def exists(self, record: str) -> tuple[int, str] | None:
        """The number and type of a record looked up before, or made in this transaction."""
        return self._known.get(record)

    def made_by(self, record: str) -> Ref | None:
        """The row that made a record which a snapshot brought; None of a record whose row is here."""
        number, kind = self._known[record]
        if record in self._fresh:
            return None
        sql = f"SELECT base_epoch, base_seq FROM [{PLANS[kind].table}] WHERE no=? AND base IS NULL"
        found: Ref | None = self._connection.execute(sql, (number,)).fetchone()
        return found

    def add(self, epoch_no: int, epoch: str, row: Row, signature: bytes | None, verdict: int = APPLIED) -> None:
        """Add one row, in order. Only rows with verdict APPLIED touch records."""
        if self._erased and row.meta.record in self._erased:
            row = without_halves(row, self._erased[row.meta.record])
        number = self.apply(epoch, row, self._next_journal) if verdict == APPLIED else None
        nominal = row.nominal_json
        self._bytes += len(row.rest_json) + len(nominal or b"")
        self._journal.append(
            (
                self._next_journal,
                epoch_no,
                row.seq,
                number,
                verdict,
                row.meta_json.decode(),
                row.rest_json.decode() or None,
                None if nominal is None else nominal.decode(),
                row.salt or None,
                row.hash,
                signature,
                row.commitments,
                row.meta.record or None if number is None else None,
            )
        )
        self._next_journal += 1
        row.forget_values()

    def apply(self, epoch: str, row: Row, journal: int) -> int | None:
        """Apply only the effect of row `journal` of the journal on its record; returns the record's number."""
        meta = row.meta
        plan = PLANS.get(meta.type)
        if plan is None:
            return None
        held = self._known.get(meta.record)
        if held is not None:
            if meta.seen is None:  # a snapshot brought what it made (`made_by`)
                return held[0]
            if meta.record in self._fresh:
                self._flush()
            self._edited.edit(plan, held[0], epoch, row)
            return held[0]
        number = self._next_record
        self._next_record += 1
        self._known[meta.record] = (number, meta.type)
        self._fresh.add(meta.record)
        self._records.append((number, meta.record, meta.type))
        rest = row.rest
        nominal = row.nominal if plan.looks_at_nominal or not self._pending else None
        columns, values = plan.present(rest)
        states = self._states.get((meta.type, columns))
        if states is None:
            if len(self._states) >= _STATEMENTS_MOST:
                columns, values = tuple(plan.columns), plan.values(rest)
            states = self._states.setdefault((meta.type, columns), [])
        states.append((number, epoch, row.seq, journal, meta.hlc, meta.hlc, *values))
        self._index(plan, number, rest, nominal)
        if self._pending:
            self._left += row.size
        if plan.references is not None and (named := plan.references(rest, nominal or {})):
            self._mentions += references.new_mentions(number, references.mentions_of(named, rest, meta.hlc))
        if not row.rest_json:
            self._flush()
            self._connection.execute(f"UPDATE [{plan.table}] SET rest='{{}}' WHERE no=?", (number,))
        return number

    def _index(self, plan: TypePlan, number: int, rest: Json, nominal: Json | None) -> None:
        if not self._pending:
            self._index_now(plan, number, rest, nominal)
        if plan.has_births and nominal:
            self._births += [(*birth, number) for birth in births.births_of(nominal)]
        self._has_units = self._has_units or plan.keeps_units
        key = rest.get("source_key")
        if key is not None:
            system = rest.get("source_system", "")
            self._sources.append((source_hash(system, key), number))
            if system not in self._systems:
                self._systems.add(system)
                self._connection.execute("INSERT OR IGNORE INTO source_name (name) VALUES (?)", (system,))

    def _index_now(self, plan: TypePlan, number: int, rest: Json, nominal: Json | None) -> None:
        self._made += 1
        if self._made > FEW:  # it comes in bulk: all that is not written yet is left for later
            self._pending = note_pending(self._connection, self._records[0][0]).first
            self._left = self._bytes
            self._search.clear()
            self._fragments.clear()
            self._amounts.clear()
            return
        index = plan.index(rest, nominal)
        if any(index):
            self._search.append((number, *index))
        if index[2]:
            self._fragments.append((number, index[2]))
        if plan.has_amounts:
            self._amounts += amounts.rows_of(number, rest, self._units)

    def is_full(self, epoch: str, row: Row) -> bool:
        """Whether a change would add to a record that holds as much as it may (see `open_records`)."""
        held, plan = self._known.get(row.meta.record), PLANS.get(row.meta.type)
        if held is None or plan is None or row.meta.seen is None:
            return False
        if row.meta.record in self._fresh:
            self._flush()
        return self._edited.is_full(plan, held[0], epoch, row)

    def _flush(self) -> None:
        """Write what was gathered: records, and with them the rows that are their state (`base`)."""
        connection = self._connection
        connection.executemany("INSERT INTO record (no, id, type) VALUES (?, ?, ?)", self._records)
        for (kind, columns), states in self._states.items():
            connection.executemany(PLANS[kind].insert_of(columns), states)
        connection.executemany(INSERT_SEARCH, self._search)
        connection.executemany(INSERT_FRAGMENT, self._fragments)
        connection.executemany("INSERT OR IGNORE INTO source (hash, record) VALUES (?, ?)", self._sources)
        references.insert(connection, self._mentions)
        if self._births:
            births.insert(connection, self._births)
        amounts.insert(connection, self._amounts)
        if self._has_units:
            amounts.note_units_changed(connection)
            self._units, self._has_units = amounts.NationalUnits(connection), False
        for gathered in (
            self._records, self._states, self._search, self._sources, self._fragments, self._mentions, self._fresh,
            self._births, self._amounts,
        ):  # fmt: skip
            gathered.clear()
        connection.executemany(
            "INSERT INTO journal (no, epoch, seq, record, verdict, meta, rest, nominal, salt, hash, signature, "
            "commitments, record_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._journal,
        )
        self._journal.clear()
        self._bytes = 0
        self._edited.write()

    def finish(self) -> None:
        """Write what was gathered; of what is pending in the search index, what is too much comes into it."""
        self._flush()
        if self._pending:
            keep_bounded(self._connection, PLANS, self._next_record - 1, self._left)
            self._left = 0


def without_halves(row: Row, halves: int) -> Row:
    """A row without the halves the law erased (1 rest, 2 nominal): its commitments, and the salt of what is left."""
    rest = b"" if halves & 1 else row.rest_json
    nominal = None if halves & 2 else row.nominal_json
    if rest == row.rest_json and nominal == row.nominal_json:
        return row
    rest_salt = nominal_salt = row.salt
    kept = row.commitments
    if kept is None:
        rest_salt, nominal_salt = half_salts(row.salt)
        kept = b"".join(commitments(row.salt, row.rest_json, row.nominal_json))
    salt = rest_salt if rest else nominal_salt if nominal is not None else b""
    return Row(row.seq, row.meta, row.meta_json, rest, nominal, None, None, salt, row.hash, kept)


def load_state(connection: sqlite3.Connection, plan: TypePlan, number: int) -> merge.State:
    """A record's state as merged so far."""
    base_epoch, base_seq, created, heads, rest, nominal = connection.execute(plan.select, (number,)).fetchone()
    state = merge.State(merge.Head(created, base_epoch, base_seq), _decode(rest), _decode(nominal) if nominal else {})
    if heads:
        state.heads = {key: [merge.Head(*head) for head in value] for key, value in _decode(heads).items()}
    for key, epoch, seq, hlc, secret, value in connection.execute(
        "SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", (number,)
    ):
        state.alternatives.setdefault(key, {})[merge.Head(hlc, epoch, seq)] = (bool(secret), _decode(value))
    return state


def store_state(connection: sqlite3.Connection, plan: TypePlan, number: int, state: merge.State, updated: int) -> None:
    """Write a merged state back."""
    connection.execute(
        plan.update,
        (
            updated,
            _encode(state.rest).decode(),
            _encode(state.nominal).decode() if state.nominal else None,
            _encode(state.heads).decode() if state.heads else None,
            len(state.alternatives),
            *plan.values(state.rest),
            number,
        ),
    )
    connection.execute("DELETE FROM alternative WHERE record=?", (number,))
    connection.executemany(
        "INSERT INTO alternative (record, key, epoch, seq, hlc, nominal, value) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (number, key, head.epoch, head.seq, head.hlc, int(secret), _encode(value).decode())
            for key, held in state.alternatives.items()
            for head, (secret, value) in held.items()
        ],
    )


def reindex(connection: sqlite3.Connection, number: int, was: Derived, now: Derived) -> None:
    """Replace what is kept beside a record where it differs. A contentless index is told the old text to forget it."""
    references.replace(connection, number, was.mentions, now.mentions)
    births.replace(connection, number, was.births, now.births)
    codes.replace(connection, number, was.codes, now.codes)
    if was.unit != now.unit:
        amounts.note_units_changed(connection)
    before, after = was.words, now.words
    if (before != after or was.lines != now.lines) and note_change(connection, number, _size(after) - _size(before)):
        return
    amounts.replace(connection, number, was.lines, now.lines)
    if before == after:
        return
    if any(before):
        connection.execute(
            "INSERT INTO search (search, rowid, rest, nominal, identifier) VALUES ('delete', ?, ?, ?, ?)",
            (number, *before),
        )
    if any(after):
        connection.execute(INSERT_SEARCH, (number, *after))
    if before[2] != after[2]:
        if before[2]:
            connection.execute(
                "INSERT INTO fragment (fragment, rowid, value) VALUES ('delete', ?, ?)", (number, before[2])
            )
        if after[2]:
            connection.execute(INSERT_FRAGMENT, (number, after[2]))


def _size(words: Index) -> int:
    return sum(map(len, words))


def source_hash(system: str, key: str) -> int:
    """What names an imported row in the `source` table: 8 bytes of SHA-256, as SQLite's signed integer."""
    return int.from_bytes(hashlib.sha256(f"{system}\0{key}".encode()).digest()[:8], "big", signed=True)
