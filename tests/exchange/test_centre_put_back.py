"""A centre whose database is replaced by an older copy: its posts send again what it lost."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from diwan_appliance import setup as post_setup
from diwan_central.network.revocation import revoke
from diwan_central.setup import scope_key
from diwan_core.exchange import ledger
from diwan_core.exchange.reopening import Closed, close, is_closed
from diwan_core.exchange.wire import topics
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from tests.exchange.copies import alike, follow_ledger, put_back, save_copy, write_on
from tests.exchange.network import Network, case, network, record_in
from tests.exchange.sticks import arrive, come_back, leave, unreceipted

pytestmark = pytest.mark.slow


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
        name = record_in(net.register, attached.records[0]).values["sha256"]
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
            for _ in range(2):  # they learn what the centre asks that wants to open, and then what it lacks
                for one in net.posts:
                    come_back(one, tmp_path / "stick")
                    leave(one, tmp_path / "stick")
                arrive(net, tmp_path / "stick")
        else:
            while net.register.blob_path(name) is None:
                assert net.turn() or net.clock.now < 2000
        path = net.register.blob_path(name)
        assert path is not None
        assert path.read_bytes() == picture


def test_a_centre_put_back_asks_for_pictures_whose_records_it_is_sent_again_as_never_receipted(tmp_path: Path) -> None:
    """Found by the simulation: the rows were lost on the line, the pictures were not."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 30
    with network(tmp_path, posts=2) as net:
        post = net.posts[0]
        (record,) = post.save(case())
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        shutil.copytree(folder / "blobs", tmp_path / "blobs")
        added = post.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
        post.exchange.woken()
        net.posts.remove(post)
        for _ in range(400):
            post.exchange.handle(post.carrier.poll(0))
            post.clock.now += 1.0
            for topic, payload in post.exchange.outgoing():
                if topics.leaf(topic) != topics.PARCEL:
                    post.carrier.publish(topic, payload)
            net.turn()
        net.posts.append(post)
        assert post.register.store.one("SELECT stored FROM blob") == 1
        assert not post.exchange.outbox.idle
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        shutil.rmtree(folder / "blobs")
        shutil.copytree(tmp_path / "blobs", folder / "blobs")
        with Register.open(folder, role="writer") as register:
            close(register.store)
        net.restart_centre()
        net.settle(2_000)
        name = added_name(net, added.records[0])
        for _ in range(1_000):  # until the next heartbeat
            net.turn()
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


def test_a_post_without_a_line_that_had_all_its_receipts_sends_again_what_a_centre_put_back_has_lost(
    tmp_path: Path,
) -> None:
    """A stick's receipts of epochs that were receipted whole were read by nobody."""
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        post.carrier.up = False
        records = write_on(post, range(2))

        def carry(times: int) -> None:
            for _ in range(times):
                leave(post, tmp_path / "stick")
                arrive(net, tmp_path / "stick")
                come_back(post, tmp_path / "stick")

        carry(2)
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        records += write_on(post, range(3, 5))
        carry(2)
        assert unreceipted(post) == 0
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        net.restart_centre()
        carry(3)
        alike(net, records)


@pytest.mark.parametrize("by_stick", [False, True])
def test_a_centre_put_back_to_before_all_its_posts_were_given_new_keys_opens_again(
    tmp_path: Path, *, by_stick: bool
) -> None:
    """Simulation, seeds 50000 and 50005: it believed no hello, and never learned of the ledger that names the keys."""
    with network(tmp_path, posts=2) as net:
        records = [record for post in net.posts for record in write_on(post, range(2))]
        net.settle()
        folder = net.register.folder
        net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(folder, tmp_path / "backup")
        for post in list(net.posts):
            revoke(folder, post.register.config.id, "its keys are renewed")
            net.stop(post)
            post_setup.rekey(post.register.folder)
            net.enrol(post.register.folder)
            follow_ledger(net)
            records += write_on(net.start(post.register.folder), range(3, 5))
        net.settle(400)
        net.register.close()
        put_back(folder, tmp_path / "backup", in_place=False)
        with Register.open(folder, role="writer") as register:
            close(register.store)
        net.restart_centre()
        if by_stick:
            for post in net.posts:
                post.carrier.up = False
            for stick in (tmp_path / "one", tmp_path / "two") * 3:
                for post in net.posts:
                    leave(post, stick)
                arrive(net, stick)
                for post in net.posts:
                    come_back(post, stick)
        else:
            for _ in range(20):
                net.turn()
            net.settle(400)
        assert not is_closed(net.register.store.connection)
        alike(net, records)
