"""Revoked keys and cloned cards: cut off, nothing lost, the others go on with a new key."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from diwan_appliance import setup as post_setup
from diwan_central import setup
from diwan_central.network import central_enrolment
from diwan_central.network.revocation import NotANodeOfOurs, revoke
from diwan_central.setup import broker_folder, scope_key, write_broker
from diwan_core.broker import ACCESS
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre.central_stick import import_from_stick
from diwan_core.exchange.post.post_stick import export_to_stick
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow


def cut_off(net: Network, post: Post) -> None:
    """Revoke a post as the command does; relay and members learn of it."""
    revoke(net.register.folder, post.register.config.id, "stolen")
    renew(net)


def renew(net: Network) -> None:
    assert net.relay.ledger_grew()
    for topic, payload in net.relay.renew(scope_key(net.register.folder, ledger.load(net.register))):
        net.relay_carrier.publish(topic, payload)


def test_what_a_revoked_post_sends_is_quarantined_and_the_others_go_on_under_a_new_key(tmp_path: Path) -> None:
    with network(tmp_path, posts=3) as net:
        thief, *honest = net.posts
        thief.save(case(place="Before"))
        net.settle()
        cut_off(net, thief)
        thief.save(case(place="After"))
        thief.exchange.came_up()
        for _ in range(5):
            net.turn()
        assert net.register.count("case") == 1
        assert net.register.store.one("SELECT count(*) FROM quarantine WHERE code='revoked'") >= 1
        net.posts.remove(thief)
        (record,) = honest[0].save(case(place="Among ourselves"))
        net.settle()
        assert honest[1].register.get(record) is not None
        for topic in ("f", "k"):
            thief.exchange.handle([(f"diwan/1/node/{thief.register.config.id}/{topic}", b"")])
        thief.exchange.handle(thief.carrier.poll(0))
        assert thief.register.get(record) is None, "it hears the parcels and cannot open them"
        with pytest.raises(NotANodeOfOurs):
            revoke(net.register.folder, thief.register.config.id, "again")


def test_an_enrolment_that_was_slower_does_not_let_a_revoked_post_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=1) as net:
        centre, thief = net.register.folder, net.posts[0].register.config.id
        written = setup.write_access

        def slow(*arguments: Any) -> None:
            monkeypatch.setattr(central_enrolment, "write_access", written)
            revoke(centre, thief, "stolen while another post was enrolled")
            written(*arguments)

        monkeypatch.setattr(central_enrolment, "write_access", slow)
        late = net.add_post("Post 2").register.config.id
        allowed = (broker_folder(centre) / ACCESS).read_text()
        assert f"user {late}" in allowed
        assert f"user {thief}" not in allowed


def test_a_post_is_revoked_though_the_broker_s_folder_is_gone(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        shutil.rmtree(broker_folder(net.register.folder))
        one, other = (post.register.config.id for post in net.posts)
        revoke(net.register.folder, one, "stolen with the broker")
        assert f"user {other}" in (write_broker(net.register.folder).parent / ACCESS).read_text()
        assert f"user {one}" not in (broker_folder(net.register.folder) / ACCESS).read_text()


def test_a_card_that_was_copied_before_its_first_row_shows_itself(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        card = net.posts[0]
        folder = card.register.folder
        net.stop(card)
        shutil.copytree(folder, tmp_path / "clone", ignore=shutil.ignore_patterns("*.sock"))
        one, two = net.start(folder), net.start(tmp_path / "clone")
        two.carrier.up = False
        records = one.save(case(time="09:00")) + two.save(case(time="09:10"))
        net.settle()
        two.carrier.up = True
        two.exchange.came_up()
        for _ in range(4):
            net.turn()
        assert net.inbox.clones == [], "one that was put back before its first row looks so"
        records += one.save(case(time="09:20"))
        one.exchange.outbox.load(one.register.store.connection)
        for _ in range(4):
            net.turn()
        assert net.inbox.clones == [one.register.config.id]
        assert all(net.register.get(record) is not None for record in records), "what both wrote is kept"


def test_a_cloned_card_shows_itself_both_branches_are_kept_and_one_comes_back_with_new_keys(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        card, other = net.posts
        records = card.save(case(time="08:00"))
        net.settle()
        folder = card.register.folder
        net.stop(card)
        shutil.copytree(folder, tmp_path / "clone", ignore=shutil.ignore_patterns("*.sock"))
        one, two = net.start(folder), net.start(tmp_path / "clone")
        records += one.save(case(time="09:00"))
        net.settle()
        records += two.save(case(time="09:10"))
        net.settle()
        assert net.inbox.clones == []
        records += one.save(case(time="09:20"))
        one.exchange.outbox.load(one.register.store.connection)
        for _ in range(4):
            net.turn()
        assert net.inbox.clones == [one.register.config.id]
        one.carrier.up = False
        records += two.save(case(time="09:30"))
        for _ in range(4):
            net.turn()
        assert all(net.register.get(record) is not None for record in records), "both branches' changes are kept"

        revoke(net.register.folder, net.inbox.clones.pop(), "cloned")
        renew(net)
        late = one.save(case(time="10:00"))
        for _ in range(4):
            net.turn()
        assert net.register.get(late[0]) is None
        assert one.register.get(late[0]) is not None, "officers keep working meanwhile"
        net.stop(two)
        net.stop(one)
        post_setup.rekey(folder)
        net.enrol(folder)
        back = net.start(folder)
        net.settle(400)
        records += late
        for register in (net.register, back.register, other.register):
            assert all(register.get(record) is not None for record in records)
        assert net.inbox.clones == [], "the branches of the old keys are settled"
        before = net.register.store.one("SELECT count(*) FROM quarantine")
        mirror = Stick(tmp_path / "mirror")
        mirror.mount.mkdir()
        export_to_stick(back.register, NodeKeys.load(folder), mirror, mirror=True)
        import_from_stick(net.register, NodeKeys.load(net.register.folder), mirror)
        assert net.register.store.one("SELECT count(*) FROM quarantine") == before, "its mirror is in today's keys"
