"""Whose parcels are admitted next."""

from __future__ import annotations

from diwan_central.exchange.admission_queue import (
    ALL_BYTES,
    BATCH_BYTES,
    BESIDE_BYTES,
    BESIDE_S,
    NODE_BYTES,
    NODE_MESSAGES,
    REPORTED_S,
    Turns,
)
from diwan_core.exchange.wire import topics
from hypothesis import given
from hypothesis import strategies as st


def parcel(node: str, size: int, number: int = 0) -> tuple[str, bytes]:
    return topics.up(node, topics.PARCEL), number.to_bytes(4, "big") + bytes(max(0, size - 4))


def test_a_lone_save_goes_before_another_post_s_backlog() -> None:
    turns = Turns()
    turns.add(parcel("backlog", 150_000, number) for number in range(12))
    turns.add([parcel("lone", 900)])
    assert turns.next().messages == [parcel("lone", 900)], "and is committed before any of it"


def test_it_says_whether_somebody_waits_who_reports_a_case_or_a_few() -> None:
    turns = Turns()
    assert not turns.is_small_waiting
    turns.add(parcel("backlog", 150_000, number) for number in range(12))
    assert not turns.is_small_waiting
    turns.add([parcel("lone", 900)])
    assert turns.is_small_waiting
    turns.next()
    assert not turns.is_small_waiting


def test_a_backlog_has_its_turn_however_much_others_report() -> None:
    turns = Turns()
    turns.add(parcel("backlog", 90_000, number) for number in range(12))
    went = []
    for _ in range(6):
        turns.add([parcel("lone", 900)])
        went.append({topics.sender(topic) for topic, _ in turns.next().messages})
    assert went == [{("lone", topics.PARCEL)}, {("backlog", topics.PARCEL)}] * 3


def test_a_backlog_takes_small_steps_only_while_others_report() -> None:
    now = 0.0
    turns = Turns(lambda: now)
    turns.add(parcel("backlog", 40_000, number) for number in range(40))
    assert len(turns.next().messages) == BATCH_BYTES // 40_000
    turns.add([parcel("lone", 900)])
    assert turns.next().messages == [parcel("lone", 900)] and turns.beside
    assert len(turns.next().messages) == BESIDE_BYTES // 40_000
    now = REPORTED_S + 1
    assert len(turns.next().messages) == BATCH_BYTES // 40_000 and not turns.beside


def test_a_backlog_that_is_alone_takes_large_steps_whatever_else_its_node_and_others_say() -> None:
    turns = Turns()
    turns.add([(topics.up("backlog", topics.HELLO), b"hello"), parcel("backlog", 900)])
    turns.next()
    turns.add([(topics.up("other", topics.HELLO), b"hello")])
    turns.add(parcel("backlog", 40_000, number) for number in range(40))
    turns.next()
    assert len(turns.next().messages) == BATCH_BYTES // 40_000
    assert not turns.beside


def taken(turns: Turns) -> dict[str, int]:
    """Bytes of each node, until nothing waits."""
    found: dict[str, int] = {}
    while turns:
        for topic, payload in turns.next().messages:
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
    assert turns.flooding() == {"flood"} and turns.flooding() == set()
    turns.add([parcel("flood", 1_000_000)])
    assert taken(turns) == {"flood": 1_000_000}, "there is room again"
    assert turns.flooding() == set()


def test_many_nodes_together_have_a_bound_and_a_lone_save_is_heard_beyond_it() -> None:
    turns = Turns()
    for number in range(40):
        turns.add([parcel(f"node{number}", 3_000_000)])
    turns.add([parcel("lone", 900)])
    held = taken(turns)
    assert held.pop("lone") == 900
    assert ALL_BYTES - 3_000_000 <= sum(held.values()) <= ALL_BYTES
    assert turns.flooding() == set(), "it is nobody's fault"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(4, 300_000)), max_size=30))
def test_everything_has_its_turn_once_and_in_its_node_s_order(sizes: list[tuple[str, int]]) -> None:
    messages = [parcel(node, size, number) for number, (node, size) in enumerate(sizes)]
    turns = Turns()
    turns.add(messages)
    taken = []
    while turns:
        batch = turns.next().messages
        assert batch
        assert len(batch) == 1 or sum(len(payload) for _, payload in batch) <= BATCH_BYTES
        taken += batch
    for node in "abc":
        own = topics.up(node, topics.PARCEL)
        assert [message for message in taken if message[0] == own] == [m for m in messages if m[0] == own]
    assert len(taken) == len(messages)


class Centre:
    """A centre that takes as long for a message as its first byte says, in hundredths of a second, and stops its
    transactions when they have lasted as long as they may."""

    def __init__(self) -> None:
        self.now = 0.0
        self.turns = Turns(lambda: self.now)
        self.committed: dict[bytes, float] = {}

    def work(self, seconds: float) -> None:
        end = self.now + seconds
        while self.turns and self.now < end:
            turn = self.turns.next()
            began, spent = self.now, dict[str, float]()
            done = 0
            for topic, payload in turn.messages:
                cost = payload[0] / 100
                self.now += cost
                node = (topics.sender(topic) or ("", ""))[0]
                spent[node] = spent.get(node, 0.0) + cost
                done += 1
                if self.now - began >= turn.seconds:
                    break
            self.committed.update((payload, self.now) for _, payload in turn.messages[:done])
            self.turns.put_back(turn.messages[done:])
            self.turns.charge(spent)
        self.now = max(self.now, end)


def costly(node: str, hundredths: int, number: int) -> tuple[str, bytes]:
    return topics.up(node, topics.PARCEL), bytes([hundredths]) + number.to_bytes(4, "big") + node.encode()


def test_small_messages_that_cost_much_delay_nobody_else_s() -> None:
    centre = Centre()
    waits = []
    number = 0
    for step in range(100):
        centre.turns.add(costly("evil", 20, number + at) for at in range(50))
        number += 50
        lone = costly("lone", 1, step)
        centre.turns.add([lone])
        before = centre.now
        centre.work(0.5)
        waits.append(centre.committed[lone[1]] - before)
    assert max(waits[10:]) < 0.4, "one message of the other's, and its own"
    assert sum(payload.endswith(b"evil") for payload in centre.committed) > 150, "which has its turns too"


def test_of_two_that_cost_as_much_neither_takes_more_than_its_half() -> None:
    centre = Centre()
    for node in ("one", "two"):
        centre.turns.add(costly(node, 10, number) for number in range(200))
    centre.work(10)
    taken = [sum(payload.endswith(node) for payload in centre.committed) for node in (b"one", b"two")]
    assert sum(taken) >= 90 and min(taken) >= 40


def test_who_was_dear_once_is_heard_with_the_small_again_later() -> None:
    centre = Centre()
    centre.turns.add([costly("dear", 200, 0)])
    centre.work(60)
    centre.turns.add([costly("other", 200, 0)])
    centre.work(1)
    centre.turns.add([costly("dear", 1, 1), costly("other", 1, 1)])
    assert centre.turns.next().messages == [costly("dear", 1, 1)]


def test_what_a_turn_did_not_get_to_comes_first_again_in_its_order() -> None:
    turns = Turns()
    messages = [costly("a", 1, number) for number in range(5)]
    turns.add(messages[:4])
    turn = turns.next()
    turns.put_back(turn.messages[1:])
    turns.add(messages[4:])
    assert turns.next().messages == messages[1:]
    assert not turns


def test_a_transaction_beside_others_reports_is_short() -> None:
    now = 0.0
    turns = Turns(lambda: now)
    turns.add([parcel("lone", 900)])
    assert turns.next().seconds == BESIDE_S
    turns.add(parcel("backlog", 40_000) for _ in range(3))
    assert turns.next().seconds == BESIDE_S
    now = REPORTED_S + 1
    turns.add(parcel("backlog", 40_000) for _ in range(3))
    assert turns.next().seconds > BESIDE_S


def test_a_node_s_messages_have_a_bound_however_small_they_are() -> None:
    turns = Turns()
    turns.add(parcel("flood", 4, number) for number in range(NODE_MESSAGES + 100))
    turns.add([parcel("lone", 900)])
    held = taken(turns)
    assert held == {"flood": 4 * NODE_MESSAGES, "lone": 900}
