"""A broker in hostile hands changes nothing of what a node believes: not with messages of its own making, nor with true
ones altered, readdressed, or sent again."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from diwan_central import setup
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.reopening import is_closed
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import decode, encode
from diwan_core.exchange.wire.parcel import SignedFeed, pack, read_header, unpack
from diwan_core.exchange.wire.peers import takes_unsigned
from diwan_core.exchange.wire.signed import DOMAINS, NAMES
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring
from diwan_core.trust.network.ledger_facts import ScopeKeyFact
from diwan_lab import forging

from tests.exchange import beliefs
from tests.exchange.copies import centre_put_back
from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

PICTURE = b"\x89PNG" + bytes(range(256)) * 1000
NAME = hashlib.sha256(PICTURE).digest()
STRANGER = Ed25519PrivateKey.generate()
KEYS = [None, STRANGER]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        made.settle()
        for _ in range(5):  # everybody has heard everybody sign
            made.turn()
        yield made


def take(net: Network, message: Message) -> None:
    """What the broker hands on, to all who listen to its topic."""
    topic, _ = message
    for post in net.posts:
        if post.carrier.wants(topic):
            post.exchange.handle([message])
    if net.ingest_carrier.wants(topic):
        net.inbox.handle([message])
    if net.relay_carrier.wants(topic):
        list(net.relay.handle([message]))


def attach(post: Post) -> str:
    (record,) = post.save(case())
    post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    post.exchange.woken()
    return record


def said(post: Post) -> list[Message]:
    """What a post says now, to be kept from the centre or not."""
    return list(post.exchange.outgoing())


# -- the three attacks of a review ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_a_forged_receipt_does_not_keep_a_picture_from_being_sent(net: Network, key: Any) -> None:
    post = net.posts[0]
    attach(post)
    said(post)  # offered, and lost on the way
    take(net, forging.blob_receipt(post.register.config.id, NAME, len(PICTURE), key))
    assert post.register.status()["blobs"]["unsent"] == 1
    post.exchange.came_up()
    net.settle()
    assert net.register.blob_path(NAME.hex()) is not None


@pytest.mark.parametrize("key", KEYS)
def test_forged_hellos_do_not_open_a_centre_that_was_put_back(net: Network, tmp_path: Path, key: Any) -> None:
    centre_put_back(net, tmp_path)
    for post in net.posts:
        for closing in (b"", bytes(16)):
            take(net, forging.hello(post.register.config.id, 0, key, closing))
    assert is_closed(net.register.store.connection)
    for post in net.posts[:2]:
        post.exchange.came_up()
    for _ in range(6):
        net.turn()
    assert not is_closed(net.register.store.connection), "those of the posts do"


@pytest.mark.parametrize("key", KEYS)
def test_forged_places_of_a_scope_do_not_have_its_feed_joined_anew(net: Network, key: Any) -> None:
    post = net.posts[0]
    net.posts[1].save(case(), case())
    net.settle()
    place = post.exchange.feed.cursor(post.register.store.connection)
    assert place[0] > 0
    for head in (0, place[0] - 1, 2**40):
        take(net, forging.heads(post.register.config.id, head, key))
        take(net, forging.heads(None, head, key))
        assert post.exchange.feed.cursor(post.register.store.connection) == place
    assert not any(topics.leaf(topic) == topics.HELLO for topic, _ in said(post))


@pytest.mark.parametrize("key", KEYS)
def test_a_forged_place_in_a_log_of_reads_is_refused_and_moves_nothing(net: Network, key: Any) -> None:
    post = net.posts[0]
    before = beliefs.of_post(post)
    take(net, forging.log_standing(post.register.config.id, 2**40, key))
    assert beliefs.of_post(post) == before


def test_every_kind_of_signed_message_has_a_name_by_which_it_is_refused() -> None:
    assert set(NAMES) == set(DOMAINS)


# -- all that a broker can make ---------------------------------------------------------------------------------------


def test_nothing_made_of_messages_that_passed_changes_what_anybody_believes(net: Network, tmp_path: Path) -> None:
    kept = forging.Kept(net.overhear())
    one, two, three = net.posts
    attach(one)
    three.carrier.up = False
    two.save(case(), case())
    net.settle()
    three.carrier.up = True
    three.exchange.came_up()
    net.settle()
    revoked_nobody(net)
    one.exchange.came_up()
    net.settle()
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(5):
        net.turn()
    nodes = {register.config.id: b"" for register in net.registers()}
    leaves = {topics.leaf(topic) if "/scope/" not in topic else "scope" for topic, _ in kept.messages}
    assert leaves >= {*"pbhlrcfkaw", "scope"}, leaves
    before = [beliefs.of_post(post) for post in net.posts], beliefs.of_centre(net)
    made = list(all_that_can_be_made(kept.messages, nodes))
    assert len(made) > 700
    for what, message in made:
        take(net, message)
        for at, post in enumerate(net.posts):
            assert beliefs.of_post(post) == before[0][at], (what, message[0], post.register.config.id)
        assert beliefs.of_centre(net) == before[1], (what, message[0])
    two.save(case(place="After all that"))
    net.settle()
    assert net.register.count("case") == 4


def all_that_can_be_made(messages: Sequence[Message], nodes: dict[str, bytes]) -> Iterator[tuple[str, Message]]:
    """Every message again, and everything that can be made of some of each kind."""
    seen: dict[str, int] = {}
    for message in messages:
        yield "sent again", message
        kind = "/".join(level for level in message[0].split("/") if level not in nodes)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 3:
            yield from forging.altered(message, nodes)
            if kind.endswith("node/c"):
                yield "unsigned", (message[0], encode(decode(message[1], list)[:4]))


def revoked_nobody(net: Network) -> None:
    """Another fact of the ledger, so that it and the scope's key are sent."""
    key = ScopeKey.create(NATIONAL)
    folder = net.register.folder
    ScopeKeyring(folder).add(key)
    ledger.record(net.register, NodeKeys.load(folder), [ScopeKeyFact(NATIONAL, key.id, key.public)])
    for message in net.relay.renew(setup.scope_key(folder, ledger.load(net.register))):
        net.relay_carrier.publish(*message)


# -- true messages of another day -------------------------------------------------------------------------------------


def test_hellos_of_another_day_do_not_open_a_centre_that_was_put_back(net: Network, tmp_path: Path) -> None:
    kept = forging.Kept(net.overhear())
    for post in net.posts:
        post.exchange.came_up()
    net.settle()
    for _ in range(3):
        net.turn()
    centre_put_back(net, tmp_path)  # and opened once
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(8):
        net.turn()
    assert not is_closed(net.register.store.connection)
    for post in net.posts:
        post.carrier.up = False
    hellos = [message for post in net.posts for message in kept.of("h", post.register.config.id)]
    assert len(hellos) >= 9
    (tmp_path / "again").mkdir()
    centre_put_back(net, tmp_path / "again")
    for message in (*hellos, *reversed(hellos)):
        take(net, message)
    assert is_closed(net.register.store.connection)


def test_a_receipt_for_a_picture_from_before_the_centre_was_put_back_is_not_believed_again(
    net: Network, tmp_path: Path
) -> None:
    kept = forging.Kept(net.overhear())
    one = net.posts[0]
    folder = net.register.folder
    (record,) = one.save(case())
    net.settle()

    def arrives() -> None:
        one.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
        one.exchange.woken()
        net.settle()

    shutil.copytree(folder / "blobs", tmp_path / "blobs")
    centre_put_back(net, tmp_path, arrives)
    shutil.copytree(tmp_path / "blobs", folder / "blobs", dirs_exist_ok=True)
    receipts = kept.of("c", one.register.config.id)
    assert any(decode(payload, list)[3] for _, payload in receipts), "it had arrived"
    for _ in range(40):
        for message in receipts:
            one.exchange.handle([message])
        net.turn()
        if net.register.blob_path(NAME.hex()) is not None:
            break
    assert net.register.blob_path(NAME.hex()) is not None, "sent again, though it was said to be there"


def test_a_place_of_a_scope_told_once_is_not_believed_again(net: Network, tmp_path: Path) -> None:
    kept = forging.Kept(net.overhear())
    one, two, _ = net.posts

    def saved() -> None:
        two.save(case())
        net.settle()

    centre_put_back(net, tmp_path, saved)
    for post in net.posts:
        post.exchange.came_up()
    net.settle(600)
    told = kept.of("a", one.register.config.id)
    assert told, "its numbers were not the centre's any more"
    place = one.exchange.feed.cursor(one.register.store.connection)
    one.clock.now += 1000.0
    for message in told:
        take(net, message)
    assert one.exchange.feed.cursor(one.register.store.connection) == place


def test_rows_told_to_be_lost_once_are_not_taken_for_lost_again(net: Network) -> None:
    kept = forging.Kept(net.overhear())
    one = net.posts[0]
    node = one.register.config.id
    one.save(case())
    net.settle()
    epoch = one.register.store.one("SELECT id FROM epoch WHERE own=1")
    old = [payload for _, payload in kept.of("r", node)]
    one.save(case(), case())
    net.settle()
    for wake in (forging.wake(), forging.wake(STRANGER)):
        take(net, wake)
        for message in [forging.rows_are_gone(node, epoch), *(forging.rows_are_gone(node, epoch, it) for it in old)]:
            take(net, message)
        one.exchange.flush(force=True)
        assert one.register.status()["journal"]["unsent"] == 0


def test_numbers_that_a_receipt_does_not_vouch_for_do_not_move_a_place(net: Network) -> None:
    kept = forging.Kept(net.overhear())
    one = net.posts[0]
    one.save(case())
    net.settle()
    place = one.exchange.feed.cursor(one.register.store.connection)
    for _, payload in kept.of("r", one.register.config.id):
        for number in (place[0] + 1, place[0] + 2, 2**40):
            take(net, forging.rows_are_numbered(one.register.config.id, payload, number))
            one.exchange.flush(force=True)
            assert one.exchange.feed.cursor(one.register.store.connection) == place
            assert one.exchange.following.own_runs == []


def test_rows_of_a_feed_that_another_member_made_are_not_taken(net: Network) -> None:
    """A member has the scope's key, so it can open a parcel, change what no row is, and seal it again."""
    kept = forging.Kept(net.overhear())
    one, two, _ = net.posts
    one.carrier.up = False
    two.save(case())
    net.settle()
    (message,) = [message for message in kept.messages if "/scope/" in message[0]][-1:]
    head, start = read_header(message[1])
    key = two.exchange._keyring.get("national", head.key or b"")
    assert key is not None
    content = decode(unpack(message[1], start, key), SignedFeed)
    for name, value in {"more": True, "role": "central", "origin": bytes(8), "feed": bytes(32)}.items():
        if name in ("more", "feed"):
            changed = msgspec.structs.replace(content, **{name: value})
        else:
            runs = [msgspec.structs.replace(run, **{name: value}) for run in content.runs]
            changed = msgspec.structs.replace(content, runs=runs)
        before = beliefs.of_post(one)
        one.exchange.handle([(message[0], pack(head, encode(changed), key.public))])
        assert beliefs.of_post(one) == before, name
    one.exchange.handle([message])
    assert beliefs.of_post(one) != before


def test_a_key_that_the_ledger_does_not_announce_is_not_kept(net: Network) -> None:
    post = net.posts[0]
    key = ScopeKey.create("national")
    (sealing,) = net.register.store.rows("SELECT sealing_key FROM node WHERE id=?", (post.register.config.id,))[0]
    before = beliefs.of_post(post)
    message = encode(("national", key.id, key.sealed_to(sealing)))
    post.exchange.handle([(topics.down(post.register.config.id, topics.KEY), message)])
    assert beliefs.of_post(post) == before


@pytest.mark.parametrize(
    ("release", "taken"), [("0.1.0", True), ("0.1.9", True), ("0.2.0", False), ("0.2.0rc1", False), ("1.0", False)]
)
def test_from_a_stated_release_on_nobody_takes_the_unsigned_form(release: str, taken: bool) -> None:
    assert takes_unsigned(release) is taken
