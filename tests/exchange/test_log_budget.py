"""What the log says of one node has a bound."""

from __future__ import annotations

import logging

import pytest
from diwan_core.exchange.centre.log_budget import LINES, NODES, WINDOW_S, LogBudget


def test_a_node_fills_no_log_and_takes_no_other_s_lines(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    budget = LogBudget(logging.getLogger("diwan.test"), lambda: now[0])
    for _ in range(10_000):
        budget.warn("evil", "refused from %s", "evil")
    budget.warn("good", "refused from %s", "good")
    assert caplog.messages.count("refused from evil") == LINES
    assert caplog.messages[-1] == "refused from good"
    now[0] = WINDOW_S + 1
    budget.warn("evil", "refused from %s", "evil")
    assert caplog.messages[-2:] == [f"{10_000 - LINES} more lines about evil were left out", "refused from evil"]


def test_names_of_nodes_that_are_none_take_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    budget = LogBudget(logging.getLogger("diwan.test"), lambda: 0.0)
    for number in range(3 * NODES):
        budget.warn(str(number), "refused")
    assert len(budget._told) <= NODES
