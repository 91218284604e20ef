"""The unsigned form of the first releases: taken from who was never heard to sign, and shown as a finding; no more from
a node that has signed once, and by no release from a stated one on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.reopening import close, is_closed
from diwan_core.exchange.wire import peers, topics
from diwan_core.exchange.wire.messages import SignedHello, decode, encode
from diwan_core.register import Register
from diwan_core.trust import NodeKeys
from diwan_lab import forging

from tests.exchange.evil import said_hello
from tests.exchange.network import Network, Post, case, network
from tests.exchange.test_forged import NAME, PICTURE, attach, said

pytestmark = pytest.mark.slow

FORGED = hashlib.sha256(b"forged").digest()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def never_heard(register: Register, node: str) -> None:
    """As the database of an earlier release has it."""
    with register.store.write() as connection:
        connection.execute("UPDATE node SET signs=0, said=NULL, nonce=NULL WHERE id=?", (node,))


def again(net: Network, post: Post) -> Post:
    """The post's processes end and start again."""
    net.stop(post)
    return net.start(post.register.folder)


def first_form(message: Message) -> Message:
    """A hello as an earlier release would say it."""
    hello = decode(message[1], SignedHello)
    return message[0], encode(tuple(getattr(hello, name) for name in SignedHello.__struct_fields__[:10]))


def unsent(post: Post) -> int:
    return int(post.register.status()["blobs"]["unsent"])


def test_a_post_believes_an_earlier_centre_until_it_hears_it_sign(net: Network) -> None:
    post, centre = net.posts[0], net.register.config.id
    node = post.register.config.id
    never_heard(post.register, centre)
    post = again(net, post)
    attach(post)
    said(post)
    post.exchange.handle([forging.blob_receipt(node, NAME, len(PICTURE))])
    assert unsent(post) == 0, "what cannot be told from a forgery is believed"
    post.exchange.handle([forging.blob_question(node, NAME)])
    assert unsent(post) == 1
    post.exchange.handle([net.inbox.voice.wake()])
    post.exchange.handle([forging.blob_receipt(node, NAME, len(PICTURE))])
    assert unsent(post) == 1
    post = again(net, post)
    said(post)
    post.exchange.handle([forging.blob_receipt(node, NAME, len(PICTURE)), forging.wake(), forging.heads(node, 0)])
    assert unsent(post) == 1, "and it remembers"
    assert post.register.status()["refused"]["refused_unsigned"] == 4


def test_a_post_enrolled_at_a_centre_that_signs_believes_nothing_else_from_the_start(net: Network) -> None:
    post = net.add_post("Post 9")
    attach(post)
    said(post)
    post.exchange.handle([forging.blob_receipt(post.register.config.id, NAME, len(PICTURE))])
    assert unsent(post) == 1
    assert post.register.store.rows("SELECT signs FROM node WHERE role='central'") == [(1,)]


def test_the_centre_takes_unsigned_hellos_until_it_hears_the_post_sign(net: Network) -> None:
    one, two = net.posts
    node = one.register.config.id
    for _ in range(3):
        net.turn()
    never_heard(net.register, node)
    one.exchange.came_up()
    (hello,) = [message for message in said(one) if topics.leaf(message[0]) == topics.HELLO]
    net.inbox.handle([first_form(hello)])
    assert net.register.store.one("SELECT report FROM node WHERE id=?", (node,)) is not None
    assert net.register.status()["unsigned"] == [f"{node} Post 1"], "and says so"
    net.inbox.handle([hello])
    assert net.register.status()["unsigned"] == []
    net.inbox.handle([forging.hello(node, 0)])
    assert net.register.status()["refused"] == {"refused_unsigned": 1}
    assert net.register.store.one("SELECT report FROM node WHERE id=?", (node,)) != "forged"
    two.save(case())
    net.settle()
    assert net.register.status()["unsigned"] == []


def test_a_later_release_takes_it_from_nobody(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    post = net.posts[0]
    never_heard(net.register, post.register.config.id)
    never_heard(post.register, net.register.config.id)
    monkeypatch.setattr(peers, "SIGNED_ONLY_FROM", (0, 0, 1))
    post = again(net, post)
    attach(post)
    said(post)
    post.exchange.handle([forging.blob_receipt(post.register.config.id, NAME, len(PICTURE)), forging.wake()])
    assert unsent(post) == 1
    net.inbox.handle([forging.hello(post.register.config.id, 0)])
    assert net.register.status()["refused"] == {"refused_unsigned": 1}
    net.settle()
    assert net.register.blob_path(NAME.hex()) is not None


def test_it_never_counts_for_opening_a_centre_that_was_put_back(net: Network) -> None:
    close(net.register.store)
    for post in net.posts:
        never_heard(net.register, post.register.config.id)
        net.inbox.handle([forging.hello(post.register.config.id, 0)])
    assert is_closed(net.register.store.connection)


def test_a_hello_that_is_not_later_than_the_last_one_is_asked_for_again(net: Network) -> None:
    """A post whose clock was put back, or that begins in 1970, is heard all the same."""
    post = net.posts[0]
    ahead = said_hello(NodeKeys.load(post.register.folder), post.register.config.id, net, time=2**45)
    net.inbox.handle([(topics.up(post.register.config.id, topics.HELLO), ahead)])
    post.exchange.came_up()
    post.save(case())
    net.settle()
    assert net.register.store.one("SELECT said FROM node WHERE id=?", (post.register.config.id,)) > 2**45
