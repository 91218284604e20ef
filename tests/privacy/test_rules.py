"""Rules of retention: the centre sets them once, every post holds them, and nobody else writes one."""

from __future__ import annotations

import pytest
from diwan_central.privacy.runs import approve, carry_out, run_of
from diwan_core.dictionary.retention import Rule
from diwan_core.register import Edit, Refused
from diwan_core.register.records import edits as edits_module
from diwan_core.register.retention.rules import retention_rules, set_rule, withdraw_rule

from tests.exchange.erased_kit import greet
from tests.exchange.network import Network
from tests.privacy.kit import OTHER, due_ids, keys, old_case, opened, proposed

pytestmark = pytest.mark.slow


def test_rules_are_set_once_at_the_centre_and_held_and_obeyed_at_every_post(net: Network) -> None:
    record = old_case(net, date="2024-01-01", legal_basis="Act 7")
    assert due_ids(net) == {}
    rule, is_new = set_rule(net.register, Rule("case", "act  7", 12, "date", 2), "Act 7, section 3", author="root")
    assert is_new
    assert set_rule(net.register, Rule("case", "Act 7", 12, "date", 2), "Act 7, section 3", author="root") == (
        rule,
        False,
    )
    changed, _ = set_rule(net.register, Rule("case", "Act 7", 24, "date", 2), "Act 9", author="huda")
    assert changed.record == rule.record
    net.settle()
    assert [(entry.author, entry.changes.get("months")) for entry in net.register.history(rule.record)] == [
        ("root", (None, 12)), ("huda", (12, 24)),
    ]  # fmt: skip
    for post in net.posts:
        assert retention_rules(post.register.store) == [changed]
        with pytest.raises(Refused, match="may not"):
            set_rule(post.register, Rule("case", "", 1, "date"), "none", author="officer")
    with opened(net) as store:
        number = proposed(net, store)
        approve(store, number, OTHER)
        carry_out(net.register, store, keys(net), run_of(store, number))
    greet(net)
    for register in net.registers():
        left = register.get(record)
        assert left is not None
        assert left.nominal == {}
        assert left.rest["date"] == "2024-01-01"
    withdraw_rule(net.register, rule.record, author="root")
    assert retention_rules(net.register.store) == []


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (Rule("ship", "", 12, "date"), "no record type"),
        (Rule("case", "", 12, "narrative"), "no date"),
        (Rule("person", "", 12, "birth_date"), "no date"),
        (Rule("case", "", 1201, "date"), "Months"),
        (Rule("case", "", -1, "date"), "Months"),
    ],
)
def test_a_rule_that_nobody_could_obey_is_refused(net: Network, rule: Rule, why: str) -> None:
    with pytest.raises(Refused, match=why):
        set_rule(net.register, rule, "", author="root")


def test_a_rule_that_a_post_wrote_is_taken_in_nowhere(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    post = net.posts[0]
    monkeypatch.setattr(edits_module, "authority_problems", lambda *_: [])
    values = {"record_type": "case", "months": 0, "after": "date", "erases": "both", "status": "submitted"}
    post.register.save([Edit("retention_rule", values)], author="officer")
    post.exchange.woken()
    for _ in range(20):
        net.turn()
    assert retention_rules(net.register.store) == []
    assert retention_rules(net.posts[1].register.store) == []
    assert sum(rows["quarantined"] for rows in net.register.rows_of_nodes().values()) == 1
