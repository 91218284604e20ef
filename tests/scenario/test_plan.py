"""A failing seed is worth something only when it gives the same plan again."""

import pytest
from diwan_bench.hostile_kinds import KINDS
from diwan_lab.plan import ATTACKS, MOVES, NAMED, SCOPES, WEIGHTS, make_plan


def test_the_same_seed_gives_the_same_plan() -> None:
    plans = [make_plan(7, 200, 3, NAMED["random"], 1.0, root=True) for _ in range(2)]
    assert plans[0] == plans[1]
    assert plans[0] != make_plan(8, 200, 3, NAMED["random"], 1.0, root=True)


def test_a_long_plan_has_every_kind_of_fault() -> None:
    plan = make_plan(1, 1000, 3, NAMED["random"], 1.0, root=True)
    assert len(plan) == 1000
    assert {fault.kind for fault in plan} == set(WEIGHTS) - {"stop-minute", "attack", *SCOPES}
    scopes = make_plan(1, 300, 3, NAMED["scopes"], 1.0, root=True)
    assert {fault.kind for fault in scopes} >= set(SCOPES)
    moves = [fault for fault in scopes if fault.kind == "move"]
    assert {fault.detail.rpartition(" ")[0] for fault in moves} == set(MOVES)
    assert {"central", "post1", "post2", "post3"} == {fault.where for fault in moves}


def test_a_plan_of_attacks_has_every_kind_of_message_a_thief_sends() -> None:
    plan = make_plan(1, 1000, 3, NAMED["attack"], 1.0, root=True)
    assert {fault.detail for fault in plan if fault.kind == "attack"} == set(ATTACKS)
    hostile = sum(fault.kind in ("attack", "forge", "replay") for fault in plan)
    assert 400 < hostile < 900


def test_the_thief_s_messages_are_those_the_attacker_can_make() -> None:
    assert set(ATTACKS) <= set(KINDS)


def test_without_root_no_disk_is_filled() -> None:
    assert all(fault.kind != "full" for fault in make_plan(1, 500, 3, NAMED["random"], 1.0, root=False))


@pytest.mark.parametrize("name", NAMED)
def test_a_named_plan_has_only_its_own_kinds(name: str) -> None:
    assert {fault.kind for fault in make_plan(3, 400, 2, NAMED[name], 1.0, root=True)} <= set(NAMED[name])


def test_no_fault_begins_where_another_still_lasts() -> None:
    busy: dict[str, float] = {}
    for fault in make_plan(5, 500, 3, ("kill", "stop", "wipe"), 0.5, root=True):
        assert busy.get(fault.where, 0.0) <= fault.at
        busy[fault.where] = fault.at + fault.seconds
