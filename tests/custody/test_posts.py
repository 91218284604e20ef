"""Every post knows who the custodians are, and judges by itself whether those before agreed to others."""

from __future__ import annotations

from pathlib import Path

from diwan_core.custody import carrying_out
from diwan_core.exchange import ledger as ledgers
from diwan_core.register import Register
from diwan_core.trust import NodeKeys
from diwan_core.trust.custodians.custodian_key import read_public, sign_act
from diwan_core.trust.network.custodian_acts import SignedAct, about_change
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import CustodiansFact

from tests.custody.kit import PASSWORD, Person
from tests.custody.test_naming import forged
from tests.exchange.network import Network, network

Three = tuple[Person, Person, Person]


def test_a_post_learns_who_they_are_and_a_change_that_two_agreed_to(tmp_path: Path, three: Three) -> None:
    people = [read_public(one.public) for one in three]
    with network(tmp_path, posts=2) as net:
        record(net, CustodiansFact(tuple(people)))
        level(net)
        for post in net.posts:
            assert known(post.register).custodians == tuple(people)
        act = tmp_path / "change.act"
        carrying_out.ask(known(net.register), "custodians.change", about_change(people[:2]), act)
        for one in three[1:]:
            act.write_bytes(sign_act(SignedAct.read(act.read_bytes()), one.key, PASSWORD).encoded())
        record(net, CustodiansFact(tuple(people[:2]), SignedAct.read(act.read_bytes())))
        level(net)
        for post in net.posts:
            assert known(post.register).custodians == tuple(people[:2])
            assert not known(post.register).doubted


def test_a_centre_in_wrong_hands_changes_nothing_at_the_posts_and_they_say_so(tmp_path: Path, three: Three) -> None:
    """Whoever has the centre's keys writes into its ledger what the product would refuse; posts take and doubt it."""
    people = [read_public(one.public) for one in three]
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        record(net, CustodiansFact(tuple(people)))
        level(net)
        before = known(net.register)
        raw = forged(before, CustodiansFact(tuple(people[:1])), NodeKeys.load(net.register.folder))
        with net.register.store.write() as connection:
            connection.execute("INSERT INTO ledger (number, entry) VALUES (?, ?)", (before.length + 1, raw))
        net.register.wake(b"ledger")
        level(net)
        held = known(post.register)
        assert held.custodians == tuple(people)
        assert held.length == before.length + 1, "the ledger goes on"
        assert "did not agree" in held.doubted[held.length]


def known(register: Register) -> Ledger:
    return ledgers.load(register)


def level(net: Network) -> None:
    """Turn until every post has the centre's whole ledger."""
    net.ingest_carrier.publish(*net.inbox.voice.wake())  # as the centre does when its ledger grew
    for _ in range(600):
        net.turn()
        if all(known(post.register).length == known(net.register).length for post in net.posts):
            return
    raise AssertionError("a post did not get the ledger")


def record(net: Network, fact: CustodiansFact) -> None:
    ledgers.record(net.register, NodeKeys.load(net.register.folder), [fact])
