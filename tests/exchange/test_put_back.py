"""A post's database put back from an older copy: nothing acknowledged is lost, nothing is numbered twice."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.centre.feed_out import FeedOut
from diwan_core.exchange.reopening import close
from diwan_core.register import Register
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.trust import NodeKeys

from tests.exchange.copies import alike, put_back, save_copy, write_on
from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("in_place", [True, False])
def test_a_post_put_back_gets_its_own_lost_rows_again_and_goes_on(tmp_path: Path, in_place: bool) -> None:
    with network(tmp_path, posts=2) as net:
        post, other = net.posts
        records = post.save(case(time="08:00"))
        net.settle()
        folder = post.register.folder
        post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += post.save(case(time="09:00"), case(time="09:30"))
        post.edit(records[0], place="After the backup")
        records += other.save(case(time="09:45"))
        net.settle()
        lost = post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1")
        net.stop(post)
        put_back(folder, tmp_path / "backup", in_place=in_place)
        back = net.start(folder)
        records += back.save(case(time="10:00"))
        net.settle(400)
        alike(net, records)
        epochs = dict(back.register.store.rows("SELECT id, seq FROM epoch WHERE own=1"))
        assert len(epochs) == 2
        assert epochs[lost[0][0]] == lost[0][1], "the lost tail was replayed"
        received = net.register.status()["received"]
        assert received["quarantined"] == received["waiting"] == 0


def test_own_rows_that_come_again_say_nothing_of_those_written_after_them(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        write_on(post, range(2))
        net.settle()
        stored = post.register.store.one("SELECT stored FROM epoch WHERE own=1")
        write_on(post, range(2, 4))
        with post.register.store.write() as connection:
            connection.execute("DELETE FROM feed")
        whole = FeedOut(NATIONAL, net.register.config.id, NodeKeys.load(net.register.folder), *scope_of(net)).page(
            net.register.store.connection, post.register.config.id, 0, whole=True
        )
        post.exchange.handle(list(whole))
        assert post.register.store.one("SELECT stored FROM epoch WHERE own=1") == stored, (
            "the others are still to be sent"
        )


def scope_of(net: Network) -> tuple[bytes, bytes]:
    key = scope_key(net.register.folder, ledger.load(net.register))
    return key.id, key.public


def booted(net: Network, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Post:
    """A post started after its machine was."""
    monkeypatch.setenv("DIWAN_BOOT_ID", str(uuid4()))
    return net.start(folder)


def test_an_epoch_that_comes_back_from_the_centre_is_not_the_branch_a_post_put_back_goes_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network(tmp_path, posts=2) as net:
        post = net.posts[0]
        folder = post.register.folder
        records = write_on(post, range(2))
        net.settle()
        post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        net.stop(post)
        post = booted(net, monkeypatch, folder)
        records += write_on(post, range(2, 4))
        net.settle()
        lost = post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1 ORDER BY no DESC")[0]
        net.stop(post)
        put_back(folder, tmp_path / "backup", in_place=False)
        post = booted(net, monkeypatch, folder)
        records += write_on(post, range(4, 6))
        net.settle(400)
        assert lost in post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1"), "the lost epoch came again"
        written = post.register.store.one(
            "SELECT id FROM epoch WHERE no=(SELECT value FROM state WHERE key='own_epoch')"
        )
        net.stop(post)
        post = booted(net, monkeypatch, folder)
        records += write_on(post, range(6, 8))
        net.settle(400)
        parents = dict(post.register.store.rows("SELECT parent, id FROM epoch WHERE own=1"))
        assert written in parents, "the next boot goes on from the branch that was being written"
        assert net.inbox.clones == []
        alike(net, records)


def test_both_branches_of_a_post_put_back_come_again_to_a_centre_put_back_and_are_no_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(register: Register, name: str) -> None:
        register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(register.folder, tmp_path / name)

    with network(tmp_path, posts=2) as net:
        post = net.posts[0]
        folder, centre = post.register.folder, net.register.folder
        records = write_on(post, range(2))
        net.settle()
        copied(post.register, "post")
        copied(net.register, "centre")
        net.stop(post)
        post = booted(net, monkeypatch, folder)
        records += write_on(post, range(2, 4))
        net.settle()
        net.stop(post)
        put_back(folder, tmp_path / "post", in_place=False)
        post = booted(net, monkeypatch, folder)
        records += write_on(post, range(4, 6))
        net.settle(400)
        net.register.close()
        put_back(centre, tmp_path / "centre", in_place=False)
        with Register.open(centre, role="writer") as register:
            close(register.store)
        net.restart_centre()
        net.settle(400)
        records += write_on(post, range(6, 8))
        net.settle()
        alike(net, records)
        assert net.inbox.clones == []

        net.stop(post)
        shutil.copytree(folder, tmp_path / "clone", ignore=shutil.ignore_patterns("*.sock"))
        one, two = booted(net, monkeypatch, folder), booted(net, monkeypatch, tmp_path / "clone")
        write_on(one, range(8, 9))
        net.settle()
        write_on(two, range(9, 10))
        net.settle()
        write_on(one, range(10, 11))
        for _ in range(4):
            net.turn()
        assert net.inbox.clones == [one.register.config.id], "a card cloned after that is"


def test_a_run_that_begins_within_what_a_post_holds_is_of_another_feed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The centre goes back twice within a minute: the posts have just begun anew, and do not do so again yet."""
    with network(tmp_path, posts=2) as net:
        post = net.posts[1]
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")

        def put_the_centre_back() -> None:
            net.register.close()
            put_back(folder, tmp_path / "backup", in_place=False)
            net.restart_centre()

        records = write_on(post, range(2))
        net.settle()
        put_the_centre_back()
        for _ in range(40):
            net.turn()
        net.stop(post)
        monkeypatch.setenv("DIWAN_BOOT_ID", "the next boot")
        post = net.start(post.register.folder)
        records += write_on(post, range(5, 6))  # two rows that will have the numbers of the three before them
        put_the_centre_back()
        net.settle(600)
        alike(net, records)
