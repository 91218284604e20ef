"""Safe means in verified archives. Only what is safe may be pruned, and a pruned picture comes back when wanted."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from diwan_core.register.archived import mark_safe, prune_pictures
from diwan_core.register.storage.database import now_ms

from tests.exchange.network import Network, case, network, record_in, whole

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 200


def announce(net: Network) -> None:
    for topic, payload in net.relay.announcements():
        net.relay_carrier.publish(topic, payload)
    net.settle()
    for _ in range(4):
        net.turn()


def test_a_row_is_safe_once_it_and_the_pictures_before_it_are_archived(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        (record,) = post.save(case())
        net.settle()
        assert mark_safe(net.register.store, whole(net.register.store)) == 2
        announce(net)
        assert record_in(post.register, record).standing == "safe"
        saved = post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
        (late,) = post.save(case(place="After the picture"))
        for topic, payload in post.exchange.outgoing():
            if topic.endswith("/p"):
                post.carrier.publish(topic, payload)  # the rows get through, the picture does not yet
        messages = net.ingest_carrier.poll(0)
        net.inbox.handle(messages)
        mark_safe(net.register.store, whole(net.register.store))
        announce(net)
        for row in (*saved.records, late):
            assert record_in(post.register, row).standing == "stored"


def test_only_safe_pictures_are_pruned_and_each_comes_back_when_opened(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        (record,) = post.save(case())
        saved = post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
        post.exchange.woken()
        net.settle()
        name = record_in(post.register, saved.records[0]).values["sha256"]
        assert prune_pictures(post.register.store, post.register.blobs, 0) == (0, 0), "stored is not safe"
        mark_safe(net.register.store, whole(net.register.store))
        announce(net)
        assert prune_pictures(post.register.store, post.register.blobs, 1) == (0, 0), "too young"
        assert prune_pictures(post.register.store, post.register.blobs, 0) == (1, len(PICTURE))
        assert post.register.blob_path(name) is None
        assert post.register.want_blob(name)
        post.exchange.woken()
        for _ in range(20):
            net.turn()
        path = post.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == PICTURE


def test_two_calls_to_everybody_in_the_same_moment_are_both_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=1) as net:
        net.settle()
        post = net.posts[0]
        list(post.exchange.outgoing())
        moment = now_ms()
        monkeypatch.setattr("diwan_core.exchange.centre.announcements.now_ms", lambda: moment)
        for message in (net.relay.voice.heads({"national": 0}), net.relay.voice.wake()):
            post.exchange.handle([message])
        assert [topic for topic, _ in post.exchange.outgoing() if topic.endswith("/h")], "a hello, as it was called for"
        post.exchange.handle([net.relay.voice.wake()])
        assert [topic for topic, _ in post.exchange.outgoing() if topic.endswith("/h")], "and again"
