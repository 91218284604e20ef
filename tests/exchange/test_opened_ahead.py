"""The parcels of a backlog that come next are opened while the ones before are committed; what they do is the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import MAX_PARCEL
from diwan_core.register.storage.database import RegisterError, Store

from tests.exchange.network import Network, case, network

Parcel = tuple[str, bytes]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as made:
        made.settle()
        yield made


def sent(net: Network, *places: str) -> list[Parcel]:
    """Parcels of the post, a case each, as they come to the centre."""
    (post,) = net.posts
    parcels: list[Parcel] = []
    for place in places:
        post.save(case(place=place))
        parcels += post.exchange.outgoing()
    return [parcel for parcel in parcels if parcel[0].endswith(topics.PARCEL)]


def places(net: Network) -> list[str]:
    found = net.register.store.rows(
        "SELECT j.rest ->> 'place' FROM journal j JOIN record r ON r.no=j.record ORDER BY j.no"
    )
    return [place for (place,) in found]


def test_what_was_opened_ahead_is_admitted_in_its_turn(net: Network) -> None:
    first, second, third = sent(net, "Gate 1", "Gate 2", "Gate 3")
    assert net.inbox.handle_some([first], 60.0, [second, third]).dealt_with == 1
    assert places(net) == ["Gate 1"]
    assert len(net.inbox.rows.opened_ahead) == 2
    assert net.inbox.handle_some([second, third], 60.0).dealt_with == 2
    assert places(net) == ["Gate 1", "Gate 2", "Gate 3"]
    assert net.inbox.rows.opened_ahead == []


def test_opening_ahead_is_charged_to_the_sender(net: Network) -> None:
    first, second = sent(net, "Gate 1", "Gate 2")
    ticks = iter(range(1_000))
    net.inbox._now = lambda: float(next(ticks))
    spent = net.inbox.handle_some([first], 1_000.0, []).spent
    with_next = net.inbox.handle_some([second], 1_000.0, [first]).spent
    (node,) = spent
    assert with_next[node] > spent[node]


def test_what_is_wrong_with_a_parcel_is_said_in_its_turn_only(net: Network) -> None:
    (good,) = sent(net, "Gate 1")
    broken = [(good[0], b"\x01"), (good[0], good[1][:-1] + b"x"), (good[0], bytes(MAX_PARCEL + 1))]
    counters = "SELECT coalesce(sum(value), 0) FROM counter"
    net.inbox.handle_some([good], 60.0, broken)
    assert places(net) == ["Gate 1"]
    before = net.register.store.one(counters)
    net.inbox.handle(broken)
    assert net.register.store.one(counters) == before + len(broken)


def test_rows_opened_ahead_twice_or_behind_a_gap_change_nothing(net: Network) -> None:
    first, second, third = sent(net, "Gate 1", "Gate 2", "Gate 3")
    net.inbox.handle_some([first], 60.0, [third, third])
    net.inbox.handle([third])
    assert places(net) == ["Gate 1"]
    net.inbox.handle([second, third])
    assert places(net) == ["Gate 1", "Gate 2", "Gate 3"]


def write_a_row_of_no_epoch(store: Store, done: list[str]) -> None:
    """A transaction that SQLite refuses at its end."""
    with store.write(lambda: done.append("meanwhile")) as connection:
        connection.execute("PRAGMA defer_foreign_keys=ON")
        connection.execute("INSERT INTO journal (epoch, seq, meta, hash) VALUES (99, 1, '[]', x'00')")


def test_a_commit_that_fails_beside_it_is_told_and_leaves_the_register_as_it_was(net: Network) -> None:
    store, done = net.register.store, list[str]()
    store.connection.execute("PRAGMA foreign_keys=ON")
    with pytest.raises(RegisterError, match="FOREIGN KEY"):
        write_a_row_of_no_epoch(store, done)
    store.connection.execute("PRAGMA foreign_keys=OFF")
    assert done == ["meanwhile"]
    assert store.one("SELECT count(*) FROM journal WHERE epoch=99") == 0
    net.inbox.handle(sent(net, "Gate 1"))
    assert places(net) == ["Gate 1"]
