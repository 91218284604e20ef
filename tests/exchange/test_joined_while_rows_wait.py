"""Rows wait at the centre while a post joins by snapshot; when they wait no longer, it holds them like everybody."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.setup import scope_key
from diwan_core.audit import verify_node
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange import ledger
from diwan_core.exchange.wire.parcel import lines, read_header, unpack
from diwan_core.exchange.wire.snapshot import SnapshotAsk
from diwan_core.register import Edit
from diwan_core.register.admission.left_out import left_out_of, note_left_out, stretches_left_out, waiting_rows
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.admission.verdict import Judge
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.journal.row import Meta, Ref, Row
from diwan_core.register.records.apply import APPLIED, WAITING, Applier
from diwan_core.register.records.type_plan import PLANS
from msgspec import json, msgpack

from tests.exchange.copies import alike, put_back, save_copy, write_on
from tests.exchange.network import Network, Post, network, record_in

pytestmark = pytest.mark.slow

BEHIND = 10


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2, snapshot_behind=BEHIND) as made:
        made.settle()  # so that nobody has a snapshot made before rows wait
        yield made


def turns(net: Network, count: int = 20) -> None:
    for _ in range(count):
        net.turn()


def many(net: Network, post: Post) -> list[str]:
    """So many cases that who joins is sent a snapshot, and not so many at once that somebody else is."""
    records = write_on(post, range(8))
    net.settle()
    records += write_on(post, range(8, 15))
    net.settle()
    return records


def waiting(net: Network) -> int:
    return int(net.register.status()["received"]["waiting"])


def comes_back(net: Network, post: Post) -> None:
    post.carrier.up = True
    post.exchange.came_up()
    net.settle(600)


def written_where_one_waits(net: Network) -> list[str]:
    """Cases at the centre. What the second post changed in the first of them waits for a change that the first post,
    which has no line, did not send yet; what the second post reported before and after it does not wait."""
    first, second = net.posts
    records = many(net, first)
    first.carrier.up = False
    first.edit(records[0], place="Gate 1")
    own = first.register.store.rows("SELECT id, seq FROM epoch WHERE own=1")[0]
    records += write_on(second, range(15, 17))
    for gate in (2, 3):
        seen = json.encode({"*": [own]}).decode() if gate == 2 else None
        second.register.save([Edit("case", {"place": f"Gate {gate}"}, record=records[0], seen=seen)], author="b")
        second.exchange.woken()
    records += write_on(second, range(17, 19))
    turns(net)
    assert waiting(net) == 2
    return records


def send_history(net: Network) -> None:
    """From now on nobody is so far behind that there is a snapshot for it."""
    net.relay._behind = 10**9


def quarantined(net: Network) -> list[int]:
    registers = net.registers()
    return [int(register.store.one("SELECT count(*) FROM journal WHERE verdict=1")) for register in registers]


def test_who_joins_while_rows_wait_holds_them_once_they_are_released(net: Network) -> None:
    records = written_where_one_waits(net)
    late = net.add_post("Late")
    net.settle()
    assert record_in(late.register, records[0]).values.get("place") is None
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    comes_back(net, net.posts[0])
    assert waiting(net) == 0
    assert record_in(late.register, records[0]).values["place"] == "Gate 3"
    alike(net, records)
    assert verify_node(late.register.folder).whole


def test_what_it_then_held_is_not_taken_twice_where_it_follows_the_feed_anew(net: Network) -> None:
    records = written_where_one_waits(net)
    late = net.add_post("Late")
    net.settle()
    comes_back(net, net.posts[0])
    late.edit(records[0], place="Gate 4")
    net.settle()
    rows = late.register.store.one("SELECT count(*) FROM journal")
    send_history(net)
    with late.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    comes_back(net, late)
    assert late.register.store.one("SELECT count(*) FROM journal") == rows
    assert record_in(late.register, records[0]).conflicts == {}
    assert quarantined(net) == [0, 0, 0, 0]
    alike(net, records)


def test_rows_that_come_after_the_place_was_lost_are_taken_all_the_same(net: Network) -> None:
    records = written_where_one_waits(net)
    late = net.add_post("Late")
    net.settle()
    send_history(net)
    with late.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    comes_back(net, net.posts[0])
    comes_back(net, late)
    assert record_in(late.register, records[0]).values["place"] == "Gate 3"
    assert quarantined(net) == [0, 0, 0, 0]
    alike(net, records)


def test_who_held_them_before_keeps_them_through_the_snapshot_of_a_centre_put_back(
    tmp_path: Path, net: Network
) -> None:
    """The centre lost what they build on, so they wait there, and a post that has them is sent a snapshot without."""
    first, second = net.posts
    third = net.add_post("Third")
    records = many(net, first)
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    first.edit(records[0], place="Gate 1")
    net.settle()
    second.edit(records[0], place="Gate 2", seen=record_in(second.register, records[0]).heads)
    records += write_on(second, range(15, 17))
    net.settle()
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    first.carrier.up = third.carrier.up = False
    net.restart_centre()
    turns(net)
    assert waiting(net) == 1
    net.relay._snapshot.forget()  # the second post was sent one that was made before they came
    comes_back(net, third)
    comes_back(net, second)
    assert waiting(net) == 1
    for post in (second, third):
        assert post.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
        assert record_in(post.register, records[0]).values["place"] == "Gate 2"
    comes_back(net, first)
    assert waiting(net) == 0
    assert record_in(third.register, records[0]).values["place"] == "Gate 2"
    assert record_in(third.register, records[0]).conflicts == {}
    alike(net, records)


@pytest.mark.parametrize("asks", [True, False], ids=["who asks for rows", "who is sent another snapshot"])
def test_who_joined_after_the_copy_of_a_centre_put_back_holds_what_its_snapshot_brought(
    tmp_path: Path, net: Network, monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    """An older snapshot once took that back, and the rows were known when they came again."""
    first, second = net.posts
    late = net.add_post("Late")
    late.carrier.up = False
    records = many(net, first)
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    first.edit(records[0], place="After the copy")
    records += write_on(first, range(15, 18))
    net.settle()
    comes_back(net, late)
    late.edit(records[1], place="By the late one")
    late.edit(records[0], place="By the late one")
    net.settle()
    if not asks:
        monkeypatch.setattr("diwan_core.exchange.post.post_exchange.wishes", lambda _transaction: {})
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    first.carrier.up = second.carrier.up = False
    net.restart_centre()
    turns(net)
    comes_back(net, second)
    comes_back(net, first)
    held = record_in(late.register, records[0])
    assert (held.values.get("place"), held.conflicts) == ("By the late one", {})
    assert quarantined(net) == [0, 0, 0, 0]
    alike(net, records)


@pytest.mark.parametrize("asks", [True, False], ids=["who asks for a snapshot", "who is sent rows"])
def test_who_holds_parts_of_a_snapshot_of_a_centre_put_back_holds_all_in_the_end(
    tmp_path: Path, net: Network, monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    """Found by the simulation: rows that made what they held were quarantined, since the records were there already."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    if not asks:
        monkeypatch.setattr("diwan_core.exchange.post.post_exchange.wishes", lambda _transaction: {})
    first = net.posts[0]
    late = net.add_post("Late")
    late.carrier.up = False
    records = write_on(first, range(BEHIND - 3))
    net.settle()
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    records += write_on(first, range(14, 24))
    net.settle()
    late.carrier.up = True
    late.exchange.came_up()
    while not late.register.store.one("SELECT 1 FROM state WHERE key='snapshot:national'"):
        net.turn()
    late.carrier.up = False
    assert 0 < late.register.count("case") < len(records)
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    first.carrier.up = False
    net.restart_centre()
    comes_back(net, late)
    comes_back(net, first)
    assert quarantined(net) == [0, 0, 0, 0]
    alike(net, records)


def test_rows_that_made_what_a_part_brought_and_somebody_changed_are_taken_when_they_come(
    tmp_path: Path, net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulation, seed 80000: a record that somebody here has changed stays; the row that made it was quarantined, and
    what its changes had replaced would have stood beside them."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    first = net.posts[0]
    late = net.add_post("Late")
    late.carrier.up = False
    records = write_on(first, range(2))
    net.settle()
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    records += write_on(first, range(8, 24))
    net.settle()
    for gate in ("Gate 1", "Gate 2"):
        for record in records[2:4]:
            first.edit(record, place=gate)
        net.settle()
    late.carrier.up = True
    late.exchange.came_up()
    while late.register.get(records[3]) is None:
        net.turn()
    late.carrier.up = False
    assert late.register.store.one("SELECT count(*) FROM joint") == 0, "it holds some parts"
    late.edit(records[2], place="Gate 3")
    late.edit(records[3], direction="export")
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    first.carrier.up = False
    net.restart_centre()
    comes_back(net, late)
    comes_back(net, first)
    assert quarantined(net) == [0, 0, 0, 0]
    held = [record_in(late.register, record) for record in records[2:4]]
    assert [record.values["place"] for record in held] == ["Gate 3", "Gate 2"]
    assert [record.conflicts for record in held] == [{}, {}]
    alike(net, records)
    assert verify_node(late.register.folder).whole


def test_what_builds_on_them_waits_for_them_and_not_on_what_the_snapshot_brought(net: Network) -> None:
    records = written_where_one_waits(net)
    epoch = net.posts[1].register.store.one("SELECT id FROM epoch WHERE own=1")
    late = net.add_post("Late")
    net.settle()

    def verdict(seq: int) -> tuple[int, Ref]:
        meta = Meta(records[0], "case", 1, 0, 0, "b", 0, DICTIONARY.version, {"*": [(epoch, seq)]})
        row = Row(9, meta, b"", b"{}", None, {"place": "Gate 9"}, None, bytes(16), bytes(32))
        with late.register.store.read() as transaction:
            applier = Applier(transaction)
            applier.known(records[:1])
            found = Judge(transaction, applier, "post").of_row(row)
        return found.code, found.awaits

    assert verdict(3)[0] == APPLIED
    assert [verdict(seq) for seq in (4, 5)] == [(WAITING, (epoch, 4)), (WAITING, (epoch, 5))]
    comes_back(net, net.posts[0])
    assert verdict(4)[0] == APPLIED


def test_a_snapshot_of_the_feed_before_a_centre_was_put_back_is_not_handed_out(tmp_path: Path, net: Network) -> None:
    first, second = net.posts
    records = many(net, first)
    folder = net.register.folder
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    records += write_on(first, range(15, 18))
    net.settle()
    list(net.relay._snapshot.offer(second.register.config.id))
    assert [path.name for path in (folder / "snapshots" / NATIONAL).iterdir()] == ["19"]
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    first.carrier.up = False
    records += write_on(second, range(3))  # they take the numbers of what was lost
    net.restart_centre()
    turns(net)
    net.add_post("Late")
    net.settle()
    comes_back(net, first)
    alike(net, records)


def test_a_reader_of_the_first_release_passes_over_the_lines_that_name_them(net: Network) -> None:
    """It skips lines of a type that its dictionary does not have, and verifies the signature over them."""
    written_where_one_waits(net)
    (_, parcel), *_ = net.relay._snapshot.offer(net.posts[1].register.config.id)
    number = read_header(parcel)[0].number
    parts = [parcel]
    for part in range(1, 100):
        parts += [payload for _, payload in net.relay._snapshot.part("", SnapshotAsk(1, number, part))]
    key = scope_key(net.register.folder, ledger.load(net.register))
    named: list[list[object]] = []
    for one in parts:
        head, start = read_header(one)
        content = msgpack.decode(unpack(one, start, key))
        assert len(content) == 7, "nothing was added to a part"
        body = lines(content[4], head)
        named += [line for line in (json.decode(text) for text in body.split(b"\n") if text) if line[1] not in PLANS]
    epoch = net.posts[1].register.store.one("SELECT id FROM epoch WHERE own=1")
    marks = [line for line in named if line[1] == "snapshot"]
    assert len(marks) == len(parts)
    assert all(line == marks[0] for line in marks), "each part says which snapshot it is of"
    named = [line for line in named if line not in marks]
    assert named == [["", "rows-waiting", epoch, 0, 0, 0, None, None, {"rows": [[4, 5]]}, None]]


def test_very_many_stretches_are_named_in_several_parts(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diwan_core.register.admission.left_out._MOST", 1)
    records = written_where_one_waits(net)
    second = net.posts[1]
    second.register.save([Edit("case", {"place": "Gate 5"}, record=records[0])], author="b")
    second.exchange.woken()
    turns(net)
    assert [len(part) for part in waiting_rows(net.register.store.connection)] == [1, 1]
    late = net.add_post("Late")
    net.settle()
    assert held_left_out(late) == left_out_at(net)
    comes_back(net, net.posts[0])
    assert record_in(late.register, records[0]).values["place"] == "Gate 5"
    alike(net, records)
    net.relay._snapshot.forget()
    monkeypatch.setattr("diwan_core.exchange.post.post_exchange.wishes", lambda _transaction: {})
    with late.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    comes_back(net, late)
    assert held_left_out(late) == {}, "another snapshot was joined, made while nothing waited"
    alike(net, records)


def held_left_out(post: Post) -> dict[str, list[tuple[int, int]]]:
    """What the snapshot left out by which a post joined."""
    connection = post.register.store.connection
    epochs = [epoch for (epoch,) in post.register.store.rows("SELECT id FROM epoch")]
    return {epoch: held for epoch in epochs if (held := list(stretches_left_out(connection, epoch)))}


def left_out_at(net: Network) -> dict[str, list[tuple[int, int]]]:
    """What a snapshot that is made now leaves out."""
    found: dict[str, list[tuple[int, int]]] = {}
    for part in waiting_rows(net.register.store.connection):
        for epoch, stretches in part:
            found.setdefault(epoch, []).extend(stretches)
    return found


def test_one_s_own_rows_that_were_lost_while_they_waited_come_back(tmp_path: Path, net: Network) -> None:
    second = net.posts[1]
    net.settle()
    second.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(second.register.folder, tmp_path / "backup")
    records = written_where_one_waits(net)
    folder = second.register.folder
    net.stop(second)
    put_back(folder, tmp_path / "backup", in_place=True)
    back = net.start(folder)
    with back.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    net.settle(600)
    assert record_in(back.register, records[0]).values.get("place") is None
    comes_back(net, net.posts[0])
    assert record_in(back.register, records[0]).values["place"] == "Gate 3"
    alike(net, records)


def test_what_a_hostile_post_lets_wait_costs_who_joined_meanwhile_no_more_than_a_look(net: Network) -> None:
    """Every other of its rows waits: half a million stretches that a snapshot leaves out."""
    written_where_one_waits(net)
    late = net.add_post("Late")
    net.settle()
    epoch = net.posts[1].register.store.one("SELECT id FROM epoch WHERE own=1")
    with late.register.store.write() as transaction:
        note_left_out(transaction, epoch, [(seq, seq) for seq in range(1_000, 101_000, 2)])
    tracemalloc.start()
    with late.register.store.read() as transaction:
        judge = Judge(transaction, Applier(transaction), "post")
        assert judge._is_left_out(epoch, 1_000)
        assert not judge._is_left_out(epoch, 1_001)
        assert list(left_out_of(transaction, epoch, 99_995, 99_999)) == [99_996, 99_998]
        held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 500_000
    plan = late.register.store.rows(
        "EXPLAIN QUERY PLAN SELECT 1 FROM state WHERE key BETWEEN ? AND ? ORDER BY key", ("left out:", "left out;")
    )
    assert "SEARCH" in plan[0][3]
