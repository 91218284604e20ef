"""Files of pictures of which a post's register knows nothing, since its database was put back: what is not for the post
goes once the centre holds it, and nothing that may be the only copy does."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.register import Register
from diwan_core.register.exchange_state.found_pictures import unknown_files
from diwan_core.register.storage.blobs import NotWrittenOut, remove_files

from tests.exchange.copies import put_back, save_copy
from tests.exchange.network import Network, Post, case, network, sound
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
