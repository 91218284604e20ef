"""Records that are edited in a transaction: each is read once, merged in memory, written back and indexed once.

What one record may hold has bounds: values that stand beside each other until a person chooses, and the size of its
state. Each edit costs time for all that is there, here and at every other node, so without them a few kilobytes of
edits that saw nothing of each other would keep the country busy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.index.folding import Folding
from diwan_core.register.journal.row import Row
from diwan_core.register.records import merge
from diwan_core.register.records.type_plan import Derived, TypePlan

MOST_BESIDE: Final = 1_000
"""Values of one record that stand beside others."""
MOST_STATE: Final = 1024 * 1024
"""Bytes of one record's state."""

Load = Callable[[sqlite3.Connection, TypePlan, int], merge.State]


@dataclass(slots=True)
class _Open:
    plan: TypePlan
    state: merge.State
    folding: Folding
    before: Derived
    updated: int
    size: int
    """Bytes of the state when it was counted last, and of what was merged since."""


class OpenRecords:
    """The records one transaction edits."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        load: Load,
        write: Callable[[sqlite3.Connection, TypePlan, int, merge.State, int], None],
        reindex: Callable[[sqlite3.Connection, int, Derived, Derived], None],
    ) -> None:
        self._connection = connection
        self._load, self._write, self._reindex = load, write, reindex
        self._open: dict[int, _Open] = {}

    def edit(self, plan: TypePlan, number: int, epoch: str, row: Row) -> None:
        """Merge a change into its record."""
        held = self._get(plan, number)
        _merge(plan, held.state, epoch, row)
        held.updated = max(held.updated, row.meta.hlc)
        held.size += len(row.rest_json) + len(row.nominal_json or b"")

    def is_full(self, plan: TypePlan, number: int, epoch: str, row: Row) -> bool:
        """Whether a change would add to a record that holds as much as it may. One that takes away is none."""
        held = self._get(plan, number)
        added = len(row.rest_json) + len(row.nominal_json or b"")
        if _beside(held.state) < MOST_BESIDE and held.size + added <= MOST_STATE:
            return False
        after = _copied(held.state)
        _merge(plan, after, epoch, row)
        held.size = _size(held.state)
        more = _beside(after) > max(MOST_BESIDE, _beside(held.state))
        return more or _size(after) > max(MOST_STATE, held.size)

    def write(self) -> None:
        """Write all of them back."""
        for number, held in self._open.items():
            self._write(self._connection, held.plan, number, held.state, held.updated)
            now = held.plan.derived(held.state, held.folding)
            self._reindex(self._connection, number, held.before, now)
        self._open.clear()

    def _get(self, plan: TypePlan, number: int) -> _Open:
        held = self._open.get(number)
        if held is None:
            state = self._load(self._connection, plan, number)
            folding = folding_of(self._connection, number)
            held = self._open[number] = _Open(plan, state, folding, plan.derived(state, folding), 0, _size(state))
        return held


def _merge(plan: TypePlan, state: merge.State, epoch: str, row: Row) -> None:
    head = merge.Head(row.meta.hlc, epoch, row.seq)
    merge.merge(state, head, row.meta.seen or {}, row.rest, row.nominal, plan.tree)


def _copied(state: merge.State) -> merge.State:
    rest, nominal = msgspec.json.decode(msgspec.json.encode((state.rest, state.nominal)))
    heads = {key: list(held) for key, held in state.heads.items()}
    return merge.State(state.base, rest, nominal, heads, {key: dict(held) for key, held in state.alternatives.items()})


def _beside(state: merge.State) -> int:
    return sum(len(held) for held in state.alternatives.values())


def _size(state: merge.State) -> int:
    return len(msgspec.json.encode((state.rest, state.nominal)))
