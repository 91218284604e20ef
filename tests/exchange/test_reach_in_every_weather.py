"""What is not for a post is not in its files after snapshots, sticks, copies put back, erasures and revocations either,
and what is for it comes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.network import scopes
from diwan_central.network.revocation import revoke
from diwan_core.exchange import erasure
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.register.admission.halves import drop
from diwan_core.register.drafts import Draft, Drafts, new_id
from diwan_core.register.erasure import purge as purging
from diwan_core.register.erasure.erase import BOTH, note_halves_dropped
from diwan_core.register.erasure.purge import is_due
from diwan_core.trust import NodeKeys

from tests.exchange import sticks
from tests.exchange.copies import centre_put_back, follow_ledger
from tests.exchange.network import Network, Post, network, record_in, sound
from tests.exchange.reach_kit import join, name_in, named_case, say, settle, traces

pytestmark = pytest.mark.slow

NAME = "Zephyrine Oldfield"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3, snapshot_behind=5) as made:
        settle(made)
        yield made


def sent_to(post: Post, heard: list[Message]) -> set[str]:
    """The kinds of messages among these that the centre sent to a post alone."""
    return {topics.leaf(topic) for topic, _ in heard if post.register.config.id in topic and "/up/" not in topic}


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
