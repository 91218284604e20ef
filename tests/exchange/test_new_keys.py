"""A post that comes back with new keys brings what the old ones signed, whatever happens meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_appliance.setup import enrol, rekey
from diwan_central.network.revocation import revoke
from diwan_core.node import NodeError

from tests.exchange.copies import alike, follow_ledger, put_back, save_copy, write_on
from tests.exchange.network import Network, Post, network

pytestmark = pytest.mark.slow


def test_a_post_with_new_keys_can_bring_again_what_its_old_ones_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        records = write_on(first, range(2)) + write_on(second, range(2))
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += write_on(first, range(3, 6))
        net.settle()
        monkeypatch.setenv("DIWAN_BOOT_ID", "after a visit of the technician")
        first = with_new_keys(net, first)
        records += write_on(first, range(7, 9))
        net.settle()
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        net.restart_centre()
        for _ in range(10):
            net.turn()
        follow_ledger(net)
        net.settle(600)
        alike(net, records)
        assert net.register.status()["received"]["quarantined"] == 0
        assert net.register.store.one("SELECT count(*) FROM quarantine") == 0


def with_new_keys(net: Network, post: Post) -> Post:
    """A post is revoked, and comes back as a technician brings it back."""
    folder = post.register.folder
    revoke(net.register.folder, post.register.config.id, "the card was out of sight")
    net.stop(post)
    rekey(folder)
    net.enrol(folder)
    follow_ledger(net)
    return net.start(folder)


def test_a_power_cut_while_new_keys_are_made_leaves_nothing_that_cannot_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        folder = post.register.folder
        net.settle()
        post.carrier.up = False
        records = write_on(post, range(2))
        revoke(net.register.folder, post.register.config.id, "stolen")
        net.stop(post)
        for step in ("NodeKeys.create", "sign_again"):
            with monkeypatch.context() as broken:
                broken.setattr(f"diwan_appliance.setup.{step}", power_cut)
                with pytest.raises(OSError, match="power"):
                    rekey(folder)
            with pytest.raises(NodeError, match="rekey"):
                enrol(folder, "http://centre.test", "AAAA")
        rekey(folder)
        net.enrol(folder)
        net.start(folder)
        net.settle()
        alike(net, records)


def power_cut(*_: object) -> None:
    raise OSError("the power is gone")
