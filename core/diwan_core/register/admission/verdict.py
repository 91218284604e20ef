"""The verdict on a row: applied, quarantined or waiting, by the rules of the dictionary with which it was made."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from diwan_core.dictionary import DICTIONARY, Problem, RecordType, dictionary_of
from diwan_core.dictionary.case_numbers import FIELD as CASE_NUMBER
from diwan_core.register.admission.left_out import is_anything_left_out, left_out_of
from diwan_core.register.admission.steps import refused_steps
from diwan_core.register.journal.log_anchors import anchor_of
from diwan_core.register.journal.row import ANCHOR, MOST_SET_BYTES, OPENING, Ref, Row
from diwan_core.register.records import four_eyes, sent_back
from diwan_core.register.records.apply import APPLIED, QUARANTINED, WAITING, Applier
from diwan_core.register.records.authority import authority_problems
from diwan_core.register.records.case_numbers import number_problems
from diwan_core.register.records.reasons import authority_reason, reason
from diwan_core.register.records.type_plan import PLANS


class Verdict(NamedTuple):
    """The verdict on a row or a change set. `why`: the reason, unless it is APPLIED. `awaits`: what a WAITING one
    waits for first: a change, or (a record's id, 0), or ("", 0) for a newer release."""

    code: int
    why: str = ""
    awaits: Ref = ("", 0)


GOOD: Final = Verdict(APPLIED)
MOST_ROWS: Final = 1_000
"""Of one change set, which cannot be admitted in steps: people's have a few, and an import's one or two."""
_UNKNOWN_THEN: Final = Problem("", "rule", "unknown record type")
FULL: Final = Verdict(QUARANTINED, "its record holds as much as it may: too many values beside each other")
OWN_CASE: Final = Verdict(QUARANTINED, four_eyes.REASON)
UNCORRECTED: Final = Verdict(QUARANTINED, sent_back.REASON)
NEWER: Final = Verdict(WAITING, "needs a newer release")


def _bad(why: str) -> Verdict:
    return Verdict(QUARANTINED, why)


def is_full(applier: Applier, epoch: str, change_set: Sequence[Row]) -> bool:
    """Whether a change set would add to a record that holds as much as it may; asked at the centre alone, which decides
    for all."""
    return any(applier.is_full(epoch, row) for row in change_set if row.meta.seen is not None)


def _problems(declared: RecordType, row: Row, *, newer: bool) -> list[Problem]:
    """What the validator finds in a row's values. Where a half was erased or does not travel, what is left obeys all
    the same; what a new record needs may be in the other half."""
    creating = row.meta.seen is None and row.commitments is None
    if creating and not newer:
        return declared.check_new(row.rest, lambda: row.nominal or {}, row.rest_json, row.nominal_json)
    return declared.check_halves(row.rest, row.nominal or {}, creating=creating, newer=newer)


def _written_with(row: Row, present: RecordType) -> RecordType | None:
    """The record type as the dictionary knew it with which the row was written, by which every node judges it; None
    where that one had no such type."""
    if row.meta.dictionary >= DICTIONARY.version:
        return present
    return dictionary_of(DICTIONARY, row.meta.dictionary).types.get(row.meta.type)


def of_validation(connection: sqlite3.Connection, change_set: Sequence[Row], newest: int) -> Verdict:
    """The verdict on a change set that validates a case; asked at the centre alone, of what is written up to it."""
    if four_eyes.breaks(connection, change_set, newest):
        return OWN_CASE
    return UNCORRECTED if sent_back.breaks(connection, change_set, newest) else GOOD


class Judge:
    """Judges the rows of one origin, in one transaction. `role` is the sending node's; `heads` tells where
    epochs stand: epoch -> seq. `newest` is the newest dictionary that the node was ever heard with, which the centre
    alone knows: its steps are judged by that one at least, whatever its rows say."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        applier: Applier,
        role: str,
        heads: dict[str, int] | None = None,
        newest: int = 0,
    ) -> None:
        self._connection = connection
        self._applier = applier
        self._role = role
        self._newest = newest
        self._heads = heads or {}
        self._waiting: set[Ref] = set()
        self._epoch = ""
        self._beside: dict[Ref, Row] = {}
        self._some_left_out = is_anything_left_out(connection)
        self._some_wait = connection.execute("SELECT 1 FROM journal WHERE verdict=2 LIMIT 1").fetchone() is not None

    def of_set(self, change_set: Sequence[Row], epoch: str) -> Verdict:
        """A change set is taken whole: one row that breaks a rule quarantines it, one that waits makes it wait."""
        self._epoch = epoch
        row = change_set[0]
        alone = len(change_set) == 1
        self._beside = {} if alone and row.meta.seen is None else {(epoch, row.seq): row for row in change_set}
        if alone and row.size <= MOST_SET_BYTES:
            return self.of_row(row)
        if len(change_set) > MOST_ROWS:
            return _bad(f"a change set of more than {MOST_ROWS} rows")
        if sum(row.size for row in change_set) > MOST_SET_BYTES:
            return _bad(f"a change set of more than {MOST_SET_BYTES} bytes")
        verdict = GOOD
        for row in change_set:
            found = self.of_row(row)
            if found.code == QUARANTINED:
                return found
            if found.code == WAITING and verdict.code != WAITING:
                verdict = found
        return verdict

    def reached(self, epoch: str, seq: int) -> None:
        """Rows of the bundle's epoch up to this one are judged: a row that claims to have seen a later one waits."""
        self._heads[epoch] = max(self._heads.get(epoch, 0), seq)

    def note_waiting(self, epoch: str, change_set: Sequence[Row]) -> None:
        """Rows judged WAITING: what builds on them waits too."""
        self._waiting.update((epoch, row.seq) for row in change_set)

    def of_row(self, row: Row) -> Verdict:
        """The verdict on one row."""
        meta = row.meta
        if meta.type == OPENING:
            return GOOD if row.seq == 1 else _bad("an epoch is opened by its first row only")
        if meta.type == ANCHOR:
            whole = anchor_of(row.rest) is not None and not (meta.record or row.nominal or meta.seen)
            return GOOD if whole else _bad("not an anchor of a log of reads")
        newer = meta.dictionary > DICTIONARY.version
        plan = PLANS.get(meta.type)
        if plan is None:
            if newer:
                return NEWER
            return _bad("unknown record type")
        if not meta.record:
            return _bad("a change without a record")
        held = self._applier.exists(meta.record)
        if held is not None and held[1] != meta.type:
            return _bad(f"record {meta.record} is a {held[1]}")
        if meta.seen is None:
            if held is not None and (self._epoch, row.seq) != self._applier.made_by(meta.record):
                return _bad(f"record {meta.record} exists already")
        elif held is None:
            return Verdict(WAITING, f"record {meta.record} is not known here yet", (meta.record, 0))
        elif (found := self._of_what_it_builds_on(row)) is not GOOD:
            return found
        declared = _written_with(row, plan.declared)
        problems = _problems(declared, row, newer=newer) if declared else [_UNKNOWN_THEN]
        rest = row.rest
        if CASE_NUMBER in rest:
            problems = [*problems, *number_problems(rest, meta.record, creating=meta.seen is None)]
        denied = authority_problems(plan.declared, rest, self._role)
        if problems or denied:
            told = [reason(plan.declared, problems)] if problems else []
            told += [authority_reason(plan.declared, problem, self._role) for problem in denied]
            return _bad("; ".join(told))
        return self._of_steps(declared, row, newer=newer)

    def _of_what_it_builds_on(self, row: Row) -> Verdict:
        for refs in (row.meta.seen or {}).values():
            for epoch, seq in refs:
                if (epoch, seq) in self._beside:
                    if seq >= row.seq:
                        return _bad("it names itself, or a change after it, as what it builds on")
                elif seq > self._head(epoch) or self._waits(epoch, seq):
                    return Verdict(WAITING, "a change that it builds on is not known here yet", (epoch, seq))
        return GOOD

    def _of_steps(self, declared: RecordType | None, row: Row, *, newer: bool) -> Verdict:
        """A step that only a newer dictionary may have waits for it."""
        if row.meta.dictionary < self._newest:
            declared = dictionary_of(DICTIONARY, self._newest).types.get(row.meta.type)
        if declared is None:
            return GOOD
        refused = refused_steps(self._connection, self._applier, declared, row, self._role, self._beside)
        return GOOD if not refused else NEWER if newer else _bad(refused)

    def _waits(self, epoch: str, seq: int) -> bool:
        if (epoch, seq) in self._waiting or self._is_left_out(epoch, seq):
            return True
        return self._some_wait and self._connection.execute(
            "SELECT j.verdict=2 FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?", (epoch, seq)
        ).fetchone() == (1,)

    def _is_left_out(self, epoch: str, seq: int) -> bool:
        """Whether a snapshot left out a row that has not come since."""
        if not self._some_left_out or next(left_out_of(self._connection, epoch, seq, seq), None) is None:
            return False
        held = "SELECT 1 FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?"
        return self._connection.execute(held, (epoch, seq)).fetchone() is None

    def _head(self, epoch: str) -> int:
        if epoch not in self._heads:
            row = self._connection.execute("SELECT seq FROM epoch WHERE id=?", (epoch,)).fetchone()
            self._heads[epoch] = 0 if row is None else row[0]
        return self._heads[epoch]
