"""What is not for a post is not in its files after snapshots, sticks, copies put back, erasures and revocations either,
and what is for it comes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance import setup as post_setup
from diwan_central.network import scopes
from diwan_central.network.revocation import revoke
from diwan_core.exchange import erasure, ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import encode
from diwan_core.register import Edit
from diwan_core.register.admission import snapshot_place
from diwan_core.register.admission.halves import drop, drop_records, note_left_out
from diwan_core.register.admission.how_far import restricted
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.drafts import Draft, Drafts, new_id
from diwan_core.register.erasure import purge as purging
from diwan_core.register.erasure.erase import BOTH, note_halves_dropped
from diwan_core.register.erasure.purge import is_due
from diwan_core.register.exchange_state import feed_places
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.exchange import sticks
from tests.exchange.copies import centre_put_back, follow_ledger, put_back, save_copy
from tests.exchange.network import Network, Post, lost, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, leave, name_in, named_case, say, settle, traces

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3, snapshot_behind=5) as made:
        settle(made)
        yield made


def sent_to(post: Post, heard: list[Message]) -> set[str]:
    """The kinds of messages among these that the centre sent to a post alone."""
    return {topics.leaf(topic) for topic, _ in heard if post.register.config.id in topic and "/up/" not in topic}


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


def test_an_author_put_back_gets_its_words_again_in_parcels_that_no_other_can_open(
    net: Network, tmp_path: Path
) -> None:
    author, other, _ = net.posts
    say(net, ["case"], "centre")
    author.save(named_case())
    settle(net)
    author.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = author.register.folder
    save_copy(folder, tmp_path / "backup")
    (record,) = author.save(named_case())
    settle(net)
    net.stop(author)
    put_back(folder, tmp_path / "backup", in_place=False)
    heard = net.overhear()
    back = net.start(folder)
    settle(net)
    assert name_in(back.register, record) == NAME
    for payload in [payload for topic, payload in heard if topics.is_feed(topic)]:
        other.exchange.handle([(topics.scope("national", back.register.config.id), payload)])
    settle(net)
    assert traces(other.register) == []
    assert name_in(other.register, record) is None
    sound(net)


@pytest.mark.parametrize("nominal", ["unit", "centre"])
@pytest.mark.parametrize("is_narrowed_before", [True, False])
def test_an_author_with_an_empty_card_asks_for_its_own_words_by_itself(
    net: Network, tmp_path: Path, nominal: str, is_narrowed_before: bool
) -> None:
    _, other, _ = net.posts
    folder = net.folder / "blank"
    post_setup.create(folder, "Blank", "JOAQJ", "127.0.0.1", 0)
    net.enrol(folder, CodeFor("Blank", "JOAQJ", made_by="technician"))
    save_copy(folder, tmp_path / "empty")
    author = net.start(folder)
    records = author.save(*[named_case() for _ in range(12)])
    author.edit(records[0], party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    if is_narrowed_before:
        say(net, ["case"], nominal)
    net.stop(author)
    put_back(folder, tmp_path / "empty", in_place=False)
    back = net.start(folder)
    settle(net)
    assert back.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
    if not is_narrowed_before:
        say(net, ["case"], nominal)
    settle(net)
    assert name_in(back.register, records[0]) == "Zephyrine Newfield"
    assert [name_in(back.register, record) for record in records[1:]] == [NAME] * 11
    assert traces(other.register) == []
    back.edit(records[1], party={"1": {"name": "Zephyrine Latefield"}})
    settle(net)
    assert name_in(net.register, records[1]) == name_in(back.register, records[1]) == "Zephyrine Latefield"
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


def test_own_rows_of_which_one_is_without_what_it_says_of_people_are_not_passed_over(net: Network) -> None:
    """Simulation, seeds 92012 and 93001: rows of one run, of which the last is here with all that it says."""
    author, _, _ = net.posts
    saved = author.register.save([Edit("case", named_case()) for _ in range(2)], author="officer").records
    author.exchange.woken()
    settle(net)
    say(net, ["case"], "centre")
    with author.register.store.write() as transaction:
        transaction.execute("UPDATE epoch SET own=0 WHERE own=1")
        assert drop_records(transaction, [("case", saved[0])])
        transaction.execute("UPDATE epoch SET own=1 WHERE origin=?", (author.register.config.id,))
        note_left_out(transaction, ["case"])
        feed_places.start_again(transaction, NATIONAL)
    author.exchange.came_up()
    settle(net)
    assert name_in(author.register, saved[0]) == name_in(author.register, saved[1]) == NAME
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


def test_an_author_put_back_keeps_its_words_in_a_record_that_it_gave_to_others(net: Network, tmp_path: Path) -> None:
    """Simulation with letters, seed 93001: what came back was taken for what others wrote, until its epoch was known
    for the author's own, and dropped with the row that moves it."""
    author, _, _ = net.posts
    say(net, ["case"], "unit")
    author.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = author.register.folder
    save_copy(folder, tmp_path / "backup")
    net.stop(author)
    author = net.start(folder)  # it writes in an epoch of which the copy knows nothing
    (record,) = author.save(named_case())
    author.edit(record, unit="south")
    settle(net)
    net.stop(author)
    put_back(folder, tmp_path / "backup", in_place=False)
    back = net.start(folder)
    settle(net)
    assert name_in(back.register, record) == NAME
    sound(net)


def test_a_post_put_back_to_before_it_left_drops_it_again(net: Network, tmp_path: Path) -> None:
    author, mate, _ = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    (record,) = author.save(named_case())
    settle(net)
    mate.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    folder = mate.register.folder
    save_copy(folder, tmp_path / "backup")
    shutil.copytree(folder / "keys" / "scopes", tmp_path / "scope-keys")
    leave(net, "north", mate)
    net.stop(mate)
    put_back(folder, tmp_path / "backup", in_place=False)
    shutil.copytree(tmp_path / "scope-keys", folder / "keys" / "scopes", dirs_exist_ok=True)
    back = net.start(folder)
    assert name_in(back.register, record) == NAME
    (later,) = author.save(named_case())
    settle(net)
    assert name_in(back.register, record) is name_in(back.register, later) is None
    assert traces(back.register) == []
    assert list((folder / "keys" / "scopes").glob("unit-*")) == []
    sound(net)


def test_a_power_cut_after_the_ledger_came_keeps_it_due(net: Network) -> None:
    author, mate, _ = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    author.save(named_case())
    settle(net)
    scopes.remove(net.register.folder, "north", [mate.register.config.id])
    entries = net.register.store.rows("SELECT number, entry FROM ledger ORDER BY number")
    held = mate.register.store.one("SELECT count(*) FROM ledger")
    ledger.take_entries(mate.register, encode((held + 1, [entry for number, entry in entries if number > held])))
    folder = mate.register.folder
    net.stop(mate)
    back = net.start(folder)
    assert is_due(back.register.store)
    assert list((folder / "keys" / "scopes").glob("unit-*")) == []
    settle(net)
    assert traces(back.register) == []
    sound(net)


def test_what_is_dropped_while_the_files_are_written_anew_is_still_to_be_written_anew(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, other, _ = net.posts
    author.save(named_case())
    settle(net)
    scopes.set_reach(net.register.folder, ["case"], "centre")
    follow_ledger(net)
    for _ in range(6):
        net.turn()
    store = other.register.store
    assert is_due(store)
    merging = purging._merge

    def stumble(connection: sqlite3.Connection, table: str) -> None:
        merging(connection, table)
        if table == "fragment":
            with store.write() as transaction:
                note_halves_dropped(transaction, ["case"])

    with monkeypatch.context() as patched:
        patched.setattr(purging, "_merge", stumble)
        assert not purging.purge(store, other.register.folder)
    assert is_due(store)
    assert purging.purge(store, other.register.folder)
    assert not is_due(store)


def test_drafts_of_its_own_records_go_as_well_where_others_had_changed_them(net: Network) -> None:
    author, mate, _ = net.posts
    changed, own = author.save(named_case(), named_case())
    settle(net)
    mate.edit(changed, party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    drafts = Drafts.open(author.register.folder)
    for record in (changed, own):
        name = name_in(author.register, record)
        drafts.keep(Draft(new_id(), "officer", "case", record, typed={"party.1.name": str(name)}))
    drafts.close()
    say(net, ["case"], "centre")
    assert traces(author.register, [b"Newfield"]) == []
    drafts = Drafts.open(author.register.folder)
    assert [draft.record for draft in drafts.of("officer")] == [own]
    drafts.close()


def test_sticks_carry_to_each_post_what_is_for_it(net: Network, tmp_path: Path) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    for post in net.posts:
        post.carrier.up = False
    (record,) = author.save(named_case())
    mount = tmp_path / "stick"
    sticks.round_trip(net, mount)
    assert name_in(mate.register, record) == NAME
    assert name_in(other.register, record) is None
    assert other.register.get(record) is not None
    assert traces(other.register) == []
    for_the_mate = mount / "diwan" / "down" / mate.register.config.id
    for_the_other = mount / "diwan" / "down" / other.register.config.id
    assert any(path.name.startswith("f-u") for path in for_the_mate.iterdir())
    shutil.rmtree(for_the_other)
    shutil.copytree(for_the_mate, for_the_other)
    moved = sticks.come_back(other, mount)
    assert moved.taken == 0
    assert traces(other.register) == []
    scopes.remove(net.register.folder, "north", [mate.register.config.id])
    for _ in range(2):
        sticks.round_trip(net, mount)
    assert not any(path.name.startswith("f-u") for path in for_the_mate.iterdir())
    assert erasure.tidy(mate.register, NodeKeys.load(mate.register.folder))
    assert traces(mate.register) == []
    sound(net)


def test_what_an_older_stick_holds_is_not_taken(net: Network, tmp_path: Path) -> None:
    author, _, other = net.posts
    other.carrier.up = False
    (record,) = author.save(named_case())
    settle(net)
    mount = tmp_path / "stick"
    sticks.leave(other, mount)
    sticks.arrive(net, mount)
    old = tmp_path / "old"
    shutil.copytree(mount, old)
    say(net, ["case"], "centre")
    other.carrier.up = True
    other.exchange.came_up()
    settle(net)
    sticks.come_back(other, old)
    assert name_in(other.register, record) is None
    assert traces(other.register) == []
    sound(net)


def test_an_erasure_reaches_what_comes_by_a_unit(net: Network) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    record, beside = author.save(named_case(), named_case())
    mate.carrier.up = False
    settle(net)
    erasure.order(net.register, NodeKeys.load(net.register.folder), record, BOTH, "order 12/2026")
    scopes.remove(net.register.folder, "north", [mate.register.config.id])
    mate.carrier.up = True
    mate.exchange.came_up()
    settle(net)
    join(net, "north", mate)
    assert record_in(mate.register, record).values == {}
    assert name_in(mate.register, beside) == NAME
    assert name_in(other.register, beside) is None
    sound(net)


def test_a_centre_that_lost_what_was_said_gives_out_nothing_before_its_posts_have_told_it(
    net: Network, tmp_path: Path
) -> None:
    author, _, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    centre_put_back(net, tmp_path, lambda: say(net, ["case"], "centre"))
    heard = net.overhear()
    with other.register.store.write() as transaction:
        known = net.register.store.one("SELECT count(*) FROM ledger")
        transaction.execute("DELETE FROM ledger WHERE number>?", (known,))
        transaction.execute("DELETE FROM feed")
    for post in net.posts:
        post.carrier.up = post is other
    other.exchange.came_up()
    for _ in range(10):
        net.turn()
    sent = sent_to(other, heard)
    assert topics.QUESTION in sent
    assert not {topics.FEED, topics.SNAPSHOT, topics.PIECE} & sent
    for post in net.posts:
        post.carrier.up = True
        post.exchange.came_up()
    settle(net)
    assert traces(other.register) == []
    assert name_in(net.register, record) == NAME
    sound(net)


def test_a_revoked_member_reads_nothing_more_of_the_unit(net: Network) -> None:
    author, thief, mate = net.posts
    join(net, "north", author, thief, mate)
    say(net, ["case"], "unit")
    author.save(named_case())
    settle(net)
    before = {path.name for path in (net.register.folder / "keys" / "scopes").glob("unit-north.*")}
    revoke(net.register.folder, thief.register.config.id, "stolen")
    assert len({path.name for path in (net.register.folder / "keys" / "scopes").glob("unit-north.*")} - before) == 1
    heard = net.overhear()
    net.posts.remove(thief)
    (record,) = author.save(named_case())
    settle(net)
    assert name_in(mate.register, record) == NAME
    mine = thief.register.config.id
    thief.exchange.handle([(topic.replace(mate.register.config.id, mine), payload) for topic, payload in heard])
    found = thief.register.get(record)
    assert found is None or "party" not in found.values


def test_a_post_cannot_ask_for_a_scope_that_it_is_no_member_of(net: Network) -> None:
    author, _, other = net.posts
    join(net, "north", author)
    say(net, ["case"], "unit")
    author.save(named_case())
    settle(net)
    heard = net.overhear()
    with other.register.store.write() as transaction:
        transaction.execute("INSERT INTO member (node, scope) VALUES (?, 'unit-north')", (other.register.config.id,))
    other.exchange._follow_units()
    other.exchange.came_up()
    for _ in range(10):
        net.turn()
    assert "unit-north" in other.exchange.units, "it says so in its hello"
    assert not {topics.KEY, topics.FEED} & sent_to(other, heard)
    assert traces(other.register) == []


def test_rows_may_lack_a_half_only_in_a_feed_and_only_where_the_ledger_says_so(net: Network) -> None:
    author, other, _ = net.posts
    say(net, ["case"], "centre")
    (record,) = author.save(named_case())
    with author.register.store.write() as transaction:
        transaction.execute("UPDATE epoch SET own=0")
        drop(transaction, ["case"])
        transaction.execute("UPDATE epoch SET own=1 WHERE origin=?", (author.register.config.id,))
    for _ in range(20):
        net.turn()
    assert net.register.get(record) is None
    assert net.register.store.one("SELECT count(*) FROM quarantine WHERE code='erasure'") >= 1
    assert other.register.get(record) is None


def test_a_post_of_an_older_release_stands_in_the_way_until_it_is_updated(net: Network) -> None:
    with net.register.store.write() as transaction:
        transaction.execute(
            "UPDATE state SET value=3 WHERE key=?", (f"dictionary of:{net.posts[0].register.config.id}",)
        )
    with pytest.raises(scopes.BadScope, match="Post 1"):
        say(net, ["case"], "centre")
    say(net, ["case"], "all")
