"""Computes a record's state again from the rows of the journal, for an audit and after a newer dictionary has come."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from diwan_core.register.journal.row import Meta
from diwan_core.register.records import merge
from diwan_core.register.records.type_plan import TypePlan

_meta = msgspec.json.Decoder(Meta).decode
_decode = msgspec.json.decode


class Change(NamedTuple):
    """One applied row of a record."""

    head: merge.Head
    meta: Meta
    rest: Mapping[str, Any]
    nominal: Mapping[str, Any] | None


def changes_of(connection: sqlite3.Connection, number: int, *, own: bool = False) -> list[Change]:
    """The rows held here of the record with this number, as they arrived; with `own` those written at this node."""
    changes = []
    for meta_json, rest, nominal, epoch, seq in connection.execute(
        "SELECT j.meta, j.rest, j.nominal, e.id, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch "
        "WHERE j.record=? AND j.verdict=0 AND e.own>=? ORDER BY j.no",
        (number, own),
    ):
        meta = _meta(meta_json)
        head = merge.Head(meta.hlc, epoch, seq)
        changes.append(Change(head, meta, _decode(rest) if rest else {}, _decode(nominal) if nominal else None))
    return changes


def replay_record(changes: list[Change], plan: TypePlan) -> merge.State | None:
    """The state that a record's changes give, each applied after what it saw; None without the creating one."""
    base = next((change for change in changes if change.meta.seen is None), None)
    if base is None:
        return None
    state = merge.State(base.head, dict(base.rest), dict(base.nominal or {}))
    replay_upon(state, [change for change in changes if change is not base], plan)
    return state


def replay_upon(state: merge.State, changes: list[Change], plan: TypePlan) -> None:
    """Apply changes to the state that the creating one made, in place, each after what it saw."""
    ours = {change.head.ref for change in changes} | {state.base.ref}
    done = {state.base.ref}
    left = changes
    while left:
        ready = [
            change
            for change in left
            if all(
                ref not in ours or ref in done or ref == change.head.ref
                for refs in (change.meta.seen or {}).values()
                for ref in ((epoch, seq) for epoch, seq in refs)
            )
        ] or left[:1]  # rows that claim to have seen each other: no order is right, and none is waited for
        for change in ready:
            merge.merge(state, change.head, change.meta.seen or {}, change.rest, change.nominal, plan.tree)
            done.add(change.head.ref)
        left = [change for change in left if change.head.ref not in done]
