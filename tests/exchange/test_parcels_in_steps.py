"""A parcel that takes long is admitted in several transactions; nobody sees a difference in the end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from diwan_core.audit import verify_node
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.centre import feed_out
from diwan_core.exchange.post.feed_in import join_stretches
from diwan_core.exchange.wire import topics
from diwan_core.register import Bundle, admit
from diwan_core.register.admission import verdict
from diwan_core.register.admission.waiting import all_arrived

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.setattr("diwan_core.exchange.centre.inbox.PARCEL_S", 0.0)
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def report(hlc: int, more: int = 0, **values: Any) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    document = case(**values)
    nominal = {"narrative": document.pop("narrative")}
    meta = [str(uuid.uuid4()), "case", hlc, 0, 0, "big", more, DICTIONARY.version, None]
    return meta, document, nominal


def big_parcel(net: Network) -> tuple[EvilPost, tuple[str, bytes]]:
    """A parcel of 60 change sets, some of two rows, some that are set aside or wait."""
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.opening(now))])
    rows: list[Any] = []
    for number in range(20):
        created = report(now)
        seen = {"*": [[post.epoch, post.seq + len(rows) + 1]]}
        edit = [created[0][0], "case", now, 0, 0, "big", 0, DICTIONARY.version, seen]
        rows += [created, report(now, more=1), report(now), (edit, {"place": f"Gate {number}"}, None)]
    rows += [report(now, date="31.12.2026")]
    unknown = [str(uuid.uuid4()), "case", now, 0, 0, "big", 0, DICTIONARY.version, {"*": [["a" * 13, 5]]}]
    rows += [(unknown, {"place": "x"}, None)]
    return post, (topics.up(post.node, topics.PARCEL), post.rows(rows))


def admitted_in_steps(net: Network, message: tuple[str, bytes]) -> int:
    steps = 0
    while True:
        steps += 1
        handled = net.inbox.handle_some([message], 0.0)
        if handled.dealt_with:
            return steps


def test_a_parcel_is_admitted_in_as_many_steps_as_it_takes(net: Network) -> None:
    post, message = big_parcel(net)
    assert admitted_in_steps(net, message) == 81 + 62, (
        "a row read or a change set admitted, where there is no time at all"
    )
    received = net.register.status()["received"]
    assert (received["applied"] - 1, received["quarantined"], received["waiting"]) == (80, 1, 1)
    net.settle(500)
    assert net.posts[0].register.count("case") == net.register.count("case") == 60
    assert verify_node(net.register.folder).findings == []
    assert net.register.store.one("SELECT seq=signed FROM epoch WHERE id=?", (post.epoch,)) == 1


def test_others_are_admitted_between_the_steps_of_a_parcel(net: Network) -> None:
    _, message = big_parcel(net)
    for _ in range(81 + 1):
        assert net.inbox.handle_some([message], 0.0).dealt_with == 0
    (record,) = net.posts[0].save(case(place="Between"))
    net.turn()
    net.turn()
    assert net.register.get(record) is not None
    assert net.register.count("case") == 2
    assert admitted_in_steps(net, message) == 61
    assert net.register.count("case") == 61


def test_a_process_that_ends_between_two_steps_loses_and_doubles_nothing(net: Network) -> None:
    _, message = big_parcel(net)
    for _ in range(81 + 7):
        net.inbox.handle_some([message], 0.0)
    net.restart_ingest()
    held = net.register.count("case")
    assert 0 < held < 60
    admitted_in_steps(net, message)
    assert net.register.count("case") == 60
    received = net.register.status()["received"]
    assert (received["applied"] - 1, received["quarantined"], received["waiting"]) == (80, 1, 1)
    assert verify_node(net.register.folder).findings == []


def test_a_step_that_is_rolled_back_is_taken_again(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    _, message = big_parcel(net)
    for _ in range(81 + 3):
        net.inbox.handle_some([message], 0.0)
    with monkeypatch.context() as broken:
        broken.setattr("diwan_core.exchange.centre.rows_in.is_clone", stumble)
        assert net.inbox.handle_some([message], 0.0).dealt_with == 1, "set aside, and not begun again for ever"
    assert net.register.store.one("SELECT code FROM quarantine") == "error"
    admitted_in_steps(net, message)
    assert net.register.count("case") == 60


def stumble(*_: object) -> bool:
    raise ValueError("stumbled")


def test_a_post_revoked_between_two_steps_is_heard_no_further(net: Network) -> None:
    post, message = big_parcel(net)
    for _ in range(81 + 1):
        net.inbox.handle_some([message], 0.0)
    held = net.register.store.one("SELECT seq FROM epoch WHERE id=?", (post.epoch,))
    with net.register.store.write() as connection:
        connection.execute("UPDATE node SET revoked=1 WHERE id=?", (post.node,))
    assert net.inbox.handle_some([message], 0.0).dealt_with == 1
    assert net.register.store.one("SELECT seq FROM epoch WHERE id=?", (post.epoch,)) == held
    assert net.register.store.one("SELECT code FROM quarantine") == "revoked"


def test_a_change_set_too_large_to_be_admitted_at_once_is_set_aside_whole(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict, "MOST_ROWS", 10)
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    message = topics.up(post.node, topics.PARCEL), post.opening(now)
    net.inbox.handle([message])
    rows = [report(now, more=1) for _ in range(10)] + [report(now)]
    net.inbox.handle([(message[0], post.rows([*rows]))])
    assert net.register.status()["received"]["quarantined"] == 11
    assert net.register.count("case") == 0
    net.inbox.handle([(message[0], post.rows([*[report(now, more=1) for _ in range(9)], report(now)]))])
    assert net.register.count("case") == 10


def test_a_change_that_claims_to_have_seen_a_later_one_of_its_parcel_waits_for_it(net: Network) -> None:
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    topic = topics.up(post.node, topics.PARCEL)
    net.inbox.handle([(topic, post.opening(now))])
    created = report(now)
    edits = [
        ([created[0][0], "case", now + at, 0, 0, "x", 0, DICTIONARY.version, {"*": [[post.epoch, sees]]}], place, None)
        for at, sees, place in ((1, 4, {"place": "first"}), (2, 2, {"place": "second"}))
    ]
    net.inbox.handle([(topic, post.rows([created, *edits]))])
    with net.register.store.write() as connection:
        all_arrived(connection)
    while net.inbox.release():
        pass
    assert net.register.status()["received"]["waiting"] == 0
    record = net.register.get(created[0][0])
    assert record is not None and record.values["place"] == "first"
    assert verify_node(net.register.folder).findings == []


def test_a_parcel_of_very_many_rows_reaches_the_others_in_runs_that_they_take_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.exchange.centre.rows_in.STEP_ROWS", 50)
    with network(tmp_path, posts=2) as net:
        net.settle()
        post = EvilPost(net, net.posts[0])
        now = time.time_ns() // 1_000_000 << 16
        net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.opening(now))])
        net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.rows([report(now) for _ in range(400)]))])
        assert net.register.count("case") == 400
        assert net.register.store.one("SELECT max(last - first + 1) FROM scope_run") == 50
        net.settle(500)
        assert net.posts[0].register.count("case") == 400


def test_rows_that_come_one_by_one_faster_than_they_are_published_share_parcels(net: Network) -> None:
    list(net.relay.live())
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.opening(now))])
    for _ in range(30):
        net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.rows([report(now)]))])
    assert net.register.store.one("SELECT count(*) FROM scope_run") > 30
    live = list(net.relay.live())
    assert len(live) == 1
    for topic, payload in live:
        net.relay_carrier.publish(topic, payload)
    net.turn()
    assert net.posts[0].register.count("case") == 30


def test_rows_that_share_no_parcel_with_others_are_not_weighed(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    list(net.relay.live())
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.opening(now))])
    list(net.relay.live())
    weighed: list[int] = []

    def note(_transaction: object, _epoch: int, first: int, _last: int) -> int:
        weighed.append(first)
        return 1

    monkeypatch.setattr(feed_out, "weight", note)
    net.inbox.handle([(topics.up(post.node, topics.PARCEL), post.rows([report(now) for _ in range(20)]))])
    assert len(list(net.relay.live())) == 1
    assert weighed == [], "it would read every one of them"


def test_edits_that_came_one_by_one_are_read_together_and_leave_what_each_alone_would(net: Network) -> None:
    list(net.relay.live())
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    topic = topics.up(post.node, topics.PARCEL)
    created = report(now)
    net.inbox.handle([(topic, post.opening(now)), (topic, post.rows([created]))])
    for number in range(20):
        seen = {"*": [[post.epoch, 2 + number]]}
        meta = [created[0][0], "case", now + number, 0, 0, "x", 0, DICTIONARY.version, seen]
        net.inbox.handle([(topic, post.rows([(meta, {"place": f"Gate {number}"}, None)]))])
    net.settle()
    reader = net.posts[0].register
    record = reader.get(created[0][0])
    assert record is not None and record.values["place"] == "Gate 19"
    signed = "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.signature IS NOT NULL"
    assert reader.store.one(signed, (post.epoch,)) == 22, "every checkpoint stays"
    for register in (net.register, reader):
        assert verify_node(register.folder).findings == []


def test_stretches_are_joined_only_where_one_follows_the_other() -> None:
    def stretch(epoch: str, first: int, last: int) -> Bundle:
        return Bundle("o", "post", epoch, first, last, b"s", b"b", b"c", b"p", rows=[])

    names = [("a", 1, 2), ("a", 3, 3), ("b", 4, 4), ("b", 6, 7), ("a", 4, 4)]
    found = list(join_stretches(stretch(*name) for name in names))
    assert [(one.epoch, one.first, one.last) for one in found] == [("a", 1, 3), ("b", 4, 4), ("b", 6, 7), ("a", 4, 4)]
    assert found[0].marks == {2: b"c"} and found[0].signature == b"c" and found[0].previous == b"p"


def test_others_rows_that_cost_much_time_hold_the_database_of_a_post_for_a_moment_at_once(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    topic = topics.up(post.node, topics.PARCEL)
    net.inbox.handle([(topic, post.opening(now))])
    parcels = []
    for _ in range(6):
        net.inbox.handle([(topic, post.rows([report(now)]))])
        parcels += list(net.relay.live())
    reader = net.posts[0]
    clock = [0.0]

    def slow(*arguments: Any) -> Any:
        clock[0] += 0.06
        return admit(*arguments)

    monkeypatch.setattr("diwan_core.exchange.post.feed_in.admit", slow)
    monkeypatch.setattr(reader.exchange.following, "_now", lambda: clock[0])
    reader.exchange.handle(parcels)
    assert reader.exchange.feed.left
    counts = [reader.register.count("case")]
    while reader.exchange.feed.left:
        reader.exchange.handle([])
        counts.append(reader.register.count("case"))
    assert counts[-1] == 6 and len(counts) >= 3, counts
    assert all(after - before <= 2 for before, after in pairwise(counts))
