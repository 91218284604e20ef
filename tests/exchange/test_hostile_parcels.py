"""What a broken or hostile post can send: refused or quarantined, counted, and nothing else touched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import MAX_PARCEL, ROWS, header, pack, read_header, rows_content
from diwan_core.register import Edit, Register
from diwan_core.register import register as register_module
from diwan_core.register.archived import mark_safe
from diwan_core.register.journal.row import encode
from diwan_core.register.records import edits
from diwan_core.trust import NodeKeys
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, Post, case, network, record_in, whole

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def parcels_of(post: Post) -> list[bytes]:
    """The parcels a post would send now."""
    post.exchange.outbox.load(post.register.store.connection)
    return list(post.exchange.outbox.parcels(post.register.store.connection))


def send(net: Network, node: str, *payloads: bytes) -> None:
    """Hand payloads to ingest as if the broker had taken them from a node."""
    for topic, payload in net.inbox.handle([(topics.up(node, topics.PARCEL), payload) for payload in payloads]):
        net.ingest_carrier.publish(topic, payload)
    net.clock.now += 1.0
    for topic, payload in net.inbox.receipts():
        net.ingest_carrier.publish(topic, payload)


def refused(net: Network) -> dict[str, int]:
    found = net.register.status()["refused"]
    return {name: count for name, count in found.items() if name.startswith(("refused", "quarantined"))}


def still_works(net: Network) -> bool:
    """Whether an honest post's case still crosses."""
    (record,) = net.posts[1].save(case(place="Honest"))
    net.settle()
    return net.register.get(record) is not None


def test_a_parcel_with_any_byte_changed_is_refused(net: Network) -> None:
    net.posts[0].save(case())
    (parcel,) = parcels_of(net.posts[0])
    node = net.posts[0].register.config.id
    for at in range(0, len(parcel), 7):
        send(net, node, parcel[:at] + bytes([parcel[at] ^ 1]) + parcel[at + 1 :])
    assert net.register.count("case") == 0
    assert sum(refused(net).values()) == len(range(0, len(parcel), 7))
    send(net, node, parcel)
    assert net.register.count("case") == 1
    assert still_works(net)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(junk=st.binary(max_size=600))
def test_bytes_that_are_no_parcel_are_refused_and_counted(net: Network, junk: bytes) -> None:
    before = sum(refused(net).values())
    send(net, net.posts[0].register.config.id, junk)
    assert sum(refused(net).values()) == before + 1


def test_a_parcel_cut_short_or_too_large_is_refused(net: Network) -> None:
    net.posts[0].save(case())
    (parcel,) = parcels_of(net.posts[0])
    node = net.posts[0].register.config.id
    send(net, node, parcel[: len(parcel) // 2], b"\x01" * (MAX_PARCEL + 1))
    assert refused(net)["refused_oversized"] == 1
    assert net.register.count("case") == 0


def test_a_replayed_parcel_adds_nothing_and_is_counted_as_duplicate(net: Network) -> None:
    net.posts[0].save(case())
    (parcel,) = parcels_of(net.posts[0])
    node = net.posts[0].register.config.id
    send(net, node, parcel, parcel, parcel)
    assert net.register.count("case") == 1
    assert net.register.status()["received"]["duplicates"] == 2 * 2, "the opening row and the case, twice"


def test_a_parcel_in_another_post_s_name_is_refused(net: Network) -> None:
    net.posts[0].save(case())
    (parcel,) = parcels_of(net.posts[0])
    send(net, net.posts[1].register.config.id, parcel)
    assert refused(net) == {"refused_foreign": 1}
    assert net.register.count("case") == 0


def test_a_node_nobody_enrolled_is_refused(net: Network) -> None:
    send(net, "aaaaaaaaaaaaa", b"anything")
    assert refused(net) == {"refused_foreign": 1}


def test_rows_signed_by_another_key_are_quarantined_and_the_chain_waits_for_the_true_ones(net: Network) -> None:
    post = net.posts[0]
    post.save(case())
    (parcel,) = parcels_of(post)
    head, _ = read_header(parcel)
    rows = post.register.store.rows("SELECT meta, rest, nominal, salt FROM journal ORDER BY seq")
    lines = "\n".join(f"[{meta},{rest},{nominal or 'null'}]" for meta, rest, nominal, _ in rows).encode()
    forged = rows_content(bytes(64), b"".join(row[3] for row in rows), lines)
    centre = NodeKeys.load(net.register.folder).sealing_public
    send(net, post.register.config.id, pack(head, forged, centre))
    assert refused(net) == {"quarantined_fork": 1}
    assert net.register.count("case") == 0
    send(net, post.register.config.id, parcel)
    assert net.register.count("case") == 1


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post whose own checks were taken out."""
    real = edits.draft_edit

    def drafted(connection: Any, applier: Any, edit: Any, *rest: Any) -> Any:
        draft = real(connection, applier, type(edit)("case", case()), *rest)
        return type(draft)(edit.type, draft.record, None, encode(dict(edit.values)), None)

    monkeypatch.setattr(register_module, "draft_edit", drafted)


@pytest.mark.parametrize(
    ("kind", "values", "why"),
    [
        ("case", {"date": "31.12.2026"}, "date"),
        (
            "case",
            {name: value for name, value in case(status="published").items() if name != "narrative"},
            "post may not",
        ),
        ("case", {"narrative": "in the open half"}, "narrative"),
        ("case", {"goods": {"1": {"quantity": "1e400"}}}, "quantity"),
        ("user", {"name": "root"}, "may not author user"),
        ("unheard_of", {"a": "b"}, "unknown record type"),
    ],
)
def test_a_change_against_the_rules_is_quarantined_with_its_reason_and_the_next_one_is_applied(
    net: Network, monkeypatch: pytest.MonkeyPatch, kind: str, values: dict[str, Any], why: str
) -> None:
    post = net.posts[0]
    with monkeypatch.context() as patched:
        unchecked(patched)
        applier = "diwan_core.register.records.apply.Applier.apply"
        patched.setattr(applier, lambda *_: None)
        post.register.save_many([[Edit(kind, values)]], author="intruder")
    post.save(case(place="After"))
    post.exchange.woken()
    net.settle()
    assert net.register.status()["received"]["quarantined"] == 1
    (reason,) = net.register.store.rows("SELECT reason FROM quarantine")
    assert why in reason[0]
    assert net.register.count("case") == 1
    assert post.register.status()["journal"]["unsent"] == 0, "the chain goes on"
    assert net.posts[1].register.count("case") == 1
    assert still_works(net)


def test_a_line_feed_behind_the_id_of_a_record_is_not_admitted(net: Network) -> None:
    """A browser leaves it out of an address: in lists the record would have stood with a link to another one."""
    (honest,) = net.posts[1].save(case())
    net.settle()
    evil, kinds = EvilPost(net, net.posts[0]), DICTIONARY.types
    send(net, evil.node, evil.opening(1 << 20))
    rest, nominal = map(encode, kinds["case"].split(case(country="JO")))
    meta = encode([f"{honest}\n", "case", 1 << 21, 0, 0, "x", 0, DICTIONARY.version, None])
    send(net, evil.node, evil.written([(meta, rest, nominal)]))
    assert refused(net) == {"refused_broken": 1}
    assert net.register.store.rows("SELECT id FROM record") == [(honest,)]


def test_what_builds_on_a_change_not_known_yet_waits_and_is_applied_when_it_comes(net: Network) -> None:
    first, second = net.posts
    (record,) = first.save(case())
    net.settle()
    first.carrier.up = False
    first.edit(record, place="Gate 1")
    own = first.register.store.rows("SELECT id, seq FROM epoch WHERE own=1")[0]
    seen = encode({"*": [own]}).decode()
    # The second post learned of the first one's change by another way than the centre, and built on it.
    second.register.save([Edit("case", {"place": "Gate 2"}, record=record, seen=seen)], author="b")
    second.exchange.woken()
    for _ in range(10):
        net.turn()
    assert net.register.status()["received"]["waiting"] == 1
    assert "place" not in record_in(net.register, record).values
    first.carrier.up = True
    first.exchange.came_up()
    net.settle()
    assert net.register.status()["received"]["waiting"] == 0
    for register in (net.register, first.register):
        found = register.get(record)
        assert found is not None
        assert found.values["place"] == "Gate 2"
        assert found.conflicts == {}


def test_a_row_that_waited_at_the_centre_reaches_the_other_posts_though_later_rows_went_before_it(net: Network) -> None:
    first, second = net.posts
    (record,) = first.save(case())
    net.settle()
    first.carrier.up = False
    first.edit(record, place="Gate 1")
    own = first.register.store.rows("SELECT id, seq FROM epoch WHERE own=1")[0]
    seen = encode({"*": [own]}).decode()
    second.save(case(place="Before"))
    second.register.save([Edit("case", {"place": "Gate 2"}, record=record, seen=seen)], author="b")
    (later,) = second.save(case(place="Later"))
    for _ in range(10):
        net.turn()
    assert net.register.status()["received"]["waiting"] == 1
    assert net.register.get(later) is not None, "what came after it does not wait"
    first.carrier.up = True
    first.exchange.came_up()
    net.settle()
    for register in (net.register, first.register, second.register):
        found = register.get(record)
        assert found is not None
        assert found.values["place"] == "Gate 2"
        assert register.get(later) is not None


def test_counters_add_up_after_all_that(net: Network) -> None:
    for post in net.posts:
        post.save(*[case(time=f"08:{minute:02d}") for minute in range(5)])
    parcel = parcels_of(net.posts[0])[0]
    net.settle()
    send(net, net.posts[0].register.config.id, parcel, parcel)
    received = net.register.status()["received"]
    assert received == {"applied": 12, "duplicates": 12, "waiting": 0, "quarantined": 0}


def test_a_header_says_nothing_of_a_case(net: Network) -> None:
    net.posts[0].save(case(narrative="SECRETWORD", place="SECRETPLACE"))
    (parcel,) = parcels_of(net.posts[0])
    assert b"SECRET" not in parcel


def test_what_a_post_is_told_wrongly_by_others_than_the_centre_changes_nothing(net: Network) -> None:
    post = net.posts[0]
    (record,) = post.save(case())
    net.settle()
    node = post.register.config.id
    head = header(ROWS, node, epoch=net.posts[1].register.config.id, first=1, last=1)
    junk = pack(head, b"junk", NodeKeys.load(post.register.folder).sealing_public)
    for leaf in (topics.RECEIPT, topics.FEED, topics.PIECE, topics.BLOB_RECEIPT, topics.SNAPSHOT, topics.LEDGER):
        post.exchange.handle([(topics.down(node, leaf), junk), (topics.down(node, leaf), b"\xc1")])
    post.exchange.handle([(topics.scope("national", "x"), junk), (topics.EVERYONE + topics.HEAD, b"\xc1")])
    assert isinstance(post.register, Register)
    assert post.register.get(record) is not None
    assert still_works(net)


def test_a_post_survives_whatever_a_hostile_broker_makes_of_a_feed_parcel_and_of_messages(net: Network) -> None:
    post = net.posts[0]
    net.posts[1].save(case())
    kept: list[tuple[str, bytes]] = []
    deliver = post.exchange.handle

    def tapped(messages: Sequence[tuple[str, bytes]]) -> None:
        kept.extend(messages)
        deliver(messages)

    post.exchange.handle = tapped  # type: ignore[method-assign]
    net.settle()
    post.save(case())
    net.settle()
    assert {topics.leaf(topic) for topic, _ in kept} >= {topics.RECEIPT}
    for topic, payload in kept:
        for at in range(min(len(payload), 160)):
            for bit in (1, 2, 128):
                altered = payload[:at] + bytes([payload[at] ^ bit]) + payload[at + 1 :]
                deliver([(topic, altered)])
        for end in range(0, len(payload), 3):
            deliver([(topic, payload[:end])])
    (record,) = net.posts[1].save(case(place="Afterwards"))
    net.settle()
    assert post.register.get(record) is not None, "and it still reads what others report"


def test_parcels_cut_short_that_came_early_do_not_stand_in_the_way_of_those_that_fit(net: Network) -> None:
    reader, writer = net.posts
    records = []
    for hour in range(12):
        records += writer.save(case(time=f"{hour:02d}:10"))
        net.turn()
        reader.carrier.inbox = [(topic, payload[:-20]) for topic, payload in reader.carrier.inbox]
    net.settle(turns=100)  # a second each: before the beacon after five minutes
    assert [reader.register.get(record) is not None for record in records] == [True] * 12


def test_a_post_that_knows_it_is_behind_asks_again_though_nobody_tells_it_anything_more(net: Network) -> None:
    reader, writer = net.posts
    net.settle()
    for _ in range(40):
        net.turn()  # the next beacon is minutes away
    reader.carrier.up = False
    (record,) = writer.save(case(place="While one post hears nothing"))
    net.turn(), net.turn()
    reader.carrier.up = True
    for _ in range(40):  # the beacons after two and thirty seconds are heard, what is said in answer to them is lost
        net.turn()
        reader.carrier.inbox = [message for message in reader.carrier.inbox if topics.leaf(message[0]) == topics.HEAD]
    assert reader.register.get(record) is None
    for _ in range(100):
        net.turn()
    assert reader.register.get(record) is not None


def test_a_receipt_that_comes_meanwhile_does_not_make_a_post_forget_that_it_is_behind(net: Network) -> None:
    reader, writer = net.posts
    reader.save(case())
    net.settle()
    for _ in range(40):
        net.turn()  # the next beacon is minutes away
    reader.carrier.up = False
    (record,) = writer.save(case(place="While one post hears nothing"))
    net.turn(), net.turn()
    reader.carrier.up = True
    for turn in range(45):  # what is said in answer to the beacons is lost, but for receipts: all rows are safe now
        if turn == 40:
            mark_safe(net.register.store, whole(net.register.store))
            reader.exchange.came_up()
        net.turn()
        reader.carrier.inbox = [
            message for message in reader.carrier.inbox if topics.leaf(message[0]) in (topics.HEAD, topics.RECEIPT)
        ]
    for _ in range(100):
        net.turn()
    assert reader.register.get(record) is not None
