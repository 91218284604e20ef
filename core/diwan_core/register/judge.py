"""A row's verdict: whether it is applied, quarantined, or waits, by the rules of the dictionary it was made with."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from diwan_core.dictionary import DICTIONARY
from diwan_core.register.anchors import anchor_of
from diwan_core.register.apply import APPLIED, PLANS, QUARANTINED, WAITING, Applier
from diwan_core.register.change import ANCHOR, OPENING, Ref, Row
from diwan_core.register.reasons import authority_reason, reason
from diwan_core.register.rules import authority_problems

Verdict = tuple[int, str]
"""The verdict and, unless it is APPLIED, the reason."""


def waiting_rows(connection: sqlite3.Connection) -> set[Ref]:
    """The rows that wait, for judges who share the look."""
    return {
        (epoch, seq)
        for epoch, seq in connection.execute(
            "SELECT e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=2"
        )
    }


class Judge:
    """Judges the rows of one origin, in one transaction. `role` is the sending node's; `heads` knows rows to come in
    the same bundle: epoch -> seq."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        applier: Applier,
        role: str,
        heads: dict[str, int] | None = None,
        waiting: set[Ref] | None = None,
    ) -> None:
        self._connection = connection
        self._applier = applier
        self._role = role
        self._heads = heads or {}
        self._waiting = waiting_rows(connection) if waiting is None else waiting

    def of_set(self, change_set: Sequence[Row]) -> Verdict:
        """A change set is taken whole: one row that breaks a rule quarantines it, one that waits makes it wait."""
        verdict: Verdict = (APPLIED, "")
        for row in change_set:
            found = self.of_row(row)
            if found[0] == QUARANTINED:
                return found
            if found[0] == WAITING:
                verdict = found
        return verdict

    def note_waiting(self, epoch: str, change_set: Sequence[Row]) -> None:
        """Rows judged WAITING: what builds on them waits too."""
        self._waiting.update((epoch, row.seq) for row in change_set)

    def of_row(self, row: Row) -> Verdict:
        """One row's verdict."""
        meta = row.meta
        if meta.type == OPENING:
            return (APPLIED, "") if row.seq == 1 else (QUARANTINED, "an epoch is opened by its first row only")
        if meta.type == ANCHOR:
            whole = anchor_of(row.rest) is not None and not (meta.record or row.nominal or meta.seen)
            return (APPLIED, "") if whole else (QUARANTINED, "not an anchor of a log of reads")
        newer = meta.dictionary > DICTIONARY.version
        plan = PLANS.get(meta.type)
        if plan is None:
            if newer:
                return WAITING, "needs a newer release"
            return QUARANTINED, "unknown record type"
        if not meta.record:
            return QUARANTINED, "a change without a record"
        held = self._applier.exists(meta.record)
        if held is not None and held[1] != meta.type:
            return QUARANTINED, f"record {meta.record} is a {held[1]}"
        if meta.seen is None:
            if held is not None:
                return QUARANTINED, f"record {meta.record} exists already"
        elif held is None:
            return WAITING, f"record {meta.record} is not known here yet"
        else:
            for refs in meta.seen.values():
                for epoch, seq in refs:
                    if seq > self._head(epoch) or (epoch, seq) in self._waiting:
                        return WAITING, "a change that it builds on is not known here yet"
        if row.commitments is not None:
            return APPLIED, ""  # erased under the law: nothing is left to judge
        nominal = row.nominal or {}
        problems = plan.declared.check_halves(row.rest, nominal, creating=meta.seen is None, newer=newer)
        denied = authority_problems(plan.declared, row.rest, self._role)
        if problems or denied:
            told = [reason(plan.declared, problems)] if problems else []
            told += [authority_reason(plan.declared, problem, self._role) for problem in denied]
            return QUARANTINED, "; ".join(told)
        return APPLIED, ""

    def _head(self, epoch: str) -> int:
        if epoch not in self._heads:
            row = self._connection.execute("SELECT seq FROM epoch WHERE id=?", (epoch,)).fetchone()
            self._heads[epoch] = 0 if row is None else row[0]
        return self._heads[epoch]
