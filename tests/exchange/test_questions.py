"""Whom the relay answers next."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from diwan_central.exchange.answers import Answers
from diwan_central.exchange.request_queue import Questions
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.register.admission.scope_log import NATIONAL, feed_head
from diwan_core.trust import NodeKeys

from tests.exchange.evil import said_hello
from tests.exchange.network import Network, Post, case, lost, network

pytestmark = pytest.mark.slow


def test_members_are_answered_one_by_one_in_their_order_each_by_its_latest_word() -> None:
    questions = Questions()
    questions.add([(topics.up("a", topics.HELLO), b"1"), (topics.up("b", topics.HELLO), b"2")])
    questions.add([(topics.up("a", topics.HELLO), b"3"), (topics.up("a", topics.ASK), b"4")])
    answered = []
    while questions:
        answered += questions.next()
    assert answered == [
        (topics.up("a", topics.HELLO), b"3"),
        (topics.up("b", topics.HELLO), b"2"),
        (topics.up("a", topics.ASK), b"4"),
    ]
    assert questions.next() == []


def test_who_has_cost_most_is_answered_last() -> None:
    now = 0.0
    questions = Questions(lambda: now)
    questions.charge("dear", 3.0)
    questions.charge("other", 0.2)
    questions.add([(topics.up(node, topics.HELLO), b"") for node in ("dear", "other", "new")])
    order = [topics.sender(questions.next()[0][0]) for _ in range(3)]
    assert [found[0] for found in order if found] == ["new", "other", "dear"]
    now = 120.0
    questions.add([(topics.up(node, topics.HELLO), b"") for node in ("dear", "other")])
    assert questions.next() == [(topics.up("dear", topics.HELLO), b"")], "it is long ago"


def test_an_answer_is_given_in_slices_and_the_next_one_after_it(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=10**9) as net:
        net.settle()
        for _ in range(3):
            net.posts[0].save(*[case(narrative=secrets.token_hex(4_000)) for _ in range(150)])
            net.settle()
        now = [0.0]
        questions = Questions(lambda: now[0])
        answers = Answers(net.relay, questions, lambda: now[0])
        one, two = (post.register.config.id for post in net.posts)
        questions.add([said(net, post) for post in net.posts])
        given = []
        while questions or answers.busy:
            for topic, _ in answers.slice(1.0):
                given.append(topic)
                now[0] += 2.0
        feed = [topic for topic in given if topic.endswith("/f")]
        assert feed == sorted(feed, key=feed.index) and {topic.split("/")[3] for topic in feed} == {one, two}
        assert given.index(topics.down(two, topics.FEED)) > given.index(topics.down(one, topics.FEED))


def leaves(messages: Iterable[Message]) -> list[str]:
    """What kinds of messages these are."""
    return [topics.leaf(topic) for topic, _ in messages]


def said(net: Network, post: Post) -> Message:
    """A hello of a post that holds nothing but the ledger."""
    node = post.register.config.id
    return topics.up(node, topics.HELLO), said_hello(NodeKeys.load(post.register.folder), node, net, ledger=1000)


def test_a_snapshot_is_made_beside_everything_else_and_an_old_one_handed_out_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 20)
    monkeypatch.setattr("diwan_core.exchange.centre.snapshot_out.STALE", 50)
    with network(tmp_path, posts=2, snapshot_behind=10) as net:
        net.settle()
        net.posts[0].save(*[case() for _ in range(100)])
        net.settle()
        hello = [said(net, net.posts[1])]
        assert leaves(net.relay.handle(hello)) == [topics.KEY] and net.relay.is_making
        net.posts[0].save(case())
        parcels = [message for message in net.posts[0].exchange.outgoing() if message[0].endswith("/p")]
        net.inbox.handle(parcels)
        assert [topics.is_feed(topic) for topic, _ in net.relay.live()] == [True], "between two slices"
        given: list[str] = []
        slices = 0
        while net.relay.is_making:
            given += [topic for topic, _ in net.relay.work(0.0)]
            slices += 1
        assert slices > 5
        assert given == [topics.down(net.posts[1].register.config.id, topics.SNAPSHOT)]
        net.posts[0].save(*[case() for _ in range(100)])
        net.settle()
        both = [topics.KEY, topics.SNAPSHOT]
        assert leaves(net.relay.handle(hello)) == both and not net.relay.is_making, "it was made a moment ago"
        net.clock.now += 10_000
        assert leaves(net.relay.handle(hello)) == both and net.relay.is_making, "the old one, while the next is made"
        list(net.relay.work(1e9))
        kept = sorted(path.name for path in (net.register.folder / "snapshots" / "national").iterdir())
        assert len(kept) == 2, "the one somebody reads stays"


def test_a_snapshot_that_is_being_made_is_given_up_where_something_is_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 20)
    with network(tmp_path, posts=2, snapshot_behind=10) as net:
        net.settle()
        net.posts[0].save(*[case() for _ in range(100)])
        net.settle()
        hello = [said(net, net.posts[1])]
        list(net.relay.handle(hello))
        list(net.relay.work(0.0))
        shutil.rmtree(net.register.folder / "snapshots")
        assert list(net.relay.work(1e9)) == [] and not net.relay.is_making
        list(net.relay.handle(hello))
        assert len(list(net.relay.work(1e9))) == 1


def test_a_post_that_holds_only_rows_of_its_own_is_given_a_key_that_was_lost(tmp_path: Path) -> None:
    """Receipts had taken it to the end of the feed, so that the centre took it for one that had read all of it."""
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        with lost(net, topics.KEY):
            post.save(case())
            for _ in range(30):
                net.turn()
            head = feed_head(net.register.store.connection, NATIONAL)
            assert post.exchange.feed.cursor(post.register.store.connection) == head and head[0] > 0
            assert not post.reads_the_scope()
        net.settle(1000)
        assert post.reads_the_scope()
