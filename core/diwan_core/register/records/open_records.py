"""Records that are edited in a transaction: each is read once, merged in memory, written back and indexed once.

What one record may hold has bounds: values that stand beside each other until a person chooses, and the size of its
state. Each edit costs time for all that is there, here and at every other node, so without them a few kilobytes of
edits that saw nothing of each other would keep the country busy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.index.folding import Folding
from diwan_core.register.journal.row import Ref, Row, keys_of
from diwan_core.register.records import merge
from diwan_core.register.records.replay import Change, changes_of
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
    beyond: list[Change]
    """Of a record that a snapshot brought: the changes written here, which may have seen one that comes only now. Those
    of others wait for what they have seen."""


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
        _merge(held, held.state, epoch, row)
        held.updated = max(held.updated, row.meta.hlc)
        held.size += len(row.rest_json) + len(row.nominal_json or b"")

    def is_full(self, plan: TypePlan, number: int, epoch: str, row: Row) -> bool:
        """Whether a change would add to a record that holds as much as it may. One that takes away is none."""
        held = self._get(plan, number)
        added = len(row.rest_json) + len(row.nominal_json or b"")
        if _beside(held.state) < MOST_BESIDE and held.size + added <= MOST_STATE:
            return False
        after = _copied(held.state)
        _merge(held, after, epoch, row)
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
            before, beyond = plan.derived(state, folding), self._beyond(plan, number)
            held = self._open[number] = _Open(plan, state, folding, before, 0, _size(state), beyond)
        return held

    def _beyond(self, plan: TypePlan, number: int) -> list[Change]:
        sql = f"SELECT 1 FROM [{plan.table}] WHERE no=? AND base IS NULL"
        brought = self._connection.execute(sql, (number,)).fetchone() is not None
        return changes_of(self._connection, number, own=True) if brought else []


def _merge(held: _Open, state: merge.State, epoch: str, row: Row) -> None:
    head = merge.Head(row.meta.hlc, epoch, row.seq)
    tree = held.plan.tree
    merge.merge(state, head, row.meta.seen or {}, row.rest, row.nominal, tree, _replaced(head.ref, held.beyond, tree))


def _replaced(ref: Ref, changes: Sequence[Change], tree: merge.Tree) -> set[str]:
    """The keys that one of these changes sets and at which it has seen this one."""
    return {
        key
        for change in changes
        for key in (*keys_of(change.rest, tree), *keys_of(change.nominal or {}, tree))
        if ref in merge.seen_of(change.meta.seen or {}, key)
    }


def _copied(state: merge.State) -> merge.State:
    rest, nominal = msgspec.json.decode(msgspec.json.encode((state.rest, state.nominal)))
    heads = {key: list(held) for key, held in state.heads.items()}
    return merge.State(state.base, rest, nominal, heads, {key: dict(held) for key, held in state.alternatives.items()})


def _beside(state: merge.State) -> int:
    return sum(len(held) for held in state.alternatives.values())


def _size(state: merge.State) -> int:
    return len(msgspec.json.encode((state.rest, state.nominal)))
