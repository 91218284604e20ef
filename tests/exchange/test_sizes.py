"""Whatever somebody saves, imports or sends: what the centre publishes of it fits in the parcels that all take."""

from __future__ import annotations

import base64
import os
import random
import secrets
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_central.network.revocation import new_scope_key
from diwan_core import world
from diwan_core.exchange import ledger
from diwan_core.exchange.wire import compress as wire
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.compress import zstd
from diwan_core.exchange.wire.parcel import MAX_PARCEL
from diwan_core.register import Edit, Refused
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.admission.snapshot import dump_waiting
from diwan_core.register.erasure.erase import BOTH, Order, carry_out
from diwan_core.trust import NodeKeys

from tests.exchange.copies import alike, write_on
from tests.exchange.evil import EvilKeys
from tests.exchange.network import Network, Post, case, network
from tests.exchange.sticks import answer, arrive, come_back, leave
from tests.exchange.test_evil_post import report, send

pytestmark = pytest.mark.slow

LONGEST = 20_000
"""Characters of the longest text that a field of a case takes."""
MOST_SET_BYTES = 3 * 1024 * 1024
"""Of one change set, by docs/protocol.md."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2, snapshot_behind=10) as made:
        made.settle()
        yield made


def published(net: Network, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all messages that are handed to the broker from now on."""
    sizes: list[int] = []
    carriers = [net.ingest_carrier, net.relay_carrier, *(post.carrier for post in net.posts)]
    for carrier in carriers:

        def publish(topic: str, payload: bytes, really: Any = carrier.publish) -> None:
            sizes.append(len(payload))
            really(topic, payload)

        monkeypatch.setattr(carrier, "publish", publish)
    return sizes


def long_texts(count: int, characters: int = LONGEST) -> list[str]:
    """Texts in a script whose letters are four bytes, as hard to compress as they can be."""
    chance = random.Random(7)
    return ["".join(chr(chance.randint(0x10000, 0x1FFFF)) for _ in range(characters)) for _ in range(count)]


def best_compressed(data: bytes, *_: object) -> bytes:
    """As small as the format allows: repetitions are found within 32 MiB. Our own writers look back 2 MiB."""
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: 3,
        zstd.CompressionParameter.window_log: 25,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
        zstd.CompressionParameter.dict_id_flag: 0,
    }
    dictionary = wire._dictionary(wire.DICTIONARY_ID)
    assert dictionary is not None
    made = zstd.ZstdCompressor(options=options, zstd_dict=dictionary.as_digested_dict)
    return made.compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


def blow_up(evil: EvilKeys, monkeypatch: pytest.MonkeyPatch, *, one_set: bool) -> bytes:
    """A parcel of 2 MB whose 8 MB of rows no other writer could compress so well."""
    now = time.time_ns() // 1_000_000 << 16
    texts = [base64.b64encode(secrets.token_bytes(15_000)).decode() for _ in range(130)]
    rows: list[tuple[list[Any], dict[str, Any], dict[str, Any] | None]] = [
        report(now, narrative=texts[at % len(texts)]) for at in range(390)
    ]
    for meta, _, _ in rows[:-1]:
        meta[6] = int(one_set)
    with monkeypatch.context() as patched:
        patched.setattr("diwan_core.exchange.wire.parcel.compress", best_compressed)
        parcel = evil.rows(rows)
    assert len(parcel) < MAX_PARCEL
    return parcel


@pytest.mark.parametrize("one_set", [False, True])
def test_a_parcel_that_only_its_writer_can_make_so_small_stops_nobody_s_feed(
    net: Network, monkeypatch: pytest.MonkeyPatch, one_set: bool
) -> None:
    honest, in_wrong_hands = net.posts
    in_wrong_hands.carrier.up = False
    keys = NodeKeys.load(in_wrong_hands.register.folder)
    evil = EvilKeys(in_wrong_hands.register.config.id, keys, net.keys().sealing_public)
    sizes = published(net, monkeypatch)
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    send(net, evil, blow_up(evil, monkeypatch, one_set=one_set))
    received = net.register.status()["received"]
    assert received["quarantined" if one_set else "applied"] >= 390
    (record,) = honest.save(case(place="Gate 9"))
    net.settle()
    late = net.add_post("Late")
    net.settle()
    assert max(sizes) <= MAX_PARCEL, "the broker ends the session of whoever sends more, and nobody reads it"
    assert [post.register.count("case") for post in (honest, late)] == [1 if one_set else 391] * 2
    assert late.register.get(record) is not None


def test_a_save_that_would_fit_in_no_parcel_is_refused_where_it_is_made(net: Network) -> None:
    post = net.posts[0]
    edits = [Edit("case", case(narrative=text)) for text in long_texts(1)] * (MOST_SET_BYTES // (4 * LONGEST) + 1)
    with pytest.raises(Refused, match="too large"):
        post.register.save(edits, author="officer")
    saved = post.register.save(edits[:-2], author="officer")
    post.exchange.woken()
    net.settle()
    assert net.register.get(saved.records[-1]) is not None, "what is saved arrives"


@pytest.mark.parametrize("at_centre", [False, True])
def test_an_import_of_the_longest_texts_is_divided_where_it_is_made_and_where_it_is_published(
    net: Network, monkeypatch: pytest.MonkeyPatch, at_centre: bool
) -> None:
    sizes = published(net, monkeypatch)
    sets = [[Edit("case", case(narrative=text))] for text in long_texts(110)]
    register = net.register if at_centre else net.posts[0].register
    saved = register.save_many(sets, author="importer")
    for post in net.posts:
        post.exchange.woken()
    net.settle()
    late = net.add_post("Late")
    net.settle()
    assert max(sizes) <= MAX_PARCEL
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    alike(net, [ids[0] for ids in saved.records])


def joins_part_by_part(net: Network, post: Post, parts: int) -> None:
    """Let a post take so many parts of the snapshot, and then lose its line."""
    taken = 0

    def take(topic: str, payload: bytes, really: Any = net.relay_carrier.publish) -> None:
        nonlocal taken
        taken += topics.leaf(topic) == topics.SNAPSHOT
        if taken <= parts:
            really(topic, payload)

    net.relay_carrier.publish = take  # type: ignore[method-assign]
    for _ in range(30):
        net.turn()
    del net.relay_carrier.publish


def test_epochs_fill_as_many_parts_as_they_need(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diwan_core.register.admission.snapshot.EPOCHS", 1)
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    late = net.add_post("Late")
    joins_part_by_part(net, late, 2)
    assert late.register.store.one("SELECT count(*) FROM epoch WHERE own=0") == 0, "a part of them says nothing yet"
    late.exchange.came_up()
    net.settle(600)
    heads = "SELECT id, seq, hash FROM epoch WHERE own=0 AND origin<>? ORDER BY id"
    central = "SELECT id, seq, hash FROM epoch WHERE origin<>? ORDER BY id"
    node = (late.register.config.id,)
    assert late.register.store.rows(heads, node) == net.register.store.rows(central, node) != []
    assert late.register.store.one("SELECT count(*) FROM state WHERE key GLOB 'joined epochs:*'") == 0
    write_on(net.posts[0], range(15, 17))
    net.settle()
    alike(net, records)


def test_parts_of_two_snapshots_of_one_number_are_not_put_together(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    late = net.add_post("Late")
    joins_part_by_part(net, late, 2)
    assert 0 < late.register.count("case") < len(records)
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 7)
    net.relay._snapshot.forget()  # as after an erasure, or where another release makes it anew
    late.exchange.came_up()
    net.settle(600)
    alike(net, records)


def test_a_snapshot_that_lacks_a_part_on_the_disk_is_made_anew(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulation, seed 91153: a power cut had left some parts of it, and a post asked for the second one for ever."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    late = net.add_post("Late")
    joins_part_by_part(net, late, 1)
    (folder,) = (net.register.folder / "snapshots" / NATIONAL).iterdir()
    (folder / "1").unlink()
    late.exchange.came_up()
    net.settle(600)
    alike(net, records)
    assert (folder / "1").exists()


def test_a_snapshot_that_was_sealed_to_an_earlier_key_is_made_anew(net: Network) -> None:
    """Simulation, seed 73001: the relay had made it before it heard of a new key. Who was enrolled since then has no
    other key than the new one, and was sent what it could not read for ever."""
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    centre = net.register.folder
    ledger.record_judged(net.register, NodeKeys.load(centre), lambda _: [new_scope_key(centre, NATIONAL)])
    list(net.relay._snapshot.offer(net.posts[0].register.config.id))
    net.restart_centre()
    net.add_post("Late")
    net.settle()
    alike(net, records)


def test_a_line_that_doubles_messages_does_not_multiply_a_snapshot(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulation, seed 50016: each part that came twice was asked on for twice, so that a snapshot of fifty parts had
    no end."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 1)
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    net.bus.double = 1.0
    sent = 0

    def publish(topic: str, payload: bytes, really: Any = net.relay_carrier.publish) -> None:
        nonlocal sent
        sent += topics.leaf(topic) == topics.SNAPSHOT
        assert sent <= 200
        really(topic, payload)

    monkeypatch.setattr(net.relay_carrier, "publish", publish)
    late = net.add_post("Late")
    net.settle(600)
    alike(net, records)
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    assert sent > 15


def test_what_was_being_made_while_something_was_erased_is_thrown_away(net: Network) -> None:
    (record, *_) = write_on(net.posts[0], range(15))
    net.settle()
    making = net.relay._snapshot._make()
    next(making)
    with net.register.store.write() as transaction:
        carry_out(transaction, [Order(record, BOTH, "an order", (), 1)])
    # Whoever carried it out removes the folder, but may pass over what is written at this very moment.
    list(making)
    assert net.relay._snapshot._newest() == -1


class Synced(world.World):
    """The world, in which one sees what was written to the disk for good."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def sync_file(self, descriptor: int) -> None:
        """Note it."""
        self.files.add(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))
        super().sync_file(descriptor)


def test_no_part_has_its_name_before_it_is_on_the_disk(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    write_on(net.posts[0], range(15))
    net.settle()
    synced, rename = Synced(), Path.rename

    def named(path: Path, target: Path) -> Path:
        assert {part.name for part in path.iterdir()} <= synced.files, "a power cut would leave them empty"
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", named)
    with world.using(synced):
        assert list(net.relay._snapshot.offer(net.posts[1].register.config.id))


def test_a_stick_holds_the_parts_of_one_snapshot(net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was made again has the same number, and may be divided in another way."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    records = write_on(net.posts[0], range(8)) + write_on(net.posts[1], range(8, 15))
    net.settle()
    late = net.add_post("Late")
    late.carrier.up = False
    mount = tmp_path / "stick"
    leave(late, mount)
    arrive(net, mount)
    come_back(late, mount)  # brings it the ledger and the scope's key
    leave(late, mount)
    for size in (4, 7):
        monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", size)
        net.relay._snapshot.forget()
        answer(net, mount, behind=10)
    come_back(late, mount)
    assert [record for record in records if late.register.get(record) is None] == []


def test_what_waits_is_listed_without_holding_all_of_it(net: Network) -> None:
    with net.register.store.write() as transaction:
        made = transaction.execute("INSERT INTO epoch (id, origin, hash) VALUES ('abcdefghijklm', 'evil', x'')")
        epoch = made.lastrowid
        transaction.executemany(
            "INSERT INTO journal (epoch, seq, verdict, meta, hash) VALUES (?, ?, 2, '', x'')",
            [(epoch, seq) for seq in range(1_000, 201_000, 2)],
        )
    tracemalloc.start()
    with net.register.store.read() as transaction:
        assert sum(1 for _ in dump_waiting(transaction)) == 10
        held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 10_000_000
