"""Works amounts out again, beside the writers: after an upgrade those of all records, and after the centre has changed
a national unit those that depend on one.

Each step is a small transaction that notes how far it came, so that whoever is ended in between goes on there."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec

from diwan_core import world
from diwan_core.register.index import amounts
from diwan_core.register.index.pending import pending
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.state import forget_state, get_state, set_state
from diwan_core.register.storage.steps import take_step

BATCH: Final = 500
"""Records looked at in one transaction."""
STEP_S: Final = 0.008
"""How long one transaction holds the write lock, about."""
PAUSE_S: Final = 0.02

_rest = msgspec.json.Decoder(dict[str, Any]).decode


def turn(connection: sqlite3.Connection) -> float | None:
    """A step; seconds until the next one, None when nothing is left. Raises sqlite3.Error."""
    return PAUSE_S if step(connection) else None


def step(connection: sqlite3.Connection) -> bool:
    """Work some amounts out again; whether more are left."""
    return amounts.is_left(connection) and take_step(connection, work_out_some)


def work_out_some(connection: sqlite3.Connection) -> bool:
    """The work of a step, in the caller's write transaction; whether more is left."""
    left = get_state(connection, amounts.ALL_LEFT)
    if left is not None:
        first, last = map(int, str(left).split(":"))
        _range(connection, first, last)
    elif (after := get_state(connection, amounts.UNITS_LEFT)) is not None:
        _national(connection, int(after))
    return amounts.is_left(connection)


def _range(connection: sqlite3.Connection, first: int, last: int) -> None:
    found = connection.execute(
        "SELECT no, type FROM record WHERE no BETWEEN ? AND ? ORDER BY no LIMIT ?", (first, last, BATCH)
    ).fetchall()
    done = _work_out(connection, found)
    if len(found) < BATCH and done == len(found):
        forget_state(connection, amounts.ALL_LEFT)
    else:
        set_state(connection, amounts.ALL_LEFT, f"{found[done - 1][0] + 1}:{last}")


def _national(connection: sqlite3.Connection, after: int) -> None:
    found = connection.execute(
        "SELECT DISTINCT a.record, r.type FROM amount a JOIN record r ON r.no=a.record "
        "WHERE a.national IS NOT NULL AND a.record>? ORDER BY a.record LIMIT ?",
        (after, BATCH),
    ).fetchall()
    done = _work_out(connection, found)
    if len(found) < BATCH and done == len(found):
        forget_state(connection, amounts.UNITS_LEFT)
    else:
        set_state(connection, amounts.UNITS_LEFT, found[done - 1][0])


def _work_out(connection: sqlite3.Connection, records: list[tuple[int, str]]) -> int:
    """How many of these records were worked out: as many as fit into a step, and at least one."""
    units, end = amounts.NationalUnits(connection), world.monotonic_s() + STEP_S
    held = pending(connection)
    for count, (number, kind) in enumerate(records, 1):
        plan = PLANS.get(kind)
        is_pending = held is not None and number >= held.first  # it gets its amounts with its words
        if plan is not None and plan.has_amounts and not is_pending:
            rest = connection.execute(
                f"SELECT coalesce(t.rest, j.rest, '{{}}') FROM [{plan.table}] t LEFT JOIN journal j ON j.no=t.base "
                "WHERE t.no=?",
                (number,),
            ).fetchone()
            amounts.keep(connection, number, _rest(rest[0]) if rest else {}, units)
        if world.monotonic_s() > end:
            return count
    return len(records)
