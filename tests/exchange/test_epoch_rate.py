"""How fast a post may open epochs: one that boots often is not harmed, one that floods the country is put off."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.register.admission import epoch_rate
from diwan_core.register.journal.row import chain_start

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def openings(evil: EvilPost, many: int) -> list[tuple[str, bytes]]:
    now = time.time_ns() // 1_000_000 << 16
    found = []
    for _ in range(many):
        found.append((topics.up(evil.node, topics.PARCEL), evil.opening(now)))
        evil.epoch, evil.seq = text_id(secrets.token_bytes(8)), 0
        evil.hash = chain_start(evil.node, evil.epoch)
    return found


def opened(net: Network, node: str) -> int:
    return int(net.register.store.one("SELECT count(*) FROM epoch WHERE origin=?", (node,)))


def test_a_flood_of_epochs_is_put_off_and_costs_nobody_else_an_epoch(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoch_rate, "AT_ONCE", 20)
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    flood = openings(evil, 50)
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 20
    net.restart_ingest()
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 20, "a new process does not forget"
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 0
    (record,) = honest.save(case())
    net.settle()
    assert net.register.get(record) is not None
    moment = time.time_ns() // 1_000_000
    monkeypatch.setattr(epoch_rate, "now_ms", lambda: moment + 3 * 60_000)
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 23, "one more each minute"
    monkeypatch.setattr(epoch_rate, "now_ms", lambda: moment + 10**10)
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 43, "and never more at once"
    monkeypatch.setattr(epoch_rate, "now_ms", lambda: moment)
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 43
    monkeypatch.setattr(epoch_rate, "now_ms", lambda: moment + 61_000)
    net.inbox.handle(flood)
    assert opened(net, evil.node) == 44, "a clock put right does not put it off for long"


def test_a_parcel_whose_first_is_lost_uses_up_nothing(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epoch_rate, "AT_ONCE", 2)
    evil = EvilPost(net, net.posts[0])
    first = openings(evil, 2)
    later = openings(evil, 1)
    evil.seq = 1
    behind = [
        (topics.up(evil.node, topics.PARCEL), evil.rows([(["", "audit-anchor", 1, 0, 0, "s", 0, 1, None], {}, None)]))
    ]
    for _ in range(5):
        net.inbox.handle(behind)
    net.inbox.handle(first + later)
    assert opened(net, evil.node) == 2


def test_a_post_that_boots_more_often_than_it_may_loses_nothing_and_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epoch_rate, "AT_ONCE", 3)
    moment = time.time_ns() // 1_000_000
    monkeypatch.setattr(epoch_rate, "now_ms", lambda: moment)
    with network(tmp_path, posts=2) as net:
        net.settle()
        post = net.posts[0]
        folder, records = post.register.folder, []
        for number in range(8):
            monkeypatch.setenv("DIWAN_BOOT_ID", str(uuid4()))
            net.stop(post)
            post = net.start(folder)
            records += post.save(case(place=f"Boot {number}"))
        for _ in range(50):
            net.turn()
        held = [record for record in records if net.register.get(record) is not None]
        assert held == records[: len(held)] and 0 < len(held) < 8
        for _ in range(30):
            moment += 60_000
            for _ in range(60):
                net.turn()
        net.settle(1000)
        assert all(net.register.get(record) is not None for record in records)
        assert net.register.status()["received"]["quarantined"] == 0
        assert net.inbox.clones == []


def test_twenty_boots_in_an_hour_are_taken_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with network(tmp_path, posts=1) as net:
        net.settle()
        post = net.posts[0]
        folder, records = post.register.folder, []
        for _ in range(20):
            monkeypatch.setenv("DIWAN_BOOT_ID", str(uuid4()))
            net.stop(post)
            post = net.start(folder)
            records += post.save(case())
        net.settle()
        assert all(net.register.get(record) is not None for record in records)
        assert net.register.store.one("SELECT sum(over) FROM epoch_rate") == 0
