"""What others wrote is taken at a post some at a time."""

from __future__ import annotations

from diwan_core.exchange.post.feed_pacing import FEED_BYTES, Paced
from diwan_core.exchange.wire import topics
from diwan_core.register.admission.scope_log import NATIONAL
from hypothesis import given
from hypothesis import strategies as st

NODE = "abcdefghijklm"
RECEIPT = (topics.down(NODE, topics.RECEIPT), b"receipt")


def feed(size: int, number: int = 0) -> tuple[str, bytes]:
    return topics.scope(NATIONAL, NODE), number.to_bytes(4, "big") + bytes(max(0, size - 4))


def test_a_receipt_does_not_wait_behind_a_backlog_of_others() -> None:
    paced = Paced()
    assert paced.set_aside([*(feed(150_000, number) for number in range(12)), RECEIPT]) == [RECEIPT]
    assert paced.next() == [feed(150_000, 0)]
    assert paced.set_aside([RECEIPT]) == [RECEIPT]
    assert paced.next() == [feed(150_000, 1)]


def test_small_parcels_share_a_transaction() -> None:
    paced = Paced()
    paced.set_aside([feed(900, number) for number in range(20)])
    assert len(paced.next()) == 20
    assert not paced and paced.next() == []


@given(st.lists(st.lists(st.integers(4, 2 * FEED_BYTES), max_size=12), max_size=8))
def test_all_of_the_feed_is_taken_once_and_in_its_order(arrivals: list[list[int]]) -> None:
    paced = Paced()
    came: list[tuple[str, bytes]] = []
    taken: list[tuple[str, bytes]] = []
    for sizes in arrivals:
        messages = [feed(size, len(came) + at) for at, size in enumerate(sizes)]
        came += messages
        assert paced.set_aside(messages) == []
        taken += paced.next()
    while paced:
        some = paced.next()
        assert len(some) == 1 or sum(len(payload) for _, payload in some) <= FEED_BYTES
        taken += some
    assert taken == came
