"""Admission of rows of another node into this register, in one transaction or several steps.

Each row gets a verdict and stays in the journal whatever the verdict is, so that the chain goes on: applied;
quarantined (it breaks a rule of its dictionary, or its origin may not author it); waiting (it names a change or a
type not known here yet). Counters per epoch: received = applied + duplicates + waiting + quarantined (DESIGN.md,
invariant 4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from diwan_core.register.admission.bundle import (
    Bundle,
    NotAdmitted,
    Verify,
    check,
    fresh_rows,
    hash_before,
    held_rows,
    holds,
    rows_of,
    same_as_known,
)
from diwan_core.register.admission.moves import refused_move
from diwan_core.register.admission.newest_dictionary import newest_dictionary_of
from diwan_core.register.admission.verdict import FULL, GOOD, Judge, Verdict, is_full, of_validation
from diwan_core.register.admission.waiting import (
    Released,
    anything_is_due,
    anything_waits,
    note,
    note_arrival,
    release,
)
from diwan_core.register.journal import clock
from diwan_core.register.journal.log_anchors import Anchor, anchor_of
from diwan_core.register.journal.row import ANCHOR, OPENING, BrokenLine, Row, chain_start
from diwan_core.register.records.apply import APPLIED, QUARANTINED, WAITING, Applier
from diwan_core.register.records.case_numbers import forget_last_numbers
from diwan_core.register.records.four_eyes import may_break
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state

LOOKED_UP: Final = 256
"""Rows whose records are looked up together."""


@dataclass(slots=True)
class Admission:
    """The outcome for a bundle. `runs` are the stretches (first, last seq) of applied rows, in order."""

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
    opened: bool = False
    """Whether its epoch was not known here before."""
    released: list[Released] = field(default_factory=list)
    """Rows, of any origin, that had waited for something in this bundle."""


def admit(connection: sqlite3.Connection, bundle: Bundle, verify: Verify | None) -> Admission:
    """Admit a bundle in one step. `verify` checks the origin's checkpoint; None where the centre's signature vouched
    for the rows.

    Raises NotAdmitted and leaves the transaction clean of this bundle."""
    admission = Admitting(connection, bundle, verify).step(connection)
    if admission is None:
        raise TypeError("a step without a limit admits")
    return admission


class Admitting:
    """The admission of one bundle, in one step or in several, each in a write transaction of the caller's: its rows are
    read, then verified by its one signature, then admitted."""

    def __init__(self, connection: sqlite3.Connection, bundle: Bundle, verify: Verify | None) -> None:
        """Raises NotAdmitted."""
        known = connection.execute("SELECT no, origin, seq, hash FROM epoch WHERE id=?", (bundle.epoch,)).fetchone()
        if known is not None and known[1] != bundle.origin:
            raise NotAdmitted("foreign", f"epoch {bundle.epoch} belongs to {known[1]}, not to {bundle.origin}")
        self._bundle = bundle
        self._verify = verify
        self._number: int = 0 if known is None else known[0]
        self._seq: int = 0 if known is None else known[2]
        self._hash: bytes = b"" if known is None else known[3]
        self._reading: Iterator[Row] | None = None
        self._rows: list[Row] = []
        self._sets: list[list[Row]] = []
        self._at = self._duplicates = 0
        self._opened = False
        self._held = held_rows(connection, bundle, self._number, self._seq)
        if len(self._held) == bundle.last - bundle.first + 1:
            same_as_known(connection, bundle, self._number, verify)
            self._duplicates = len(self._held)
        else:
            previous = hash_before(connection, bundle, self._number, self._seq, self._hash)
            self._reading = (
                iter(bundle.rows) if bundle.rows else rows_of(bundle, previous, from_origin=verify is not None)
            )

    @property
    def done(self) -> bool:
        """Whether nothing is left to admit."""
        return self._reading is None and self._at == len(self._sets)

    def step(
        self, connection: sqlite3.Connection, enough: Callable[[], bool] = lambda: False, most: int = 1 << 62
    ) -> Admission | None:
        """Go on until it is `enough`: admit one change set at least and about `most` rows, or None where not all rows
        are read yet. Raises NotAdmitted, also where the epoch has changed since the step before."""
        head = connection.execute("SELECT seq, hash FROM epoch WHERE no=?", (self._number,)).fetchone()
        if head is not None and head != (self._seq, self._hash):
            raise NotAdmitted("gap", f"epoch {self._bundle.epoch} was written to between two steps of a parcel")
        if self._reading is not None and not self._read(connection, enough):
            return None
        admission = Admission(self._number, self._seq, self._hash, duplicates=self._duplicates, opened=self._opened)
        self._duplicates, self._opened = 0, False
        if self.done:
            connection.execute(
                "UPDATE epoch SET duplicates=duplicates+?, heard=? WHERE no=?",
                (admission.duplicates, now_ms(), self._number),
            )
            return admission
        first = self._at
        self._take(connection, admission, enough, most)
        self._settle(connection, admission, self._sets[first : self._at])
        return admission

    def _read(self, connection: sqlite3.Connection, enough: Callable[[], bool]) -> bool:
        """Whether all rows are read now; they are verified then."""
        try:
            for row in self._reading or ():
                self._rows.append(row)
                if enough() and row.seq != self._bundle.last:
                    return False
        except BrokenLine as error:
            raise NotAdmitted("broken", str(error)) from error
        self._reading = None
        bundle, rows = self._bundle, self._rows
        check(connection, bundle, rows, self._verify)
        if bundle.previous is None:
            fresh = fresh_rows(bundle, rows, self._seq, self._hash)
        else:
            fresh = [row for row in rows if row.seq not in self._held]
        if self._number == 0:
            self._number, self._opened = _new_epoch(connection, bundle, rows[0]), True
            self._hash = chain_start(bundle.origin, bundle.epoch)
        if bundle.previous is not None and bundle.first > 1 and not holds(connection, self._number, bundle.first - 1):
            connection.execute(
                "INSERT OR IGNORE INTO joint (epoch, seq, hash) VALUES (?, ?, ?)",
                (self._number, bundle.first - 1, bundle.previous),
            )
        self._duplicates = len(rows) - len(fresh)
        self._sets = list(_change_sets(fresh))
        return True

    def _take(
        self, connection: sqlite3.Connection, admission: Admission, enough: Callable[[], bool], most: int
    ) -> None:
        bundle = self._bundle
        applier = Applier(connection)
        newest = newest_dictionary_of(connection, bundle.origin)
        judge = Judge(connection, applier, bundle.role, {bundle.epoch: self._seq}, newest)
        marks = bundle.marks or {}
        looked_up = self._at
        while not self.done:
            if self._at == looked_up:
                looked_up += LOOKED_UP
                coming = self._sets[self._at : looked_up]
                applier.known(dict.fromkeys(row.meta.record for change_set in coming for row in change_set))
            change_set = self._sets[self._at]
            edits = [row for row in change_set if row.meta.seen is not None]
            if edits:  # a new record builds on nothing
                judge.reached(bundle.epoch, change_set[-1].seq)
            verdict, why, awaits = judge.of_set(change_set, bundle.epoch)
            if verdict == APPLIED and self._verify is not None:
                verdict, why, _ = self._of_the_centre(connection, applier, change_set, edits, newest)
            if verdict == WAITING:
                judge.note_waiting(bundle.epoch, change_set)
                note(connection, applier.next_number, applier.next_number + len(change_set) - 1, awaits)
            elif verdict == QUARANTINED:
                admission.problems.append(f"{bundle.epoch}:{change_set[0].seq} {why}")
            for row in change_set:
                signature = bundle.signature if row is self._rows[-1] else marks.get(row.seq)
                applier.add(self._number, bundle.epoch, row, signature, verdict)
            _count(admission, change_set, verdict)
            if verdict == APPLIED and change_set[0].meta.type == ANCHOR:
                admission.anchors += [(row.seq, anchor) for row in change_set if (anchor := anchor_of(row.rest))]
            self._at += 1
            if applier.holds_enough:
                applier.finish()
            if enough() or admission.applied >= most:
                break
        applier.finish()

    def _of_the_centre(
        self, connection: sqlite3.Connection, applier: Applier, change_set: list[Row], edits: list[Row], newest: int
    ) -> Verdict:
        """The verdict, by what the centre alone looks at, on a change set that breaks no other rule."""
        bundle = self._bundle
        if edits and is_full(applier, bundle.epoch, edits):
            return FULL
        if edits and (refused := refused_move(connection, bundle.origin, bundle.role, edits)):
            return Verdict(QUARANTINED, refused)
        if may_break(change_set, newest):
            applier.finish()
            return of_validation(connection, change_set, newest)
        return GOOD

    def _settle(self, connection: sqlite3.Connection, admission: Admission, taken: list[list[Row]]) -> None:
        latest = taken[-1][-1]
        if latest.seq > self._seq:
            self._seq, self._hash = latest.seq, latest.hash
        admission.seq, admission.hash = self._seq, self._hash
        signed = self._bundle.signature is not None and latest is self._rows[-1]
        (own,) = connection.execute(
            "UPDATE epoch SET seq=?, hash=?, signed=CASE WHEN ? THEN max(signed, ?) ELSE signed END, heard=?, "
            "applied=applied+?, duplicates=duplicates+?, waiting=waiting+?, quarantined=quarantined+? WHERE no=? "
            "RETURNING own",
            (
                self._seq, self._hash, signed, latest.seq, now_ms(), admission.applied, admission.duplicates,
                admission.waiting, admission.quarantined, self._number,
            ),
        ).fetchone()  # fmt: skip
        if own:  # what this node had lost came back
            forget_last_numbers(connection)
        if anything_waits(connection):
            others_first = anything_is_due(connection)
            note_arrival(connection, self._bundle.epoch, admission.known, admission.records)
            admission.released = [] if others_first else release(connection, bounded=self._verify is not None)
        last = get_state(connection, "hlc") or 0
        seen = clock.observe(last, max(row.meta.hlc for change_set in taken for row in change_set))
        if seen > last:
            set_state(connection, "hlc", seen)


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
    first, last = change_set[0].seq, change_set[-1].seq
    _extend(admission.known, first, last)
    if verdict == QUARANTINED:
        admission.quarantined += count
        return
    admission.applied += count
    for row in change_set:
        admission.records.add(row.meta.record)
    _extend(admission.runs, first, last)


def _extend(runs: list[tuple[int, int]], first: int, last: int) -> None:
    if runs and runs[-1][1] == first - 1:
        runs[-1] = (runs[-1][0], last)
    else:
        runs.append((first, last))
