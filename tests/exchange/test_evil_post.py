"""An enrolled post turned evil: what it signs is attributable, and what it can do to others has bounds."""

from __future__ import annotations

import hashlib
import io
import secrets
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import encode
from diwan_core.register.admission.verdict import Judge, Verdict
from diwan_core.register.journal.clock import BUILD_FLOOR_MS, MAX_AHEAD_MS
from diwan_core.register.journal.row import Row, chain_start
from diwan_core.register.records.undo import undoing
from diwan_core.trust import NodeKeys

from tests.exchange.evil import EvilKeys, EvilPost, said_hello
from tests.exchange.network import Network, case, network, record_in

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def send(net: Network, evil: EvilKeys, *parcels: bytes) -> None:
    """As if the broker had taken them from it."""
    for parcel in parcels:
        for topic, payload in net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)]):
            net.ingest_carrier.publish(topic, payload)
    net.turn()


def report(hlc: int, **values: Any) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """A case in two halves, stamped as it pleases."""
    document = case(**values)
    nominal = {"narrative": document.pop("narrative")}
    record = str(uuid.uuid4())
    return [record, "case", hlc, 0, 0, "evil", 0, DICTIONARY.version, None], document, nominal


def test_stamps_of_an_evil_post_do_not_carry_the_country_s_clock_to_the_end_of_time(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    year = 366 * 86_400_000
    now = max(time.time_ns() // 1_000_000, BUILD_FLOOR_MS)
    send(net, evil, evil.opening(now << 16))
    for step in range(1, 245):  # each just within what the one before made believable
        send(net, evil, evil.rows([report(min(now + step * 9 * year << 16, 2**62))]))
    net.settle()
    (record,) = net.posts[0].save(case(place="Honest"))
    net.settle()
    assert net.register.get(record) is not None, "an honest post's save is admitted"
    for register in (net.register, net.posts[0].register):
        assert int(register.store.one("SELECT value FROM state WHERE key='hlc'")) >> 16 <= now + MAX_AHEAD_MS + year


def test_what_is_set_aside_of_one_post_has_a_bound_in_lines_and_in_bytes_and_leaves_room_for_others(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.exchange.centre.quarantined_parcels.KEEP_OF_ONE", 30)
    monkeypatch.setattr("diwan_core.exchange.centre.quarantined_parcels.BYTES_OF_ONE", 20_000)
    evil, other = EvilPost(net, net.posts[0]), EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    evil.opening(now)  # is never sent, so that each of these is of a chain nobody knows
    for _ in range(5):
        evil.hash = secrets.token_bytes(32)
        evil.seq = 0
        send(net, evil, evil.rows([report(now, narrative=secrets.token_hex(4000)) for _ in range(2)]))
    kept = net.register.store.rows("SELECT length(payload) FROM quarantine WHERE sender=?", (evil.node,))
    assert len(kept) == 5
    assert 0 < sum(size or 0 for (size,) in kept) <= 20_000
    evil.seq, evil.hash = 0, chain_start(evil.node, evil.epoch)
    send(net, evil, evil.opening(now))
    send(net, evil, evil.rows([report(now, date="31.12.2026") for _ in range(100)]))
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 30
    assert net.register.store.one("SELECT value FROM counter WHERE name='quarantined_rule'") == 100
    assert net.register.status()["received"]["quarantined"] == 100
    send(net, other, other.opening(now))
    send(net, other, other.rows([report(now, date="31.12.2026")]))
    assert net.register.store.one("SELECT count(*) FROM quarantine WHERE sender=?", (other.node,)) == 1


def test_a_hello_that_wants_more_pictures_than_a_line_can_carry_gets_a_bounded_answer(net: Network) -> None:
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    (record,) = honest.save(case())
    picture = b"\x89PNG" + secrets.token_bytes(600_000)
    honest.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
    honest.exchange.woken()
    net.settle()
    name = hashlib.sha256(picture).digest()
    hello = said_hello(evil.keys, evil.node, net, ledger=1000, wants=[(name, 0)] * 200)
    answers = list(net.relay.handle([(topics.up(evil.node, topics.HELLO), hello)]))
    assert 8 <= sum(topics.leaf(topic) == topics.PIECE for topic, _ in answers) <= 64


def test_changes_that_an_intruder_dates_before_its_break_in_are_shown_and_can_be_undone(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    (record,) = honest.save(case(place="Gate 1"))
    net.settle()
    begin = time.time_ns() // 1_000_000
    monkeypatch.setattr("diwan_core.register.records.undo.now_ms", lambda: begin + 120_000)
    long_ago = begin - 90 * 86_400_000 << 16
    send(net, evil, evil.opening(long_ago))
    heads = net.register.store.rows("SELECT base_epoch, base_seq FROM record_case")
    edit = [record, "case", long_ago, 0, 0, "evil", 0, DICTIONARY.version, {"*": heads}]
    invented = report(long_ago, place="Never happened")
    send(net, evil, evil.rows([invented, (edit, {"place": "Nowhere"}, None)]))
    net.settle()
    assert record_in(honest.register, record).values["place"] == "Nowhere"

    since = begin + 60_000
    by_its_word = undoing(net.register.store, evil.node, since)
    assert by_its_word.edits == []
    assert sorted(by_its_word.late) == sorted([record, invented[0][0]])
    plan = undoing(net.register.store, evil.node, since, arrived=True)
    net.register.save_many([[edit] for edit in plan.edits], author="undo")
    net.settle()
    assert record_in(honest.register, record).values["place"] == "Gate 1"
    assert record_in(honest.register, invented[0][0]).values["status"] == "withdrawn"
    assert undoing(net.register.store, evil.node, since, arrived=True).edits == [], "once is enough"
    assert undoing(net.register.store, honest.register.config.id, since, arrived=True).edits == []


def test_a_hello_with_names_that_are_none_is_refused_alone(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    hello = encode((1, DICTIONARY.version, "evil", [], {}, 0, [], [b"short"], False, {}))
    assert net.inbox.handle([(topics.up(evil.node, topics.HELLO), hello)]) == []
    assert net.register.status()["refused"] == {"refused_broken": 1}, "and not set aside as a stumble of the centre's"
    assert list(net.relay.handle([(topics.up(evil.node, topics.HELLO), hello)])) == []


def test_a_picture_the_centre_cannot_read_does_not_end_its_relay(net: Network) -> None:
    honest = net.posts[0]
    (record,) = honest.save(case())
    honest.register.attach(
        io.BytesIO(b"\x89PNG" + bytes(100)), subject=record, media_type="image/png", author="officer"
    )
    honest.exchange.woken()
    net.settle()
    name = str(net.register.store.one("SELECT sha256 FROM blob"))
    net.register.blobs.path(name).unlink()
    asking = net.posts[1].register.config
    keys = NodeKeys.load(net.posts[1].register.folder)
    hello = said_hello(keys, asking.id, net, ledger=1000, wants=[(bytes.fromhex(name), 0)])
    answers = list(net.relay.handle([(topics.up(asking.id, topics.HELLO), hello)]))
    assert [topic for topic, _ in answers if topics.leaf(topic) == topics.PIECE] == []


def test_epochs_that_name_each_other_as_parents_do_not_keep_the_centre_walking(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    now = time.time_ns() // 1_000_000 << 16
    send(net, evil, evil.opening(now, parent=[evil.epoch, 10**9, "00" * 32]))
    statements: list[str] = []
    net.register.store.connection.set_trace_callback(statements.append)
    for _ in range(10):
        send(net, evil, evil.rows([report(now)]))
    net.register.store.connection.set_trace_callback(None)
    assert net.register.count("case") == 10
    assert sum("parent" in statement for statement in statements) < 100


def test_what_an_evil_post_lets_wait_for_ever_is_not_gone_through_for_every_save_of_others(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    now = time.time_ns() // 1_000_000 << 16
    send(net, evil, evil.opening(now))
    nowhere = {"*": [["a" * 13, 5]]}
    steps = []
    for many in (20, 3_000):
        unknown = [[str(uuid.uuid4()), "case", now, 0, 0, "evil", 0, DICTIONARY.version, nowhere] for _ in range(many)]
        send(net, evil, evil.rows([(meta, {"place": "x"}, None) for meta in unknown]))
        with monkeypatch.context() as watched:
            judged = noted_authors(watched)
            with counted_steps(net.register.store.connection) as count:
                (record,) = honest.save(case())
                net.settle()
            assert net.register.get(record) is not None
            assert "evil" not in judged
        steps.append(count())
    assert net.register.status()["received"]["waiting"] == 3_020
    assert steps[1] < 2 * steps[0], "steps of SQLite's machine for one save of another post"


def noted_authors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Authors of the rows that are judged from now on."""
    judged: list[str] = []
    of_row = Judge.of_row

    def noted(judge: Judge, row: Row) -> Verdict:
        judged.append(row.meta.author)
        return of_row(judge, row)

    monkeypatch.setattr(Judge, "of_row", noted)
    return judged


@contextmanager
def counted_steps(connection: sqlite3.Connection) -> Iterator[Callable[[], int]]:
    """Hundreds of steps of SQLite's virtual machine on a connection."""
    counted = 0

    def count() -> int:
        nonlocal counted
        counted += 1
        return 0

    connection.set_progress_handler(count, 100)
    yield lambda: counted
    connection.set_progress_handler(None, 0)


def test_all_that_an_evil_post_lets_come_free_at_once_is_judged_beside_the_saves_of_others(tmp_path: Path) -> None:
    with network(tmp_path, posts=3) as net:
        net.settle()
        freed_at_once(net)


def freed_at_once(net: Network) -> None:
    evil, other, honest = EvilPost(net, net.posts[0]), EvilPost(net, net.posts[0]), net.posts[0]
    now = time.time_ns() // 1_000_000 << 16
    send(net, evil, evil.opening(now))
    send(net, other, other.opening(now))
    seen = {"*": [[other.epoch, 2]]}
    created = [report(now) for _ in range(2_000)]
    edits = [[meta[0], "case", now + 1, 0, 0, "evil", 0, DICTIONARY.version, seen] for meta, _, _ in created]
    send(net, evil, evil.rows([(meta, {"place": "changed"}, None) for meta in edits]))
    send(net, evil, evil.rows([*created]))  # known now, and what was seen of them is not
    assert net.register.status()["received"]["waiting"] == 2_000
    net.inbox.handle([(topics.up(other.node, topics.PARCEL), other.rows([report(now)]))])
    assert net.register.status()["received"]["waiting"] > 1_000, "not all within the parcel that frees them"
    (record,) = honest.save(case(place="Honest"))
    net.turn()
    net.turn()
    assert net.register.get(record) is not None
    while net.inbox.release():
        pass
    assert net.register.status()["received"]["waiting"] == 0
    net.settle(2_000)
    changed = "SELECT count(*) FROM record_case WHERE rest->>'place'='changed'"
    assert honest.register.store.one(changed) == net.register.store.one(changed) == 2_000


def test_where_much_waits_what_comes_free_is_still_applied(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diwan_core.register.admission.waiting.AT_ONCE_S", 0)
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    now = time.time_ns() // 1_000_000 << 16
    send(net, evil, evil.opening(now))
    created = report(now)
    name, later = created[0][0], evil.seq + 4
    edits = [
        (
            [name, "case", now + at, 0, 0, "x", 0, DICTIONARY.version, {"*": [[evil.epoch, seen]]}],
            {"place": place},
            None,
        )
        for at, seen, place in ((1, later, "first"), (2, evil.seq + 1, "second"))
    ]
    unrelated = [str(uuid.uuid4()), "case", now, 0, 0, "x", 0, DICTIONARY.version, {"*": [["a" * 13, 5]]}]
    send(net, evil, evil.rows([edits[0], edits[1], (unrelated, {"place": "x"}, None)]))
    assert net.register.status()["received"]["waiting"] == 3
    send(net, evil, evil.rows([created]))
    net.settle()
    assert net.register.status()["received"]["waiting"] == 1
    assert record_in(honest.register, name).values["place"] == "second"


def test_what_waited_under_the_release_before_is_judged_again_after_an_update(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        net.settle()
        evil = EvilPost(net, net.posts[0])
        now = time.time_ns() // 1_000_000 << 16
        send(net, evil, evil.opening(now))
        created = report(now)
        seen = {"*": [[evil.epoch, evil.seq + 3]]}
        edit = [created[0][0], "case", now + 1, 0, 0, "x", 0, DICTIONARY.version, seen]
        send(net, evil, evil.rows([(edit, {"place": "changed"}, None)]))
        unknown = [str(uuid.uuid4()), "case", now, 0, 0, "x", 0, DICTIONARY.version, {"*": [["a" * 13, 5]]}]
        send(net, evil, evil.rows([(unknown, {"place": "x"}, None)]))
        send(net, evil, evil.rows([created]))
        net.settle()
        assert net.register.status()["received"]["waiting"] == 1
        write = net.register.store.connection.execute
        write("UPDATE journal SET verdict=2 WHERE seq=2 AND epoch=(SELECT no FROM epoch WHERE id=?)", (evil.epoch,))
        write("UPDATE epoch SET waiting=waiting+1, applied=applied-1 WHERE id=?", (evil.epoch,))
        write("DROP TABLE waiting")
        write("DELETE FROM _sqlite_migrations WHERE name='m0010_waiting'")
        write("PRAGMA user_version=1")
        net.restart_centre()
        assert net.register.store.one("SELECT count(*) FROM waiting WHERE due=1") == 2
        while net.inbox.release():
            pass
        assert net.register.status()["received"]["waiting"] == 1
        assert net.register.store.one("SELECT count(*) FROM waiting WHERE due=0") == 1
