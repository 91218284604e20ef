"""What others wrote is taken at a post some at a time."""

from __future__ import annotations

from diwan_core.exchange import topics
from diwan_core.exchange.paced import FEED_BYTES, Paced
from diwan_core.register.scopes import NATIONAL
from hypothesis import given
from hypothesis import strategies as st

NODE = "abcdefghijklm"
RECEIPT = (topics.down(NODE, topics.RECEIPT), b"receipt")


def feed(size: int, number: int = 0) -> tuple[str, bytes]:
    return topics.scope(NATIONAL, NODE), number.to_bytes(4, "big") + bytes(max(0, size - 4))


def test_a_receipt_does_not_wait_behind_a_backlog_of_others() -> None:
    paced = Paced()
    assert paced.next([*(feed(150_000, number) for number in range(12)), RECEIPT]) == [RECEIPT, feed(150_000, 0)]
    assert paced.next([RECEIPT]) == [RECEIPT, feed(150_000, 1)]


def test_small_parcels_share_a_transaction() -> None:
    paced = Paced()
    assert len(paced.next([feed(900, number) for number in range(20)])) == 20
    assert not paced


@given(st.lists(st.lists(st.integers(4, 2 * FEED_BYTES), max_size=12), max_size=8))
def test_all_of_the_feed_is_taken_once_and_in_its_order(arrivals: list[list[int]]) -> None:
    paced, taken, number = Paced(), [], 0
    came = []
    for sizes in arrivals:
        messages = [feed(size, number + at) for at, size in enumerate(sizes)]
        number += len(sizes)
        came += messages
        taken += paced.next(messages)
    while paced:
        some = paced.next([])
        assert len(some) == 1 or sum(len(payload) for _, payload in some) <= FEED_BYTES
        taken += some
    assert taken == came
