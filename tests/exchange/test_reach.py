"""How far what names people travels: what is not for all posts is in no file of those it is not for."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.network import scopes
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import lines, read_header, unpack
from diwan_core.register import Edit
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.trust import NodeKeys, ScopeKeyring
from msgspec import msgpack

from tests.exchange.copies import follow_ledger
from tests.exchange.network import Network, Post, network, record_in, sound
from tests.exchange.reach_kit import CANARY, join, leave, name_in, named_case, say, settle, traces
from tests.exchange.sticks import PICTURE

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        settle(made)
        yield made


def test_what_is_for_the_centre_only_is_in_no_file_of_another_post(net: Network) -> None:
    author, *others = net.posts
    say(net, ["case"], "centre")
    (record,) = author.save(named_case())
    settle(net)
    assert name_in(net.register, record) == name_in(author.register, record) == "Zephyrine Oldfield"
    for post in others:
        assert traces(post.register) == []
        assert "goods" in record_in(post.register, record).values
        assert name_in(post.register, record) is None
        assert post.register.search(CANARY) == []
    sound(net)


def test_what_is_for_the_unit_comes_to_its_posts_alone(net: Network) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    (record,) = author.save(named_case())
    settle(net)
    assert name_in(mate.register, record) == "Zephyrine Oldfield"
    assert [found.id for found in mate.register.search(CANARY)] == [record]
    assert traces(other.register) == []
    mate.edit(record, party={"1": {"name": "Zephyrine Newfield"}})
    settle(net)
    assert name_in(author.register, record) == name_in(net.register, record) == "Zephyrine Newfield"
    assert traces(other.register) == []
    sound(net)


def opened(net: Network, published: list[tuple[str, bytes]]) -> dict[str, bytes]:
    """All lines of feeds and snapshots among these messages, by the scope or the node whose key opens them."""
    keyring = ScopeKeyring(net.register.folder)
    posts = {post.register.config.id: NodeKeys.load(post.register.folder) for post in net.posts}
    found: dict[str, bytes] = {}
    for topic, payload in published:
        if not (topics.is_feed(topic) or ("/node/" in topic and topics.leaf(topic) == topics.SNAPSHOT)):
            continue
        head, start = read_header(payload)
        reader = topic.split("/")[3] if head.key is None else head.scope
        key = posts[reader] if head.key is None else keyring.get(head.scope, head.key)
        assert key is not None
        body = msgpack.decode(unpack(payload, start, key))[4]
        found[reader] = found.get(reader, b"") + lines(body, head)
    return found


def test_on_the_wire_names_are_sealed_to_nobody_else(tmp_path: Path) -> None:
    with network(tmp_path, posts=3, snapshot_behind=2) as net:
        author, mate, other = net.posts
        settle(net)
        join(net, "north", author, mate)
        say(net, ["case"], "unit")
        published = net.overhear()
        for _ in range(3):
            author.save(named_case())
            settle(net)
        late = net.add_post("Late")
        settle(net)
        assert late.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
        found = opened(net, published)
        assert CANARY.encode() not in found["national"] and b"tobacco" in found["national"]
        assert found["unit-north"].count(CANARY.encode()) == 3
        assert {scope for post in (other, late) for scope in ScopeKeyring(post.register.folder).scopes()} == {
            "national"
        }


@pytest.mark.parametrize(("first", "then", "scope"), [("all", "unit", "national"), ("unit", "centre", "unit-north")])
def test_who_joins_after_it_was_narrowed_gets_no_key_of_what_was_sealed_before(
    net: Network, first: str, then: str, scope: str
) -> None:
    author, mate, _ = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], first)
    published = net.overhear()
    (record,) = author.save(named_case())
    settle(net)
    heads = [
        read_header(payload)[0]
        for topic, payload in published
        if topics.is_feed(topic) or topics.leaf(topic) == topics.FEED
    ]
    keys = {head.key for head in heads if head.scope == scope and head.key is not None}
    assert keys
    say(net, ["case"], then)
    late = net.add_post("Late")
    settle(net)
    join(net, "north", late)
    assert late.register.get(record) is not None
    keyring = ScopeKeyring(late.register.folder)
    assert scope in keyring.scopes()
    assert [key for key in keys if keyring.get(scope, key) is not None] == []
    sound(net)


def test_what_was_sent_before_goes_and_comes_back(net: Network) -> None:
    author, mate, other = net.posts
    (record,) = author.save(named_case())
    settle(net)
    assert name_in(other.register, record) == "Zephyrine Oldfield"
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    assert traces(other.register) == []
    assert name_in(mate.register, record) == "Zephyrine Oldfield"
    sound(net)
    say(net, ["case"], "centre")
    assert traces(other.register) == traces(mate.register) == []
    assert name_in(author.register, record) == "Zephyrine Oldfield"
    sound(net)
    say(net, ["case"], "all")
    assert name_in(other.register, record) == name_in(mate.register, record) == "Zephyrine Oldfield"
    sound(net)


def test_pictures_travel_as_far_as_what_names_people_in_their_records(net: Network) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    (record,) = author.save(named_case())
    author.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    name = hashlib.sha256(PICTURE).hexdigest()
    for post in (mate, other):
        look_at(net, post, name)
        assert post.register.blob_path(name) is not None
    say(net, ["attachment"], "unit")
    assert author.register.blob_path(name) is not None
    for post in (mate, other):
        assert post.register.blob_path(name) is None
        look_at(net, post, name)
    assert mate.register.blob_path(name) is not None
    assert other.register.blob_path(name) is None
    with net.register.store.read() as transaction:
        may_fetch = MayFetch(transaction, other.register.config.id)
        assert not may_fetch(name)
        assert not may_fetch("0" * 64), "no record names it"
    values = {"subject": record, "sha256": name, "size": len(PICTURE), "media_type": "image/png", "kind": "photo"}
    other.register.save([Edit("attachment", values)], author="somebody who saw its hash")
    other.exchange.woken()
    settle(net)
    look_at(net, other, name)
    assert traces(other.register, [PICTURE[100:200]]) == []
    say(net, ["attachment"], "all")
    look_at(net, other, name)
    assert other.register.blob_path(name) is not None
    sound(net)


@pytest.mark.parametrize("by", ["an older record of its own", "the first record"])
def test_who_changes_what_a_record_names_gains_nothing(net: Network, by: str) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    say(net, ["attachment"], "unit")
    (record,) = author.save(named_case())
    nothing = hashlib.sha256(b"nothing").hexdigest()
    values = {"subject": record, "sha256": nothing, "size": 7, "media_type": "image/png", "kind": "photo"}
    older = other.register.save([Edit("attachment", values)], author="it waits for a hash").records[0]
    other.exchange.woken()
    settle(net)
    author.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    name = hashlib.sha256(PICTURE).hexdigest()
    (first,) = [
        found for (found,) in other.register.store.rows(
            "SELECT r.id FROM record_attachment t JOIN record r ON r.no=t.no WHERE t.sha256=?", (name,)
        )
    ]  # fmt: skip
    if by == "the first record":
        other.register.save([Edit("attachment", {"sha256": nothing}, record=first)], author="it hides who was first")
        other.register.save([Edit("attachment", {**values, "sha256": name})], author="it is the first now")
    else:
        other.register.save([Edit("attachment", {"sha256": name}, record=older)], author="it was there before")
    other.exchange.woken()
    settle(net)
    look_at(net, other, name)
    assert other.register.blob_path(name) is None
    assert traces(other.register, [PICTURE[100:200]]) == []
    look_at(net, mate, name)
    assert mate.register.blob_path(name) is not None


def test_an_edition_of_a_code_list_is_for_all(net: Network) -> None:
    say(net, ["attachment"], "centre")
    name = hashlib.sha256(b"codes").hexdigest()
    values = {
        "code_list": "locode", "edition": "2026-1", "valid_from": "2026-01-01", "entries": 1, "sha256": name, "size": 5
    }  # fmt: skip
    net.register.save([Edit("code_edition", values)], author="centre")
    with net.register.store.read() as transaction:
        assert MayFetch(transaction, net.posts[0].register.config.id)(name)


def test_a_picture_that_came_again_before_the_files_were_written_anew_stays(net: Network) -> None:
    author, mate, _ = net.posts
    join(net, "north", author, mate)
    (record,) = author.save(named_case())
    author.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    author.exchange.woken()
    settle(net)
    name = hashlib.sha256(PICTURE).hexdigest()
    look_at(net, mate, name)
    scopes.set_reach(net.register.folder, ["attachment"], "unit")
    follow_ledger(net)
    for _ in range(6):
        net.turn()
    assert mate.register.store.one("SELECT count(*) FROM blob") == 0
    look_at(net, mate, name)
    path = mate.register.blob_path(name)
    assert path is not None and path.read_bytes() == PICTURE
    sound(net)


def look_at(net: Network, post: Post, name: str) -> None:
    """Somebody at a post wants to see a picture."""
    post.register.want_blob(name)
    post.exchange.woken()
    post.exchange.came_up()
    settle(net)


def test_who_leaves_a_unit_keeps_only_what_it_wrote(net: Network) -> None:
    author, mate, other = net.posts
    join(net, "north", author, mate)
    say(net, ["case"], "unit")
    (record,) = author.save(named_case())
    settle(net)
    leave(net, "north", mate)
    assert traces(mate.register) == []
    assert mate.exchange._keyring.scopes() == {"national"}
    (later,) = author.save(named_case())
    settle(net)
    assert traces(mate.register) == traces(other.register) == []
    join(net, "north", mate)
    assert name_in(mate.register, record) == name_in(mate.register, later) == "Zephyrine Oldfield"
    sound(net)
