"""Posts whose cards are put back, replaced or cut off get their own words again, and keep nothing of others that they
may not read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance import setup as post_setup
from diwan_central.network import scopes
from diwan_core.exchange import ledger
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import encode
from diwan_core.register import Edit
from diwan_core.register.admission.halves import drop_records, note_left_out
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.erasure.purge import is_due
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.exchange.copies import centre_put_back, put_back, save_copy
from tests.exchange.letters_kit import far, follow, node, subject_at, write
from tests.exchange.network import Network, network, sound
from tests.exchange.reach_kit import CANARY, join, leave, name_in, named_case, say, settle, traces

pytestmark = pytest.mark.slow

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3, snapshot_behind=5) as made:
        settle(made)
        yield made


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


def test_a_centre_that_hears_at_once_what_it_said_in_turn_sends_again_what_a_post_dropped_meanwhile(
    net: Network, tmp_path: Path
) -> None:
    """It had said that letters are kept, which all posts heard, and that all read them, which one did not."""
    author, addressee, other = net.posts
    follow(net)
    say(net, ["message"], "all")
    letter = write(author, for_post=node(addressee))
    settle(net)
    assert subject_at(other, letter) == f"From {CANARY}"

    def work() -> None:
        say(net, ["message"], ADDRESSED)
        assert subject_at(other, letter) is None
        other.carrier.up = False
        say(net, ["message"], "all")
        settle(net)

    centre_put_back(net, tmp_path, work)
    for post in (author, addressee, other):
        post.carrier.up = True
        post.exchange.came_up()
        settle(net)
        settle(net)
    assert "message" not in far(net)
    assert [subject_at(post, letter) for post in net.posts] == [f"From {CANARY}"] * 3
    sound(net)
