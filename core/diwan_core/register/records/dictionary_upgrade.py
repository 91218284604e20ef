"""Brings records to a newer dictionary: values that were kept and not understood take their place.

A node of an older dictionary keeps a newer node's fields verbatim. It has no columns for them, does not search them,
and merges each by itself. So the first start of a newer release reads these records again. After a roll-back the search
index is made anew, since the older release cannot say which words the newer one put there."""

from __future__ import annotations

import logging
import sqlite3
from typing import Final

from diwan_core.dictionary import DICTIONARY, Dictionary, added_since, as_of
from diwan_core.register.index.amounts import note_all_left
from diwan_core.register.index.fold_range import folding_of, note_left
from diwan_core.register.index.folding import PRESENT
from diwan_core.register.index.pending import forget_pending
from diwan_core.register.records import merge
from diwan_core.register.records.apply import load_state, reindex, store_state
from diwan_core.register.records.replay import changes_of, replay_record
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.storage.state import get_state, set_state

_KNOWN: Final = "dictionary"
_RANKED: Final = 4
"""The version since which a state has an order, and *withdrawn* counts before any other status."""

log = logging.getLogger("diwan.register")


def knew_less(connection: sqlite3.Connection) -> bool:
    """Whether a release with an older dictionary used this register last."""
    before = get_state(connection, _KNOWN)
    return before is not None and before < DICTIONARY.version


def catch_up(connection: sqlite3.Connection, dictionary: Dictionary = DICTIONARY) -> int:
    """Bring records to this release's dictionary, in the caller's write transaction; how many were read again."""
    before = get_state(connection, _KNOWN)
    if before == dictionary.version:
        return 0
    set_state(connection, _KNOWN, dictionary.version)
    if before is None:  # a new register, or one of a time when there was only this dictionary
        return 0
    if before > dictionary.version:
        return search_again(connection)
    known, count = as_of(dictionary, before), 0
    for kind, names in added_since(dictionary, before).items():
        plan, old = PLANS[kind], TypePlan(known.types[kind]) if kind in known.types else PLANS[kind]
        for number, edited in _holding(connection, plan, names):
            _again(connection, plan, old, number, edited=edited)
            count += 1
    if before < _RANKED:
        _show_states(connection)
    log.info("%d records hold what dictionary %d did not know", count, before)
    return count


def _show_states(connection: sqlite3.Connection) -> None:
    """Let records show the state that counts where several stand beside each other, and the status: the order is
    new."""
    for plan in PLANS.values():
        contested = f"SELECT no FROM [{plan.table}] WHERE conflicts>0"
        for (number,) in connection.execute(contested).fetchall():
            state = load_state(connection, plan, number)
            folding = folding_of(connection, number)
            was = plan.derived(state, folding)
            merge.show_anew(state, plan.tree)
            store_state(connection, plan, number, state, 0)
            reindex(connection, number, was, plan.derived(state, folding))


def _holding(connection: sqlite3.Connection, plan: TypePlan, names: frozenset[str]) -> list[tuple[int, bool]]:
    """Records with a member of one of these names anywhere in them: (number, whether somebody has edited it)."""
    marks = [f'"{name}":' for name in sorted(names)]
    found = " OR ".join(
        "instr(coalesce(t.rest, j.rest), ?) OR instr(coalesce(t.nominal, j.nominal, ''), ?)" for _ in marks
    )
    rows = connection.execute(
        f"SELECT t.no, t.rest IS NOT NULL FROM [{plan.table}] t LEFT JOIN journal j ON j.no=t.base WHERE {found}",
        [mark for mark in marks for _ in range(2)],
    )
    return [(number, bool(edited)) for number, edited in rows]


def _again(connection: sqlite3.Connection, plan: TypePlan, old: TypePlan, number: int, *, edited: bool) -> None:
    state = load_state(connection, old, number)
    folding = folding_of(connection, number)
    was = plan.derived(state, folding)._replace(words=old.index(state.rest, state.nominal, folding))
    if edited:
        state = _merged_anew(connection, plan, number, state)
        store_state(connection, plan, number, state, 0)
    elif plan.columns:
        columns = ", ".join(f"[{name}]=?" for name in plan.columns)
        connection.execute(f"UPDATE [{plan.table}] SET {columns} WHERE no=?", (*plan.values(state.rest), number))
    reindex(connection, number, was, plan.derived(state, folding))


def _merged_anew(connection: sqlite3.Connection, plan: TypePlan, number: int, state: merge.State) -> merge.State:
    """By the groups of this dictionary, where all rows that made the state are here, whole."""
    changes = changes_of(connection, number)
    here = {change.head.ref for change in changes}
    heads = {head.ref for held in state.heads.values() for head in held} | {state.base.ref}
    erased = connection.execute(
        "SELECT 1 FROM journal WHERE record=? AND commitments IS NOT NULL LIMIT 1", (number,)
    ).fetchone()
    return state if erased or not heads <= here else replay_record(changes, plan) or state


def search_again(connection: sqlite3.Connection) -> int:
    """Make the search index from scratch, as this release folds; how many records are in it."""
    note_left(connection, 1, 0)
    if forget_pending(connection):
        note_all_left(connection)
    for table in ("search", "fragment"):
        connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
    count = 0
    for plan in PLANS.values():
        for (number,) in connection.execute(f"SELECT no FROM [{plan.table}]").fetchall():
            now = plan.derived(load_state(connection, plan, number), PRESENT)
            reindex(connection, number, now._replace(words=("", "", "")), now)
            count += 1
    return count
