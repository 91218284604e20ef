"""Looks for numbers that two cases have, because a post was put back or copied (ADR 55): a finding of the centre."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from diwan_core.health.findings import Findings
from diwan_core.register import Register
from diwan_core.register.records.case_numbers import last_place, numbers_met_twice

CODE: Final = "case_numbers_twice"
AT_ONCE: Final = 2_000
"""Cases of one look: some milliseconds."""
MOST: Final = 10_000
"""Numbers that are counted."""
AGAIN_S: Final = 60.0
ANEW_S: Final = 3_600.0
"""After so long all are looked at again: one of two may have been withdrawn."""


class NumberWatch:
    """Use: `turn` as often as the process comes by."""

    def __init__(self, register: Register, findings: Findings, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._findings = findings
        self._now = monotonic
        self._due = self._began = monotonic()
        self._after = 0
        self._found: set[str] = set()

    def turn(self) -> None:
        """Look at the next cases, if it is time to. Raises RegisterError."""
        now = self._now()
        if now < self._due:
            return
        if now - self._began > ANEW_S:
            self._after, self._began = 0, now
        if self._after == 0:
            self._found = set()
        with self._register.store.read() as transaction:
            last = last_place(transaction)
            upto = min(last, self._after + AT_ONCE)
            found = [twice.number for twice in numbers_met_twice(transaction, self._after, upto)]
        self._found.update(found[: MOST - len(self._found)])
        self._after = upto
        self._due = now + (AGAIN_S if upto == last else 1.0)
        if upto == last:
            self._note()

    def _note(self) -> None:
        if self._found:
            self._findings.note(CODE, count=str(len(self._found)), number=min(self._found))
        else:
            self._findings.clear(CODE)
