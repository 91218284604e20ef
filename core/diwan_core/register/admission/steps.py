"""Steps of states in rows of other nodes: judged from the versions that each row names."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache

from diwan_core.dictionary import RecordType
from diwan_core.register.journal.row import Ref, Row
from diwan_core.register.records import merge
from diwan_core.register.records.ancestors import Ancestors
from diwan_core.register.records.apply import Applier, load_state
from diwan_core.register.records.steps import Change, Taker, denied_steps, states_set
from diwan_core.register.records.type_plan import PLANS


def refused_steps(
    connection: sqlite3.Connection,
    applier: Applier,
    declared: RecordType,
    row: Row,
    role: str,
    beside: Mapping[Ref, Row],
) -> str:
    """Why the steps that a row takes are refused to a node of this role; "" where they are not. `declared` is the type
    as the row's own dictionary has it, `beside` the other rows of its change set.

    Of a row whose plain half was erased nothing is left to judge, and what a step needs is not asked where the other
    half was."""
    if not declared.machines or not row.rest_json:
        return ""
    plan, meta = PLANS[row.meta.type], row.meta

    @cache
    def present() -> merge.State | None:
        held = applier.exists(meta.record)
        return None if held is None else load_state(connection, plan, held[0])

    if meta.seen is not None and next(states_set(declared, row.rest), None) is not None:
        applier.finish()  # what the row names may be among the rows just gathered
    ancestors = Ancestors(connection, meta.record, meta.seen, plan.tree, present, beside)
    nominal = (row.nominal or {}) if row.commitments is None else None
    change = Change(row.rest, nominal, meta.seen is None, ancestors.states)
    return "; ".join(denied.why for denied in denied_steps(declared, change, Taker(role)))
