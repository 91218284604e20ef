"""SQL for states that follow from the day: a list shows and filters by them, and no row ever says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from diwan_core.dictionary import StateMachine
from diwan_core.register.records.type_plan import TypePlan

Sql = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class OfDay:
    """A state that is asked for, as it is shown on a day (year-month-day; "" where no clock is sure of it)."""

    machine: StateMachine
    state: str
    day: str


def day_condition(plan: TypePlan, asked: OfDay) -> Sql:
    """The condition of records that are shown in a state."""
    machine, clock = asked.machine, asked.machine.clock
    held = f"t.[{machine.field}]=?"
    if clock is None or not asked.day or asked.state not in (clock.state, *clock.of):
        return held, (asked.state,)
    over = f"coalesce(substr({_until(plan, clock.field)},1,10)<?,0)"
    if asked.state == clock.state:
        marks = ",".join("?" * len(clock.of))
        return f"({held} OR (t.[{machine.field}] IN ({marks}) AND {over}))", (asked.state, *clock.of, asked.day)
    return f"({held} AND NOT {over})", (asked.state, asked.day)


def states_shown(plan: TypePlan, machine: StateMachine, day: str, most: int) -> Sql:
    """How many of the newest records are shown in each state."""
    shown, values, clock = f"t.[{machine.field}]", tuple[Any, ...](), machine.clock
    if clock is not None and day:
        marks = ",".join("?" * len(clock.of))
        shown = (
            f"CASE WHEN t.[{machine.field}] IN ({marks}) AND coalesce(substr({_until(plan, clock.field)},1,10)<?,0) "
            f"THEN ? ELSE t.[{machine.field}] END"
        )
        values = (*clock.of, day, clock.state)
    inner = f"SELECT {shown} AS shown FROM [{plan.table}] t ORDER BY t.no DESC LIMIT ?"
    return f"SELECT shown, count(*) FROM ({inner}) WHERE shown IS NOT NULL GROUP BY shown", (*values, most)


def _until(plan: TypePlan, field: str) -> str:
    """Where the date stands: in a column, else in the half that identifies nobody, as the record holds it."""
    if field in plan.columns:
        return f"t.[{field}]"
    held = "coalesce(t.rest,(SELECT j.rest FROM journal j WHERE j.no=t.base))"
    return f"json_extract(CAST({held} AS TEXT),'$.{field}')"
