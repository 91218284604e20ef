"""Admission: taking rows of another origin into this register, in one transaction.

Each row gets a verdict and stays in the journal whatever it is, so that the chain goes on: applied; quarantined
(it breaks a rule of its dictionary, or its origin may not author it); waiting (it names a change or a type not
known here yet). Counters per epoch: received = applied + duplicates + waiting + quarantined (DESIGN.md, invariant
4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from diwan_core.register import clock
from diwan_core.register.anchors import Anchor, anchor_of
from diwan_core.register.apply import APPLIED, QUARANTINED, WAITING, Applier
from diwan_core.register.change import ANCHOR, NO_COMMITMENT, OPENING, BrokenLine, Row, chain_start, decode_rows
from diwan_core.register.journal import get_state, set_state
from diwan_core.register.judge import Judge
from diwan_core.register.store import now_ms
from diwan_core.register.waiting import Released, anything_is_due, anything_waits, arrived, note, release

GATHERED: Final = 256
"""Rows gathered before they are written: the time a step takes shows while it goes on."""


class NotAdmitted(Exception):
    """A bundle that cannot be taken; nothing of it was kept. `code` is one of gap, fork, broken, foreign."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Bundle:
    """Consecutive rows of one origin's epoch, as they came out of a parcel.

    `body` is the lines, `salts` 16 bytes a row, `previous` the hash before the first row where a scope feed tells it
    (the receiver knows it otherwise). `signature` is the origin's checkpoint at the last row."""

    origin: str
    role: str
    epoch: str
    first: int
    last: int
    salts: bytes
    body: bytes
    signature: bytes | None
    previous: bytes | None = None
    erased: Mapping[int, bytes] | None = None
    """Commitments of rows that lost a half under the law, by seq."""
    rows: list[Row] | None = None
    """The rows, where they were decoded and chained from `previous` already."""


@dataclass(slots=True)
class Admission:
    """What became of a bundle. `runs` are the stretches (first, last seq) of applied rows, in order."""

    epoch_no: int
    seq: int
    hash: bytes
    applied: int = 0
    duplicates: int = 0
    waiting: int = 0
    quarantined: int = 0
    runs: list[tuple[int, int]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    anchors: list[tuple[int, Anchor]] = field(default_factory=list)
    """Heads of the origin's log of reads, applied now, by the seq of their rows."""
    known: list[tuple[int, int]] = field(default_factory=list)
    """The stretches of rows that do not wait; `records` those that were made or changed."""
    records: set[str] = field(default_factory=set)
    released: list[Released] = field(default_factory=list)
    """Rows, of any origin, that had waited for something in this bundle."""


Verify = Callable[[int, bytes, bytes], bool]
"""(seq, head hash, signature) -> whether the origin signed that checkpoint."""


def admit(connection: sqlite3.Connection, bundle: Bundle, verify: Verify | None) -> Admission:
    """Admit a bundle in one step. `verify` checks the origin's checkpoint; None where the centre's signature vouched
    for the rows.

    Raises NotAdmitted and leaves the transaction clean of this bundle."""
    return Admitting(connection, bundle, verify).step(connection)


class Admitting:
    """The admission of one bundle, in one step or in several, each in a write transaction of the caller's. Rows of a
    bundle that came from its origin may be admitted in steps: their one signature was verified before the first."""

    def __init__(self, connection: sqlite3.Connection, bundle: Bundle, verify: Verify | None) -> None:
        """Verify all of it. Raises NotAdmitted."""
        known = connection.execute("SELECT no, origin, seq, hash FROM epoch WHERE id=?", (bundle.epoch,)).fetchone()
        if known is not None and known[1] != bundle.origin:
            raise NotAdmitted("foreign", f"epoch {bundle.epoch} belongs to {known[1]}, not to {bundle.origin}")
        self._bundle = bundle
        self.opens = known is None
        """Whether its epoch was not known here."""
        self._number: int = 0 if known is None else known[0]
        self._seq: int = 0 if known is None else known[2]
        self._hash: bytes = b"" if known is None else known[3]
        self._sets: list[list[Row]] = []
        self._at = self._duplicates = 0
        self._last: Row | None = None
        held = _held(connection, bundle, self._number, self._seq)
        if len(held) == bundle.last - bundle.first + 1:
            _same_as_known(connection, bundle, self._number, verify)
            self._duplicates = len(held)
            return
        rows, fresh = _chained(connection, bundle, self._number, self._seq, self._hash, verify)
        if bundle.previous is not None:
            fresh = [row for row in rows if row.seq not in held]
        if self._number == 0:
            self._number = _new_epoch(connection, bundle, rows[0])
            self._hash = chain_start(bundle.origin, bundle.epoch)
        if bundle.previous is not None and bundle.first > 1 and not _holds(connection, self._number, bundle.first - 1):
            connection.execute(
                "INSERT OR IGNORE INTO joint (epoch, seq, hash) VALUES (?, ?, ?)",
                (self._number, bundle.first - 1, bundle.previous),
            )
        self._duplicates = len(rows) - len(fresh)
        self._last = rows[-1]
        self._sets = list(_change_sets(fresh))

    @property
    def done(self) -> bool:
        """Whether nothing is left to admit."""
        return self._at == len(self._sets)

    def step(self, connection: sqlite3.Connection, enough: Callable[[], bool] = lambda: False) -> Admission:
        """Admit change sets until it is `enough`, at least one. Raises NotAdmitted where the epoch has changed since
        the step before."""
        head = connection.execute("SELECT seq, hash FROM epoch WHERE no=?", (self._number,)).fetchone()
        if head != (self._seq, self._hash):
            raise NotAdmitted("gap", f"epoch {self._bundle.epoch} was written to between two steps of a parcel")
        admission = Admission(self._number, self._seq, self._hash, duplicates=self._duplicates)
        self._duplicates = 0
        if self.done:
            connection.execute(
                "UPDATE epoch SET duplicates=duplicates+?, heard=? WHERE no=?",
                (admission.duplicates, now_ms(), self._number),
            )
            return admission
        first = self._at
        self._take(connection, admission, enough)
        self._settle(connection, admission, self._sets[first : self._at])
        return admission

    def _take(self, connection: sqlite3.Connection, admission: Admission, enough: Callable[[], bool]) -> None:
        bundle = self._bundle
        applier = Applier(connection)
        judge = Judge(connection, applier, bundle.role, {bundle.epoch: self._seq})
        looked_up = self._at
        while not self.done:
            if self._at == looked_up:
                looked_up += GATHERED
                coming = self._sets[self._at : looked_up]
                applier.known(dict.fromkeys(row.meta.record for change_set in coming for row in change_set))
            change_set = self._sets[self._at]
            judge.reached(bundle.epoch, change_set[-1].seq)
            verdict, why, awaits = judge.of_set(change_set)
            if verdict == WAITING:
                judge.note_waiting(bundle.epoch, change_set)
                note(connection, applier.next_number, applier.next_number + len(change_set) - 1, awaits)
            elif verdict == QUARANTINED:
                admission.problems.append(f"{bundle.epoch}:{change_set[0].seq} {why}")
            for row in change_set:
                signature = bundle.signature if row is self._last else None
                applier.add(self._number, bundle.epoch, row, signature, verdict)
            _count(admission, change_set, verdict)
            if verdict == APPLIED and change_set[0].meta.type == ANCHOR:
                admission.anchors += [(row.seq, anchor) for row in change_set if (anchor := anchor_of(row.rest))]
            self._at += 1
            if applier.gathered >= GATHERED:
                applier.finish()
            if enough():
                break
        applier.finish()

    def _settle(self, connection: sqlite3.Connection, admission: Admission, taken: list[list[Row]]) -> None:
        latest = taken[-1][-1]
        if latest.seq > self._seq:
            self._seq, self._hash = latest.seq, latest.hash
        admission.seq, admission.hash = self._seq, self._hash
        signed = self._bundle.signature is not None and latest is self._last
        connection.execute(
            "UPDATE epoch SET seq=?, hash=?, signed=CASE WHEN ? THEN max(signed, ?) ELSE signed END, heard=?, "
            "applied=applied+?, duplicates=duplicates+?, waiting=waiting+?, quarantined=quarantined+? WHERE no=?",
            (
                self._seq, self._hash, signed, latest.seq, now_ms(), admission.applied, admission.duplicates,
                admission.waiting, admission.quarantined, self._number,
            ),
        )  # fmt: skip
        if anything_waits(connection):
            others_first = anything_is_due(connection)
            arrived(connection, self._bundle.epoch, admission.known, admission.records)
            admission.released = [] if others_first else release(connection)
        last = get_state(connection, "hlc") or 0
        seen = clock.observe(last, max(row.meta.hlc for change_set in taken for row in change_set))
        if seen > last:
            set_state(connection, "hlc", seen)


def _held(connection: sqlite3.Connection, bundle: Bundle, number: int, head_seq: int) -> set[int]:
    """Which of the bundle's rows are here. A scope's feed brings rows that waited at the centre after later ones of
    their epoch. Where the epoch came by snapshot (its first row is not here), all up to the head known is in that."""
    if bundle.previous is None or not _holds(connection, number, 1):
        return set(range(bundle.first, min(bundle.last, head_seq) + 1))
    held = "SELECT seq FROM journal WHERE epoch=? AND seq BETWEEN ? AND ?"
    return {seq for (seq,) in connection.execute(held, (number, bundle.first, bundle.last))}


def _holds(connection: sqlite3.Connection, number: int, seq: int) -> bool:
    return connection.execute("SELECT 1 FROM journal WHERE epoch=? AND seq=?", (number, seq)).fetchone() is not None


def _same_as_known(connection: sqlite3.Connection, bundle: Bundle, number: int, verify: Verify | None) -> None:
    """Rows at numbers already taken must be the rows taken: a database put back and written on would differ."""
    if verify is None or bundle.signature is None:
        return  # vouched for by the centre's signature over the feed
    held = connection.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (number, bundle.last)).fetchone()
    if held is not None and not verify(bundle.last, held[0], bundle.signature):
        raise NotAdmitted("fork", f"rows up to {bundle.last} of epoch {bundle.epoch} are not those known here")


def _chained(
    connection: sqlite3.Connection, bundle: Bundle, number: int, head_seq: int, head_hash: bytes, verify: Verify | None
) -> tuple[list[Row], list[Row]]:
    """The bundle's rows, chained and verified, and those of them that are new here."""
    if bundle.previous is not None:
        previous = bundle.previous
    elif bundle.first == head_seq + 1:
        previous = head_hash if number else chain_start(bundle.origin, bundle.epoch)
    elif bundle.first > head_seq + 1:
        raise NotAdmitted("gap", f"rows {head_seq + 1} to {bundle.first - 1} of epoch {bundle.epoch} are missing")
    elif bundle.first == 1:
        previous = chain_start(bundle.origin, bundle.epoch)
    else:
        previous = connection.execute(
            "SELECT hash FROM journal WHERE epoch=? AND seq=?", (number, bundle.first - 1)
        ).fetchone()[0]
    try:
        rows = bundle.rows or decode_rows(
            bundle.body, bundle.first, bundle.salts, previous, bundle.erased, canonical=verify is not None
        )
    except BrokenLine as error:
        raise NotAdmitted("broken", str(error)) from error
    if not rows or rows[-1].seq != bundle.last:
        raise NotAdmitted("broken", f"{len(rows)} rows where {bundle.first} to {bundle.last} were announced")
    if rows[-1].meta.more:
        raise NotAdmitted("broken", "the last change set is cut in two")
    if verify is not None and (bundle.signature is None or not verify(bundle.last, rows[-1].hash, bundle.signature)):
        raise NotAdmitted("fork", f"rows {bundle.first} to {bundle.last} do not continue the chain known here")
    if bundle.erased:
        _ordered(connection, rows)
    fresh = [row for row in rows if row.seq > head_seq]
    if len(fresh) < len(rows) and bundle.previous is None:
        ours = rows[head_seq - bundle.first].hash
        if ours != head_hash:
            raise NotAdmitted("fork", f"row {head_seq} of epoch {bundle.epoch} differs from the one known here")
    return rows, fresh


def _ordered(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """Values may be missing only where the ledger orders it: else a sender could keep what it wrote to itself."""
    erased = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
    for row in rows:
        if row.commitments is not None:
            gone = (not row.rest_json) | (row.nominal_json is None and row.commitments[32:] != NO_COMMITMENT) << 1
            if gone & ~erased.get(row.meta.record, 0):
                raise NotAdmitted(
                    "erasure", f"values of row {row.seq} are left out and no erasure known here orders it"
                )


def _new_epoch(connection: sqlite3.Connection, bundle: Bundle, opening: Row) -> int:
    parent = opening.rest.get("parent") if opening.meta.type == OPENING else None
    if bundle.first == 1 and (
        opening.meta.type != OPENING
        or opening.rest.get("origin") != bundle.origin
        or opening.rest.get("epoch") != bundle.epoch
    ):
        raise NotAdmitted("broken", "the first row of an epoch must open it")
    try:
        name, seq, digest = (None, None, None) if parent is None else parent
        values = (name and str(name), seq and int(seq), digest and bytes.fromhex(digest))
    except (TypeError, ValueError) as error:
        raise NotAdmitted("broken", "the epoch's parent is not [epoch, seq, hash]") from error
    cursor = connection.execute(
        "INSERT INTO epoch (id, origin, parent, parent_seq, parent_hash, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (bundle.epoch, bundle.origin, *values, chain_start(bundle.origin, bundle.epoch)),
    )
    return int(cursor.lastrowid or 0)


def _change_sets(rows: list[Row]) -> Iterable[list[Row]]:
    gathered: list[Row] = []
    for row in rows:
        gathered.append(row)
        if not row.meta.more:
            yield gathered
            gathered = []


def _count(admission: Admission, change_set: list[Row], verdict: int) -> None:
    count = len(change_set)
    if verdict == WAITING:
        admission.waiting += count
        return
    _extend(admission.known, change_set)
    if verdict == QUARANTINED:
        admission.quarantined += count
        return
    admission.applied += count
    admission.records.update(row.meta.record for row in change_set)
    _extend(admission.runs, change_set)


def _extend(runs: list[tuple[int, int]], change_set: list[Row]) -> None:
    first, last = change_set[0].seq, change_set[-1].seq
    if runs and runs[-1][1] == first - 1:
        runs[-1] = (runs[-1][0], last)
    else:
        runs.append((first, last))
