"""Databases put back from older copies: nothing acknowledged is lost, nothing is numbered twice."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from diwan_central.revocation import revoke
from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.feed_out import FeedOut
from diwan_core.exchange.reopening import Closed, close
from diwan_core.register import Register
from diwan_core.register.scopes import NATIONAL
from diwan_core.trust import NodeKeys

from tests.exchange.copies import alike, put_back, save_copy, write_on
from tests.exchange.network import Network, Post, case, network
from tests.exchange.sticks import arrive, come_back, leave


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


def test_an_epoch_that_comes_back_from_the_centre_is_not_the_branch_a_post_put_back_goes_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = iter(range(100))

    def boot(folder: Path) -> Post:
        monkeypatch.setenv("DIWAN_BOOT_ID", f"boot {next(boots)}")
        return net.start(folder)

    with network(tmp_path, posts=2) as net:
        post = net.posts[0]
        folder = post.register.folder
        records = write_on(post, range(2))
        net.settle()
        post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        net.stop(post)
        post = boot(folder)
        records += write_on(post, range(2, 4))
        net.settle()
        lost = post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1 ORDER BY no DESC")[0]
        net.stop(post)
        put_back(folder, tmp_path / "backup", in_place=False)
        post = boot(folder)
        records += write_on(post, range(4, 6))
        net.settle(400)
        assert lost in post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1"), "the lost epoch came again"
        written = post.register.store.one(
            "SELECT id FROM epoch WHERE no=(SELECT value FROM state WHERE key='own_epoch')"
        )
        net.stop(post)
        post = boot(folder)
        records += write_on(post, range(6, 8))
        net.settle(400)
        parents = dict(post.register.store.rows("SELECT parent, id FROM epoch WHERE own=1"))
        assert written in parents, "the next boot goes on from the branch that was being written"
        assert net.inbox.clones == []
        alike(net, records)


def test_both_branches_of_a_post_put_back_come_again_to_a_centre_put_back_and_are_no_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boots = iter(range(100))

    def boot(folder: Path) -> Post:
        monkeypatch.setenv("DIWAN_BOOT_ID", f"boot {next(boots)}")
        return net.start(folder)

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
        post = boot(folder)
        records += write_on(post, range(2, 4))
        net.settle()
        net.stop(post)
        put_back(folder, tmp_path / "post", in_place=False)
        post = boot(folder)
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
        one, two = boot(folder), boot(tmp_path / "clone")
        write_on(one, range(8, 9))
        net.settle()
        write_on(two, range(9, 10))
        net.settle()
        write_on(one, range(10, 11))
        for _ in range(4):
            net.turn()
        assert net.inbox.clones == [one.register.config.id], "a card cloned after that is"


def test_a_centre_put_back_is_sent_again_all_that_it_lost(tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        records = write_on(first, range(3)) + write_on(second, range(3))
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        shutil.copytree(folder / "blobs", tmp_path / "blobs")
        records += write_on(first, range(4, 8)) + write_on(second, range(4, 8))
        attached = first.register.attach(
            io.BytesIO(picture), subject=records[0], media_type="image/png", author="officer"
        )
        records += attached.records
        first.exchange.woken()
        second.edit(records[0], place="Changed after the backup")
        net.settle()
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        shutil.rmtree(folder / "blobs")
        shutil.copytree(tmp_path / "blobs", folder / "blobs")
        net.restart_centre()
        assert net.register.count("case") == 6
        records += write_on(first, range(20, 22))
        net.settle(600)
        alike(net, records)
        name = net.register.get(attached.records[0]).values["sha256"]  # type: ignore[union-attr]
        path = net.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == picture
        assert net.register.status()["received"]["quarantined"] == 0


@pytest.mark.parametrize("by_stick", [False, True], ids=["line", "stick"])
def test_a_centre_put_back_asks_for_pictures_that_came_after_their_records(tmp_path: Path, by_stick: bool) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3000
    with network(tmp_path, posts=2) as net:
        post = net.posts[0]
        (record,) = post.save(case())
        net.settle()
        folder = net.register.folder
        added = post.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
        post.exchange.woken()
        while net.register.get(added.records[0]) is None:
            net.turn()
        name = added_name(net, added.records[0])
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        assert net.register.blob_path(name) is None, "its bytes are on their way"
        shutil.copytree(folder / "blobs", tmp_path / "blobs")
        net.settle()
        assert net.register.blob_path(name) is not None
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        shutil.rmtree(folder / "blobs")
        shutil.copytree(tmp_path / "blobs", folder / "blobs")
        with Register.open(folder, role="writer") as register:
            close(register.store)
        for one in net.posts:
            one.carrier.up = not by_stick
        net.restart_centre()
        if by_stick:
            for one in net.posts:
                leave(one, tmp_path / "stick")
            arrive(net, tmp_path / "stick")
            come_back(post, tmp_path / "stick")
            leave(post, tmp_path / "stick")
            arrive(net, tmp_path / "stick")
        else:
            while net.register.blob_path(name) is None:
                assert net.turn() or net.clock.now < 2000
        path = net.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == picture


def added_name(net: Network, record: str) -> str:
    found = net.register.get(record)
    assert found is not None
    return str(found.values["sha256"])


def test_a_post_whose_place_stands_for_other_rows_at_a_centre_put_back_follows_its_feed_anew(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records = write_on(second, range(1))
        net.settle()
        records += write_on(first, range(1, 3))
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        net.restart_centre()
        second.carrier.up = False  # so that what the first one sends takes the numbers that were the second one's
        for _ in range(5):
            net.turn()
        second.carrier.up = True
        second.exchange.came_up()
        net.settle(400)
        alike(net, records)


def test_a_snapshot_of_a_centre_put_back_does_not_take_back_what_others_changed_since(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        records = write_on(first, range(8)) + write_on(second, range(1))
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        second.edit(records[0], place="Changed after the copy")
        records += write_on(second, range(9, 11))
        net.settle()
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        second.carrier.up = False  # so that the first one joins before the second brings its changes again
        net.snapshot_behind = 5
        net.restart_centre()
        for _ in range(20):
            net.turn()
        assert first.register.store.one("SELECT count(*) FROM joint") > 0, "it was sent a snapshot"
        second.carrier.up = True
        second.exchange.came_up()
        net.settle(600)
        alike(net, records)


def test_a_revocation_survives_the_restore_of_a_centre_that_had_forgotten_it(tmp_path: Path) -> None:
    with network(tmp_path, posts=4) as net:
        thief, *honest = net.posts
        write_on(honest[0], range(2))
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        revoke(folder, thief.register.config.id, "stolen")
        assert net.relay.ledger_grew()
        for topic, payload in net.relay.renew(scope_key(folder, ledger.load(net.register))):
            net.relay_carrier.publish(topic, payload)
        for _ in range(5):
            net.turn()
        net.posts.remove(thief)
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        with Register.open(folder, role="writer") as register:
            assert ledger.load(register).trusted(thief.register.config.id) is not None, "forgotten"
            close(register.store)
        net.restart_centre()
        thief.save(case(place="After the restore"))
        thief.exchange.came_up()
        net.posts.insert(0, thief)
        for post in honest:
            post.carrier.up = False
        for _ in range(6):
            net.turn()
        assert net.register.count("case") == 2, "closed: nothing is admitted, the thief's ledger alone does not open it"
        with pytest.raises(Closed):
            ledger.record(net.register, NodeKeys.load(folder), [])
        for post in honest:
            post.carrier.up = True
            post.exchange.came_up()
        for _ in range(12):
            net.turn()
        assert ledger.load(net.register).trusted(thief.register.config.id) is None
        assert net.register.count("case") == 2
        net.posts.remove(thief)
        records = write_on(honest[1], range(5, 7))
        for _ in range(12):
            net.turn()
        assert all(net.register.get(record) is not None for record in records), "open again"


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
