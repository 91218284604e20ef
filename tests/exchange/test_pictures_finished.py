"""A picture whose bytes all came, and which did not get its name: the disk was full, or the power went, just then."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from diwan_core.exchange.pieces import PIECE_BYTES

from tests.exchange.network import case, network
from tests.exchange.sticks import round_trip

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [5_000, PIECE_BYTES, 3 * PIECE_BYTES + 100], ids=["small", "one piece", "several"])
@pytest.mark.parametrize("harmed", [False, True], ids=["whole", "harmed"])
def test_it_is_finished_with_the_next_piece_and_not_before_taken_for_stored(
    tmp_path: Path, size: int, harmed: bool
) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(size - 8)
    name = hashlib.sha256(picture).hexdigest()
    with network(tmp_path, posts=1) as net:
        post = net.posts[0]
        (record,) = post.save(case())
        net.settle()
        left = net.register.folder / "blobs" / "part" / f"{name}.{post.register.config.id}"
        left.write_bytes(picture[:-1] + b"x" if harmed else picture)
        post.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
        post.exchange.woken()
        net.settle(600)
        stored = net.register.blob_path(name)
        assert stored is not None
        assert stored.read_bytes() == picture
        assert post.register.store.one("SELECT stored FROM blob WHERE sha256=?", (name,)) == 1
        assert not left.exists()


@pytest.mark.parametrize("by_stick", [False, True])
@pytest.mark.parametrize("harmed", [False, True], ids=["whole", "harmed"])
def test_it_is_finished_at_a_post_that_wanted_it(tmp_path: Path, *, by_stick: bool, harmed: bool) -> None:
    """Simulation, found with an edition of a code list: it said that it has all bytes, and was sent none."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(5_000)
    name = hashlib.sha256(picture).hexdigest()
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        (record,) = first.save(case())
        first.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
        net.settle()
        left = second.register.folder / "blobs" / "part" / name
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(picture[:-1] + b"x" if harmed else picture)
        assert second.register.want_blob(name)
        if by_stick:
            second.carrier.up = False
            round_trip(net, tmp_path / "stick")
            round_trip(net, tmp_path / "stick")
        else:
            second.exchange.woken()
            for _ in range(60):
                net.turn()
                second.exchange.woken()
        found = second.register.blob_path(name)
        assert found is not None
        assert found.read_bytes() == picture
        assert not left.exists()
