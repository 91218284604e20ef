"""What others wrote after one's own rows waits for the receipt that tells their numbers, and not longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance.agent import take_some
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.register.storage.database import Store

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def sent(net: Network, post: Post) -> list[Message]:
    """What the first post is sent once the centre has taken what `post` has to say; receipts come after the feed."""
    for topic, payload in post.exchange.outgoing():
        post.carrier.publish(topic, payload)
    for topic, payload in net.inbox.handle(net.ingest_carrier.poll(0)):
        net.ingest_carrier.publish(topic, payload)
    for topic, payload in net.relay.live():
        net.relay_carrier.publish(topic, payload)
    net.clock.now += 1.0
    for topic, payload in net.inbox.receipts():
        net.ingest_carrier.publish(topic, payload)
    return net.posts[0].carrier.poll(0)


def head(net: Network) -> int:
    return int(net.register.store.one("SELECT max(last) FROM scope_run"))


def cursor(post: Post) -> int:
    return post.exchange.feed.cursor(post.register.store.connection)[0]


def says_hello(post: Post) -> bool:
    return any(topics.leaf(topic) == topics.HELLO for topic, _ in post.exchange.outgoing())


def test_others_parcels_are_taken_as_soon_as_one_s_own_numbers_are_known(net: Network) -> None:
    one, two = net.posts
    one.save(case())
    receipt = sent(net, one)
    two.save(case())
    early = sent(net, two)
    one.clock.now += 10.0
    one.exchange.handle(early)
    assert cursor(one) < head(net)
    assert not says_hello(one), "its own row is on its way, and so is the receipt"
    one.exchange.handle(receipt)
    two.save(case())
    one.exchange.handle(sent(net, two))
    assert cursor(one) == head(net), "without waiting until receipts are written down"


def test_a_gap_that_no_receipt_closes_is_asked_for(net: Network) -> None:
    one, two = net.posts
    one.save(case())
    sent(net, one)  # the receipt is lost
    for _ in range(3):
        two.save(case())
        one.clock.now += 10.0
        one.exchange.handle(sent(net, two))
        if says_hello(one):
            break
    else:
        pytest.fail("it never asked")


def test_parcels_that_came_early_are_taken_some_at_a_time(net: Network) -> None:
    one, two = net.posts
    one.exchange.feed.step = 1
    one.save(case())
    receipt = sent(net, one)
    for _ in range(5):
        two.save(case())
        one.exchange.handle(sent(net, two))
    one.exchange.handle(receipt)
    turns = 0
    one.exchange.flush(force=True)
    while one.exchange.feed.left:
        one.exchange.handle([])
        turns += 1
    assert turns >= 4
    assert cursor(one) == head(net)


def test_one_s_own_numbers_that_are_told_before_a_queue_of_others_is_taken_are_no_gap(net: Network) -> None:
    one, two = net.posts
    two.save(case())
    queued = sent(net, two)
    one.save(case())
    told = one.exchange.paced.set_aside([*queued, *sent(net, one)])
    one.clock.now += 10.0
    one.exchange.handle(told)
    one.exchange.flush(force=True)
    one.exchange.following.announced(head(net))
    assert not says_hello(one), "what goes before its own row is in the queue"
    one.exchange.handle(one.exchange.paced.next())
    assert cursor(one) == head(net)
    assert not says_hello(one)


def test_a_gap_is_asked_for_however_long_the_queue_is(net: Network) -> None:
    one, two = net.posts
    two.save(case())
    sent(net, two)  # lost
    two.save(case())
    came = sent(net, two)
    two.save(case())
    one.exchange.paced.set_aside(sent(net, two))
    one.clock.now += 10.0
    one.exchange.handle(came)
    assert says_hello(one)


def test_what_the_centre_announces_is_looked_at_once_the_queue_is_taken(net: Network) -> None:
    one, two = net.posts
    two.save(case())
    one.exchange.paced.set_aside(sent(net, two))
    two.save(case())
    sent(net, two)  # lost, and nothing comes after it
    one.clock.now += 10.0
    one.exchange.following.announced(head(net))
    assert not says_hello(one)
    one.exchange.handle(one.exchange.paced.next())
    assert says_hello(one)


def test_what_is_being_saved_is_sent_before_others_rows_are_taken(net: Network) -> None:
    one, two = net.posts
    two.save(case())
    one.exchange.paced.set_aside(sent(net, two))
    before = cursor(one)
    console = Store(one.register.store.path, writer=True)
    with console.write():
        take_some(one.exchange)  # an agent that waited here would take them as soon as the save is committed
        assert one.exchange.paced and cursor(one) == before
    console.close()
    take_some(one.exchange)
    assert not one.exchange.paced and cursor(one) == head(net)
