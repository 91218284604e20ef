"""What pages ask of the few records that the centre distributes, such as settings, rules and prices, costs the same
however many cases there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from diwan_core.register import Register
from diwan_core.register.code_editions import editions
from diwan_core.register.departments import departments
from diwan_core.register.national_equivalents import national_equivalents
from diwan_core.register.national_prices import national_prices
from diwan_core.register.national_settings import national_settings
from diwan_core.register.national_units import national_units
from diwan_core.register.operations import operations
from diwan_core.register.retention.rules import retention_rules
from diwan_core.register.storage.database import Store

SMALL = (
    departments, editions, national_equivalents, national_prices, national_settings, national_units, operations,
    retention_rules,
)  # fmt: skip


@pytest.mark.parametrize("ask", SMALL, ids=lambda ask: str(ask.__name__))
def test_what_the_centre_distributes_is_read_without_looking_at_all_records(
    register: Register, ask: Callable[[Store], Any]
) -> None:
    asked: list[str] = []
    connection = register.store.connection
    connection.set_trace_callback(asked.append)
    try:
        ask(register.store)
    finally:
        connection.set_trace_callback(None)
    steps = [row[3] for sql in asked for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert steps and not [step for step in steps if step.startswith("SCAN r")], steps
