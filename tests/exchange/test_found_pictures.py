"""Files of pictures of which a post's register knows nothing, since its database was put back: what is not for the post
goes once the centre holds it, and nothing that may be the only copy does."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange import erasure
from diwan_core.exchange.post.found_pictures import LAST_PAUSE_S, FoundPictures
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import SignedBlobReceipt, SignedHello, decode, encode
from diwan_core.register import Register, archived
from diwan_core.register.archived import mark_safe, prune_pictures
from diwan_core.register.erasure.erase import BOTH
from diwan_core.register.exchange_state import found_pictures
from diwan_core.register.exchange_state.found_pictures import unknown_files
from diwan_core.register.storage.blobs import NotWrittenOut, StoredBlob, remove_files
from diwan_core.register.storage.database import Store
from diwan_core.trust import NodeKeys

from tests.exchange.copies import put_back, save_copy
from tests.exchange.letters_kit import node
from tests.exchange.network import Clock, Network, Post, arriving, case, lost, network, sound, whole
from tests.exchange.reach_kit import say, settle
from tests.exchange.sticks import PICTURE
from tests.exchange.test_reach import look_at

pytestmark = pytest.mark.slow

OWN, THEIRS, STRAY = PICTURE, PICTURE[::-1], b"\x89PNG of which nobody knows"
LONG = 400
"""Turns in which a post asks the centre, is answered, and hears how far the feed goes (`relay.BEACONS_S`)."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        settle(made)
        yield made


def name_of(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def report(post: Post, picture: bytes) -> None:
    (record,) = post.save(case())
    post.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
    post.exchange.woken()


def put_back_to_before_its_pictures(net: Network, tmp_path: Path, post: Post, other: Post) -> Path:
    """The folder of a post that had a picture of its own, one of others that somebody looked at, and a file that is
    nowhere else; it is off, and its database knows of none of them."""
    folder = post.register.folder
    post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    report(post, OWN)
    report(other, THEIRS)
    settle(net)
    look_at(net, post, name_of(THEIRS))
    post.register.blobs.add(io.BytesIO(STRAY))
    assert all(post.register.blob_path(name_of(one)) for one in (OWN, THEIRS, STRAY))
    net.stop(post)
    put_back(folder, tmp_path / "backup", in_place=False)
    return folder


def known(register: Register, picture: bytes) -> tuple[int, int, int] | None:
    """Whether the register says of a picture that it is whole here, its own, and receipted."""
    rows = register.store.rows("SELECT have=size, own, stored FROM blob WHERE sha256=?", (name_of(picture),))
    return rows[0] if rows else None


def test_a_post_put_back_knows_again_what_it_may_read_and_keeps_what_the_centre_does_not_hold(
    net: Network, tmp_path: Path
) -> None:
    folder = put_back_to_before_its_pictures(net, tmp_path, *net.posts)
    back = net.start(folder)
    settle(net, LONG)
    assert known(back.register, OWN) == (1, 1, 1), "it can send its own again to a centre that is put back"
    assert known(back.register, THEIRS) == (1, 0, 0)
    assert back.register.blob_path(name_of(STRAY)) is not None and known(back.register, STRAY) is None
    say(net, ["case", "attachment"], "centre")
    settle(net, LONG)
    assert back.register.blob_path(name_of(THEIRS)) is None
    assert back.register.blob_path(name_of(OWN)) is not None
    sound(net)


def test_what_was_kept_from_a_post_while_it_was_put_back_is_in_no_file_of_it(net: Network, tmp_path: Path) -> None:
    folder = put_back_to_before_its_pictures(net, tmp_path, *net.posts)
    say(net, ["case", "attachment"], "centre")
    back = net.start(folder)
    settle(net, LONG)
    assert back.register.blob_path(name_of(THEIRS)) is None and known(back.register, THEIRS) is None
    assert known(back.register, OWN) == (1, 1, 1)
    with back.register.store.read() as transaction:
        assert unknown_files(transaction, back.register.blobs) == [name_of(STRAY)]
    assert back.exchange.pictures.found.is_settled
    sound(net)


def test_a_post_off_the_line_removes_nothing(net: Network, tmp_path: Path) -> None:
    folder = put_back_to_before_its_pictures(net, tmp_path, *net.posts)
    say(net, ["case", "attachment"], "centre")
    back = net.start(folder)
    back.carrier.up = False
    settle(net, LONG)
    assert all(back.register.blob_path(name_of(one)) for one in (OWN, THEIRS, STRAY))


def test_a_file_that_is_removed_while_somebody_saves_it_is_not_acknowledged(net: Network) -> None:
    register = net.posts[0].register
    (record,) = net.posts[0].save(case())
    stored = register.blobs.add(io.BytesIO(STRAY))
    remove_files(register.store, register.folder, [stored.sha256])
    with pytest.raises(NotWrittenOut, match="removed while it was being saved; send it again"):
        register.attach(stored, subject=record, media_type="image/png", author="officer")
    again = register.blobs.add(io.BytesIO(STRAY))
    register.attach(again, subject=record, media_type="image/png", author="officer")
    remove_files(register.store, register.folder, [stored.sha256])
    assert register.blob_path(stored.sha256) is not None


def test_a_picture_whose_record_came_to_the_centre_before_it_and_came_back_is_sent(
    net: Network, tmp_path: Path
) -> None:
    (post, _other), centre = net.posts, net.register
    folder = post.register.folder
    post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    with lost(net, topics.PIECE):
        report(post, OWN)
        for _ in range(40):
            net.turn()
    assert centre.store.one("SELECT count(*) FROM record_attachment") == 1 and known(centre, OWN) is None
    net.stop(post)
    put_back(folder, tmp_path / "backup", in_place=False)
    back = net.start(folder)
    settle(net, LONG)
    assert known(back.register, OWN) == (1, 1, 1) and centre.blob_path(name_of(OWN)) is not None
    assert known(centre, OWN) is not None
    sound(net)


def test_nothing_goes_by_the_word_of_somebody_on_the_line(net: Network, tmp_path: Path) -> None:
    folder = put_back_to_before_its_pictures(net, tmp_path, *net.posts)
    back = net.start(folder)
    back.exchange.centre.signs = False  # an early copy, of a time before it was heard to sign
    hellos: list[bytes] = []

    def keeps_hellos(topic: str) -> bool:
        return topic == topics.up(node(back), topics.HELLO)

    with arriving(net, keeps_hellos):
        deliver = net.bus.deliver

        def overhear(topic: str, payload: bytes) -> None:
            if keeps_hellos(topic):
                hellos.append(payload)
            else:
                deliver(topic, payload)

        net.bus.deliver = overhear  # type: ignore[method-assign]  # the real bus, with somebody on the line
        offered = 0
        for _ in range(LONG):
            net.turn()
            back.exchange.handle([(topics.EVERYONE + topics.HEAD, encode({"national": 0}))])
            while hellos:
                hello = decode(hellos.pop(), SignedHello)
                offered += len(hello.offers)
                forged = [SignedBlobReceipt(1, sha256, 1, True, hello.nonce) for sha256 in hello.offers]
                receipts = topics.down(node(back), topics.BLOB_RECEIPT)
                back.exchange.handle([(receipts, encode(receipt)) for receipt in forged])
        net.bus.deliver = deliver  # type: ignore[method-assign]
    assert offered
    assert all(back.register.blob_path(name_of(one)) for one in (OWN, THEIRS, STRAY))


def test_nothing_is_asked_for_before_the_centre_has_told_how_far_the_feed_goes(net: Network) -> None:
    post = net.posts[0]
    post.register.blobs.add(io.BytesIO(STRAY))
    net.stop(post)
    with lost(net, topics.HEADS):
        again = net.start(post.register.folder)
        for _ in range(LONG):
            net.turn()
    assert not again.exchange.pictures.found.is_settled
    report(again, OWN)  # after which the centre tells it
    settle(net, LONG)
    assert again.exchange.pictures.found.is_settled


def test_what_the_centre_said_while_something_was_missing_here_is_asked_again(net: Network) -> None:
    register, clock = net.posts[0].register, Clock(0.0)
    name = bytes.fromhex(register.blobs.add(io.BytesIO(STRAY)).sha256)
    found = FoundPictures(register, clock)
    found.came_up()
    for _ in range(2):
        clock.now += LAST_PAUSE_S
        assert found.is_due
        with register.store.read() as transaction:
            found.look(transaction)
        assert found.offers(200) == [name] and found.offers(200) == []
        found.receipted(name, whole=True)
        found.settle(is_level=False)
        found.settle(is_level=True)
        assert register.blob_path(name.hex()) is not None and not found.is_settled
    found.receipted(name, whole=True)
    found.settle(is_level=True)
    assert register.blob_path(name.hex()) is None and found.is_settled


def test_a_file_that_a_row_names_which_waits_here_stays(net: Network) -> None:
    post = net.posts[0]
    report(post, OWN)
    settle(net)
    register, name = post.register, name_of(OWN)
    with register.store.write() as transaction:
        transaction.execute("DELETE FROM blob")
        transaction.execute("UPDATE journal SET verdict=2 WHERE record IN (SELECT no FROM record_attachment)")
        transaction.execute("DELETE FROM record_attachment")
    done = found_pictures.settle(register.store, register.blobs, node(post), {name: True})
    assert done.undecided == [name] and register.blob_path(name) is not None


def test_a_pruned_picture_that_somebody_gives_once_more_at_that_moment_stays(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = net.posts[0]
    report(post, OWN)
    settle(net)
    register = post.register
    mark_safe(net.register.store, whole(net.register.store))
    register.store.connection.execute("UPDATE epoch SET safe=seq")

    def given_meanwhile(store: Store, folder: Path, names: list[str], *, copies: bool) -> None:
        register.note_blob(StoredBlob(name_of(OWN), len(OWN)), "image/png")
        remove_files(store, folder, names, copies=copies)

    monkeypatch.setattr(archived, "remove_files", given_meanwhile)
    assert prune_pictures(register.store, register.blobs, 0)[0] == 1
    assert register.blob_path(name_of(OWN)) is not None


def test_a_picture_that_a_database_put_back_calls_whole_comes_again_when_somebody_looks(net: Network) -> None:
    """Seed 99156: the file had gone since the copy of the database was made."""
    post, other = net.posts
    report(other, THEIRS)
    settle(net)
    look_at(net, post, name_of(THEIRS))
    post.register.blobs.path(name_of(THEIRS)).unlink()
    assert known(post.register, THEIRS) == (1, 0, 0)
    look_at(net, post, name_of(THEIRS))
    assert post.register.blob_path(name_of(THEIRS)) is not None
    sound(net)


def test_a_picture_that_was_erased_is_not_taken_for_found_before_the_files_are_tidied(net: Network) -> None:
    """The post had added it before it heard of the order, and started again before it could write its files anew."""
    first, second = net.posts
    (record,) = first.save(case())
    (picture,) = first.register.attach(
        io.BytesIO(OWN), subject=record, media_type="image/png", author="officer"
    ).records
    first.exchange.woken()
    settle(net)
    with lost(net, topics.LEDGER):
        erasure.order(net.register, net.keys(), picture, BOTH, "an order")
        for _ in range(20):
            net.turn()
        (own,) = second.save(case())
        second.register.attach(io.BytesIO(OWN), subject=own, media_type="image/png", author="officer")
    second.exchange.came_up()
    for _ in range(200):
        net.turn()
        if second.register.store.one("SELECT count(*) FROM erased_blob"):
            break
    folder = second.register.folder
    net.stop(second)
    second = net.start(folder)
    for _ in range(LONG):
        net.turn()
    assert second.register.store.one("SELECT count(*) FROM erased_blob") == 1
    erasure.tidy(second.register, NodeKeys.load(folder))
    for _ in range(60):
        net.turn()
    assert not (folder / "blobs" / name_of(OWN)[:2] / name_of(OWN)).exists()
    assert second.register.store.rows("SELECT sha256 FROM blob") == []
    assert second.exchange.blobs.idle
