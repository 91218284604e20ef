"""Indexes a register again after the folding has changed, while others write.

The first start of a release that folds otherwise notes which records stand in the index as the release before folded
them: those up to the last one there is. The node's long-running process (`upkeep`) takes them one after another, in
small transactions; what is written meanwhile about one of them keeps the first folding until its turn has come, and
searches ask in both ways (`finding`). Records of ASCII letters alone stand there the same in both and are passed over.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core import world
from diwan_core.register.index.fold_range import first_left, note_left
from diwan_core.register.index.folding import FIRST, PRESENT
from diwan_core.register.records.apply import load_state, reindex
from diwan_core.register.records.type_plan import PLANS, Derived, TypePlan
from diwan_core.register.storage.steps import take_step

BATCH: Final = 500
"""Records looked at in one transaction."""
STEP_S: Final = 0.008
"""How long one transaction holds the write lock, about."""
PAUSE_S: Final = 0.02


class Refolding:
    """Takes a step whenever it is asked, until nothing is left."""

    def __init__(self) -> None:
        self._left = True

    def turn(self, connection: sqlite3.Connection) -> float | None:
        """A step; seconds until the next turn, None when nothing is left. Raises sqlite3.Error."""
        if self._left:
            self._left = step(connection)
        return PAUSE_S if self._left else None


def step(connection: sqlite3.Connection) -> bool:
    """Index some records anew; whether more are left. Where another process writes, it is left for later."""
    if first_left(connection) is None:
        return False
    return take_step(connection, _some)


def _some(connection: sqlite3.Connection) -> bool:
    held = first_left(connection)
    if held is None:
        return False
    first, last = held
    end = world.monotonic_s() + STEP_S
    found = connection.execute(
        "SELECT no, type FROM record WHERE no BETWEEN ? AND ? ORDER BY no LIMIT ?", (first, last, BATCH)
    ).fetchall()
    for number, kind in found:
        if kind in PLANS:
            _again(connection, PLANS[kind], number)
        first = number + 1
        if world.monotonic_s() > end:
            break
    else:
        if len(found) < BATCH:
            first = last + 1
    note_left(connection, first, last)
    return first <= last


def _again(connection: sqlite3.Connection, plan: TypePlan, number: int) -> None:
    rest, nominal = connection.execute(plan.select, (number,)).fetchone()[4:6]
    if rest.isascii() and (nominal is None or nominal.isascii()):
        return
    state = load_state(connection, plan, number)
    was, now = (Derived(plan.index(state.rest, state.nominal, folding)) for folding in (FIRST, PRESENT))
    reindex(connection, number, was, now)
