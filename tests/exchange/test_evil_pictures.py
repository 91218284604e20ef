"""Pieces of pictures from an enrolled post in other hands: they spoil no picture of others, and fill no disk."""

from __future__ import annotations

import fcntl
import hashlib
import io
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange import erasure
from diwan_core.exchange.pieces import PIECE_BYTES
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import SignedPiece
from diwan_core.exchange.wire.parcel import PIECE, header, pack
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register.erasure.erase import BOTH
from diwan_core.register.erasure.purge import purge
from diwan_core.register.exchange_state import picture_state
from diwan_core.register.storage.blobs import BlobStore

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

PICTURE = b"\x89PNG" + secrets.token_bytes(5 * PIECE_BYTES)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def send_piece(net: Network, evil: EvilPost, name: bytes, size: int, offset: int, data: bytes) -> None:
    """As if the broker had taken it."""
    piece = SignedPiece(name, size, offset, "image/png", data)
    content = sign_message(piece, evil.node, net.register.config.id, evil.keys.sign)
    parcel = pack(header(PIECE, evil.node), content, evil.centre)
    net.inbox.handle([(topics.up(evil.node, topics.PIECE), parcel)])


def attach(post: Post, picture: bytes) -> None:
    (record,) = post.save(case())
    post.register.attach(io.BytesIO(picture), subject=record, media_type="image/png", author="officer")
    post.exchange.woken()


def parts(net: Network) -> int:
    """Bytes of pictures that are arriving, on the centre's disk."""
    return sum(path.stat().st_size for path in (net.register.folder / "blobs" / "part").iterdir())


@pytest.mark.parametrize("size", [PIECE_BYTES, 2 * PIECE_BYTES, len(PICTURE), 60 << 20])
@pytest.mark.parametrize("first", [False, True])
def test_another_s_pieces_do_not_spoil_a_picture_that_is_on_its_way(net: Network, size: int, first: bool) -> None:
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    name = hashlib.sha256(PICTURE).digest()
    attach(honest, PICTURE)
    sent = 0
    for turn in range(60):
        if first or turn > 3:  # it knows the name from the record, which everybody reads
            for offset in range(0, 3 * PIECE_BYTES, PIECE_BYTES):
                send_piece(net, evil, name, size, offset, b"x" * PIECE_BYTES)
        messages = honest.carrier.poll(0)
        honest.exchange.handle(messages)
        honest.clock.now += 1.0
        honest.exchange.flush()
        for topic, payload in honest.exchange.outgoing():
            sent += topics.leaf(topic) == topics.PIECE
            if topics.leaf(topic) != topics.PIECE or sent % 4:  # a bad line
                honest.carrier.publish(topic, payload)
        net.turn()
    net.settle()
    stored = net.register.blob_path(name.hex())
    assert stored is not None
    assert stored.read_bytes() == PICTURE
    assert sent < 20, "its sender was never asked for all of it again"
    assert parts(net) == 0
    assert net.register.store.rows("SELECT size, have FROM blob") == [(len(PICTURE), len(PICTURE))]
    assert net.register.store.one("SELECT count(*) FROM state WHERE key GLOB 'claimed:*'") == 0


def test_pictures_that_no_record_names_have_a_bound(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_state, "MOST_UNNAMED", 20)
    monkeypatch.setattr(picture_state, "MOST_UNNAMED_BYTES", 600_000)
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    for _ in range(50):
        send_piece(net, evil, secrets.token_bytes(32), 60_000, 0, b"x" * 50_000)
    assert parts(net) <= 600_000
    for _ in range(50):
        send_piece(net, evil, secrets.token_bytes(32), 100, 0, b"x")
    assert len(list((net.register.folder / "blobs" / "part").iterdir())) <= 20
    (known,) = net.register.store.rows("SELECT sha256 FROM blob LIMIT 1")[0]
    send_piece(net, evil, bytes.fromhex(known), 60 << 20, 50_000, b"x" * PIECE_BYTES)
    assert parts(net) <= 600_000, "nor by claiming more of one that was let in"
    assert net.register.status()["refused"]["refused_broken"] > 70
    attach(honest, PICTURE)
    net.settle()
    assert net.register.blob_path(hashlib.sha256(PICTURE).hexdigest()) is not None, "others have their own"


def test_a_picture_whose_record_is_in_quarantine_is_kept_all_the_same(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    picture = secrets.token_bytes(1000)
    send_piece(net, evil, hashlib.sha256(picture).digest(), 1000, 0, picture)
    assert net.register.blob_path(hashlib.sha256(picture).hexdigest()) is not None


def test_what_came_of_an_erased_picture_goes_whoever_sent_it(net: Network) -> None:
    evil, honest = EvilPost(net, net.posts[0]), net.posts[0]
    name = hashlib.sha256(PICTURE).digest()
    (record,) = honest.save(case())
    honest.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    net.settle()
    honest.carrier.up = False
    (net.register.folder / "blobs" / name.hex()[:2] / name.hex()).unlink()
    send_piece(net, evil, name, len(PICTURE), 0, PICTURE[:PIECE_BYTES])
    assert parts(net) == PIECE_BYTES
    erasure.order(net.register, net.keys(), record, BOTH, "an order")
    assert parts(net) == 0
    assert not net.register.store.rows("SELECT key FROM state WHERE key GLOB ?", (f"*{name.hex()}*",))
    send_piece(net, evil, name, len(PICTURE), 0, PICTURE[:PIECE_BYTES])
    assert parts(net) == 0


def test_what_a_process_left_that_ended_while_it_stored_a_picture_goes_and_not_what_another_stores(
    net: Network,
) -> None:
    post = net.posts[0]
    folder = post.register.folder / "blobs" / "part"
    (folder / "tmpabandoned").write_bytes(PICTURE)
    (folder / "tmpat_work").write_bytes(PICTURE)
    with (folder / "tmpat_work").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        assert purge(post.register.store, post.register.folder) in (True, False)
        assert [path.name for path in folder.iterdir()] == ["tmpat_work"]
    BlobStore(post.register.folder / "blobs").forget_abandoned()
    assert list(folder.iterdir()) == []


def test_nobody_takes_away_what_is_being_stored(net: Network) -> None:
    blobs = net.posts[0].register.blobs

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            BlobStore(blobs.folder).forget_abandoned()
            return super().read(size)

    assert blobs.size(blobs.add(Slow(PICTURE)).sha256) == len(PICTURE)
