"""Whose parcels are admitted next."""

from __future__ import annotations

from diwan_central.turns import ALL_BYTES, BATCH_BYTES, BESIDE_BYTES, NODE_BYTES, REPORTED_S, Turns
from diwan_core.exchange import topics
from hypothesis import given
from hypothesis import strategies as st


def parcel(node: str, size: int, number: int = 0) -> tuple[str, bytes]:
    return topics.up(node, topics.PARCEL), number.to_bytes(4, "big") + bytes(max(0, size - 4))


def test_a_lone_save_goes_before_another_post_s_backlog() -> None:
    turns = Turns()
    turns.add(parcel("backlog", 150_000, number) for number in range(12))
    turns.add([parcel("lone", 900)])
    assert turns.next() == [parcel("lone", 900)], "and is committed before any of it"


def test_a_backlog_has_its_turn_however_much_others_report() -> None:
    turns = Turns()
    turns.add(parcel("backlog", 90_000, number) for number in range(12))
    went = []
    for _ in range(6):
        turns.add([parcel("lone", 900)])
        went.append({topics.sender(topic) for topic, _ in turns.next()})
    assert went == [{("lone", topics.PARCEL)}, {("backlog", topics.PARCEL)}] * 3


def test_a_backlog_takes_small_steps_only_while_others_report() -> None:
    now = 0.0
    turns = Turns(lambda: now)
    turns.add(parcel("backlog", 40_000, number) for number in range(40))
    assert len(turns.next()) == BATCH_BYTES // 40_000
    turns.add([parcel("lone", 900)])
    assert turns.next() == [parcel("lone", 900)] and turns.beside
    assert len(turns.next()) == BESIDE_BYTES // 40_000
    now = REPORTED_S + 1
    assert len(turns.next()) == BATCH_BYTES // 40_000 and not turns.beside


def test_a_backlog_that_is_alone_takes_large_steps_whatever_else_its_node_and_others_say() -> None:
    turns = Turns()
    turns.add([(topics.up("backlog", topics.HELLO), b"hello"), parcel("backlog", 900)])
    turns.next()
    turns.add([(topics.up("other", topics.HELLO), b"hello")])
    turns.add(parcel("backlog", 40_000, number) for number in range(40))
    turns.next()
    assert len(turns.next()) == BATCH_BYTES // 40_000
    assert not turns.beside


def taken(turns: Turns) -> dict[str, int]:
    """Bytes of each node, until nothing waits."""
    found: dict[str, int] = {}
    while turns:
        for topic, payload in turns.next():
            node = (topics.sender(topic) or ("", ""))[0]
            found[node] = found.get(node, 0) + len(payload)
    return found


def test_a_node_that_sends_far_more_than_it_was_granted_costs_no_more_memory() -> None:
    turns = Turns()
    turns.add(parcel("flood", 1_000_000, number) for number in range(100))
    turns.add([parcel("lone", 900)])
    held = taken(turns)
    assert 0 < held["flood"] <= NODE_BYTES
    assert held["lone"] == 900
    turns.add([parcel("flood", 1_000_000)])
    assert taken(turns) == {"flood": 1_000_000}, "there is room again"


def test_many_nodes_together_have_a_bound_and_a_lone_save_is_heard_beyond_it() -> None:
    turns = Turns()
    for number in range(40):
        turns.add(parcel(f"node{number}", 3_000_000) for _ in range(3))
    turns.add([parcel("lone", 900)])
    held = taken(turns)
    assert held.pop("lone") == 900
    assert ALL_BYTES - 3_000_000 <= sum(held.values()) <= ALL_BYTES


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(4, 300_000)), max_size=30))
def test_everything_has_its_turn_once_and_in_its_node_s_order(sizes: list[tuple[str, int]]) -> None:
    messages = [parcel(node, size, number) for number, (node, size) in enumerate(sizes)]
    turns = Turns()
    turns.add(messages)
    taken = []
    while turns:
        batch = turns.next()
        assert batch
        assert len(batch) == 1 or sum(len(payload) for _, payload in batch) <= BATCH_BYTES
        taken += batch
    for node in "abc":
        own = topics.up(node, topics.PARCEL)
        assert [message for message in taken if message[0] == own] == [m for m in messages if m[0] == own]
    assert len(taken) == len(messages)
