"""What the centre is sent and does not take is tried again, but not for ever at the same pace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from diwan_core.exchange.post.outbox import RETRY_MOST_S
from diwan_core.exchange.wire import topics
from diwan_core.register.journal.resign import sign_again
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

STEP_S = 5.0


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as net:
        net.settle()
        yield net


def spoil(post: Post) -> None:
    """As with a key that is not the enrolled one: the centre takes its rows for a fork."""
    with post.register.store.write() as connection:
        connection.execute("UPDATE journal SET signature=zeroblob(64) WHERE signature IS NOT NULL")


def passing(net: Network, post: Post, seconds: float) -> dict[str, list[float]]:
    """Let time pass; when parcels (p) and hellos (h) of the post went out."""
    sent: dict[str, list[float]] = {topics.PARCEL: [], topics.HELLO: []}
    publish = post.carrier.publish

    def noted(topic: str, payload: bytes) -> None:
        sent.setdefault(topics.leaf(topic), []).append(post.clock.now)
        publish(topic, payload)

    post.carrier.publish = noted  # type: ignore[method-assign]
    end = post.clock.now + seconds
    while post.clock.now < end:
        net.turn()
        post.clock.now += STEP_S
    post.carrier.publish = publish  # type: ignore[method-assign]
    return sent


def test_a_parcel_that_is_set_aside_is_sent_more_and_more_seldom(net: Network) -> None:
    post = net.posts[0]
    post.save(case())
    spoil(post)
    sent = passing(net, post, 4 * 3600)
    pauses = [later - earlier for earlier, later in pairwise(sent[topics.PARCEL])]
    assert pauses[-1] >= RETRY_MOST_S
    assert all(later > earlier - 4 * STEP_S for earlier, later in pairwise(pauses)), "it only grows"
    assert len(sent[topics.PARCEL]) < 30, "four hours at the old pace were 720"
    assert len(sent[topics.HELLO]) < 50
    assert net.register.store.one("SELECT count(*) FROM quarantine WHERE code='fork'") == len(sent[topics.PARCEL])


def test_others_rows_and_later_facts_still_come_meanwhile(net: Network) -> None:
    post, other = net.posts
    post.save(case())
    spoil(post)
    passing(net, post, 3600)
    other.save(case())
    passing(net, post, 60)
    assert post.register.count("case") == 2


def test_with_a_new_line_it_is_sent_at_once_and_taken_when_it_is_right_now(net: Network) -> None:
    post = net.posts[0]
    post.save(case())
    spoil(post)
    passing(net, post, 3600)
    assert sign_again(post.register.store, post.register.node_id, NodeKeys.load(post.register.folder)) > 0
    post.exchange.came_up()
    net.settle()
    assert net.register.count("case") == 1


def test_what_is_saved_after_a_loss_is_not_held_back(net: Network) -> None:
    """A message that got lost once or twice is no reason to wait."""
    post = net.posts[0]
    post.save(case())
    list(post.exchange.outgoing())  # lost
    sent = passing(net, post, 60)
    assert net.register.count("case") == 1
    assert len(sent[topics.PARCEL]) == 1
