"""A post that joins by a snapshot holds what it may read, whatever the ledger says before, meanwhile and afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance import setup as post_setup
from diwan_central.network import scopes
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit
from diwan_core.register.admission import snapshot_place
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state import feed_places
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.exchange.copies import put_back, save_copy
from tests.exchange.network import Network, lost, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, name_in, named_case, say, settle, traces

pytestmark = pytest.mark.slow

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3, snapshot_behind=5) as made:
        settle(made)
        yield made


def test_who_joins_by_a_snapshot_holds_what_its_unit_may(net: Network) -> None:
    author, _, _ = net.posts
    say(net, ["case"], "unit")
    join(net, "north", author)
    records = author.save(*[named_case() for _ in range(12)])
    author.edit(records[0], party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    assert [name_in(author.register, record) for record in records[1:]] == [NAME] * 11
    late, stranger = net.add_post("Late"), net.add_post("Stranger")
    settle(net)
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    assert traces(late.register) == traces(stranger.register) == []
    join(net, "north", late)
    assert name_in(late.register, records[0]) == "Zephyrine Newfield"
    assert [name_in(late.register, record) for record in records[1:]] == [NAME] * 11
    assert len(late.register.search(CANARY)) == 12
    ends = "SELECT max(seq) FROM journal WHERE nominal IS NOT NULL AND signature IS NOT NULL"
    assert late.register.store.one(ends) == net.register.store.one(ends), "checkpoints come with the rows"
    late.edit(records[1], party={"1": {"name": "Zephyrine Latefield"}})
    settle(net)
    assert name_in(author.register, records[1]) == name_in(net.register, records[1]) == "Zephyrine Latefield"
    assert traces(stranger.register) == []
    sound(net)


def test_what_a_snapshot_brought_before_goes_too_and_comes_back_when_all_may_hold_it(net: Network) -> None:
    author, _, _ = net.posts
    records = author.save(*[named_case() for _ in range(12)])
    author.edit(records[0], party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    late = net.add_post("Late")
    settle(net)
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    late.edit(records[1], party={"1": {"name": "Zephyrine Latefield"}})
    settle(net)
    say(net, ["case"], "centre")
    assert name_in(late.register, records[0]) is None
    assert name_in(late.register, records[1]) == "Zephyrine Latefield", "its own words stay"
    assert traces(late.register, [b"Oldfield", b"Newfield"]) == []
    sound(net)
    say(net, ["case"], "all")
    assert name_in(late.register, records[0]) == "Zephyrine Newfield"
    assert name_in(late.register, records[1]) == name_in(author.register, records[1]) == "Zephyrine Latefield"
    assert [name_in(late.register, record) for record in records[2:]] == [NAME] * 10
    sound(net)


def test_a_snapshot_begun_before_the_ledger_let_more_in_is_read_from_its_first_part_again(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulation, seed 91154: parts that came before the entry of the ledger stayed without their halves for ever."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    author, _, _ = net.posts
    say(net, ["case"], "centre")
    records = author.save(*[named_case() for _ in range(12)])
    settle(net)
    late = net.add_post("Late")
    with lost(net, topics.SNAPSHOT):
        for _ in range(40):
            net.turn()
    late.carrier.up = False
    assert restricted(late.register.store.connection) == {"case": "centre"}
    say(net, ["case"], "all")
    with lost(net, topics.LEDGER):
        late.carrier.up = True
        late.exchange.came_up()
        while (begun := snapshot_place.expected(late.register.store.connection, NATIONAL)) is None:
            net.turn()
        assert begun.part == 1
    late.exchange.came_up()
    settle(net)
    assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    assert [name_in(late.register, record) for record in records] == [NAME] * 12
    sound(net)


def test_letters_in_a_snapshot_that_came_before_the_entry_which_opens_them_are_read_again(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    author, addressee, _ = net.posts
    say(net, ["message"], "addressed")
    values = {"kind": "mail", "state": "open", "subject": CANARY, "for_post": addressee.register.config.id}
    letters = author.register.save([Edit("message", values) for _ in range(12)], author="officer").records
    author.exchange.woken()
    settle(net)
    late = net.add_post("Late")
    with lost(net, topics.SNAPSHOT):
        for _ in range(40):
            net.turn()
    late.carrier.up = False
    say(net, ["message"], "all")
    with lost(net, topics.LEDGER):
        late.carrier.up = True
        late.exchange.came_up()
        while not feed_places.knows_by_snapshot(late.register.store.connection):
            net.turn()
    assert restricted(late.register.store.connection) == {"message": "addressed"}
    assert record_in(late.register, letters[0]).values.get("subject") is None
    for _ in range(2):
        late.exchange.came_up()
        settle(net)
    assert {record_in(late.register, letter).values.get("subject") for letter in letters} == {CANARY}
    sound(net)


@pytest.mark.parametrize("nominal", ["unit", "all"])
def test_halves_come_to_a_post_that_a_release_joined_which_did_not_note_up_to_where(net: Network, nominal: str) -> None:
    author, _, _ = net.posts
    records = author.save(*[named_case() for _ in range(12)])
    author.edit(records[0], party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    late = net.add_post("Late")
    settle(net)
    with late.register.store.write() as transaction:
        assert transaction.execute("DELETE FROM state WHERE key GLOB 'joined up to:*'").rowcount > 0
    join(net, "north", author, late)
    say(net, ["case"], "centre")
    assert traces(late.register) == []
    (later,) = author.save(named_case())
    settle(net)
    say(net, ["case"], nominal)
    assert name_in(late.register, records[0]) == "Zephyrine Newfield"
    assert [name_in(late.register, record) for record in [*records[1:], later]] == [NAME] * 12
    sound(net)


def test_what_a_unit_brings_while_the_parts_of_a_snapshot_come_is_there_in_the_end(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulation with letters, seed 93031: it was not kept, since who made the records of the first parts was not known
    before the last one, and was not asked for again."""
    monkeypatch.setattr("diwan_core.register.admission.snapshot.SLICE", 4)
    author, mate, _ = net.posts
    say(net, ["case"], "unit")
    join(net, "north", author, mate)
    mate.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = mate.register.folder
    save_copy(folder, tmp_path / "empty")
    records = author.save(*[named_case() for _ in range(12)])
    mail = [Edit("message", {"kind": "mail", "state": "open", "subject": "Boots"}) for _ in range(20)]
    author.register.save(mail, author="officer")
    author.exchange.woken()
    settle(net)
    net.stop(mate)
    put_back(folder, tmp_path / "empty", in_place=False)
    back = net.start(folder)
    while back.register.store.one("SELECT count(*) FROM record_case") < len(records):
        net.turn()
    assert snapshot_place.expected(back.register.store.connection, NATIONAL) is not None, "messages follow"
    with lost(net, topics.SNAPSHOT):
        for _ in range(3):
            back.exchange.came_up()
            for _ in range(5):
                net.turn()
    back.exchange.came_up()
    settle(net)
    assert back.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    assert [name_in(back.register, record) for record in records] == [NAME] * 12
    sound(net)


def test_halves_that_come_later_take_nothing_away_that_a_snapshot_said(net: Network) -> None:
    """Simulation with letters, seed 93038: the record was merged from the rows that were here, and not all were."""
    author, second, behind = net.posts
    say(net, ["case"], "centre")
    (record, *_) = author.save(*[named_case() for _ in range(8)])
    settle(net)
    behind.carrier.up = False
    say(net, ["case"], "all")
    second.edit(record, party={"2": {"role": "declarant", "name": "Zephyrine Secondfield"}})
    settle(net)
    with behind.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    behind.carrier.up = True
    behind.exchange.came_up()
    settle(net)
    assert behind.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    for _ in range(2):
        assert record_in(behind.register, record).values["party"] == record_in(net.register, record).values["party"]
        with behind.register.store.write() as transaction:
            feed_places.start_again(transaction, NATIONAL)
        behind.exchange.came_up()
        settle(net)
    sound(net)


def test_an_older_snapshot_takes_nothing_back_while_rows_are_read_again(net: Network, tmp_path: Path) -> None:
    author, _, _ = net.posts
    say(net, ["case"], "unit")
    folder = net.folder / "blank"
    post_setup.create(folder, "Blank", "JOAQJ", "127.0.0.1", 0)
    net.enrol(folder, CodeFor("Blank", "JOAQJ", made_by="technician"))
    save_copy(folder, tmp_path / "empty")
    (record, *_) = author.save(*[named_case() for _ in range(12)])
    heard = net.overhear()
    back = net.start(folder)
    back.save(named_case())
    settle(net)
    older = [message for message in heard if topics.leaf(message[0]) == topics.SNAPSHOT]
    assert older
    author.edit(record, outcome="pending")
    settle(net)
    scopes.forget_snapshots(net.register.folder)
    net.stop(back)
    put_back(folder, tmp_path / "empty", in_place=False)
    back = net.start(folder)
    settle(net)
    with back.register.store.write() as transaction:
        feed_places.start_again(transaction, NATIONAL)
    back.exchange.handle(older)
    assert record_in(back.register, record).values["outcome"] == "pending"
    settle(net)
    sound(net)
