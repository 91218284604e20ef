"""A picture that arrives in pieces, from two nodes at once, on a disk whose power goes at any operation."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from pathlib import Path

import pytest
from diwan_core.exchange.pieces import receive_piece
from diwan_core.exchange.wire.messages import Piece
from diwan_core.register import Register, RegisterError
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.blobs import BlobStore, DamagedBlob

from tests.simulation.disk import SimulatedDisk
from tests.simulation.faults import Died
from tests.simulation.one_post import Post
from tests.simulation.vfs import SimulatedSqlite

PIECE = 1_000


def bring(store: BlobStore, content: bytes, sender: str, chance: random.Random, most: int) -> int:
    """Send pieces as one told how many bytes are here would, some of them twice, and at most so many; how many bytes
    are here now."""
    name = hashlib.sha256(content).hexdigest()
    have = store.arrived(name, sender)
    for _ in range(most):
        offset = min(have, len(content) - 1) // PIECE * PIECE if chance.random() < 0.2 else have
        try:
            have = store.receive(name, len(content), offset, content[offset : offset + PIECE], sender)
        except DamagedBlob:
            have = 0
    return have


@pytest.mark.parametrize("seed", range(12))
def test_it_comes_to_be_whole_and_leaves_nothing_behind(memory: Path, sqlite: SimulatedSqlite, seed: int) -> None:
    chance = random.Random(seed)
    folder = memory / "node"
    folder.mkdir()
    disk = sqlite.add(SimulatedDisk(folder, random.Random(seed + 100)))
    store = BlobStore(folder / "blobs")
    pictures = [chance.randbytes(chance.randint(1, 6 * PIECE)) for _ in range(6)]
    for _ in range(60):
        disk.faults.die_at(disk.operations + chance.randint(1, 6))
        try:
            store = BlobStore(folder / "blobs")
            store.forget_abandoned()
            while True:
                bring(store, chance.choice(pictures), chance.choice(("one", "two")), chance, chance.randint(1, 4))
                if all(store.size(hashlib.sha256(content).hexdigest()) for content in pictures):
                    break
        except (Died, OSError):
            assert disk.dead
        disk.power_cut()
        for path in (folder / "blobs").glob("[0-9a-f][0-9a-f]/*"):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, "whole, or not there under its name"
    store = BlobStore(folder / "blobs")
    for content in pictures:
        bring(store, content, "one", random.Random(1), 20)
        assert store.path(hashlib.sha256(content).hexdigest()).read_bytes() == content
    store.forget_abandoned()
    assert list((folder / "blobs" / "part").iterdir()) == []


@pytest.mark.parametrize("operation", range(1, 9))
def test_a_picture_that_got_its_name_before_a_death_is_not_whole_before_the_name_is_on_the_disk(
    memory: Path, sqlite: SimulatedSqlite, operation: int
) -> None:
    """Its processes were killed between naming and syncing the name. The next piece found it whole, the register said
    so, and a power cut took the name. Deaths at each of the first operations are tried."""
    content = random.Random(1).randbytes(PIECE)
    piece = Piece(hashlib.sha256(content).digest(), len(content), 0, "image/png", content)
    for seed in range(8):
        (memory / str(seed)).mkdir()
        post = Post(sqlite, memory / str(seed), seed)
        post.disk.faults.die_at(post.disk.operations + operation)
        try:
            with Register.open(post.folder, role="writer") as register, register.store.write() as transaction:
                receive_piece(register, transaction, piece)
        except (RegisterError, OSError, sqlite3.Error, Died):
            pass
        post.disk.killed()
        unsynced.forget(post.folder)  # an error that only the dead met
        with Register.open(post.folder, role="writer") as register, register.store.write() as transaction:
            _, _, is_whole = receive_piece(register, transaction, piece)
        post.disk.power_cut()
        with Register.open(post.folder) as register:
            assert is_whole
            assert register.blobs.size(piece.sha256.hex()) == PIECE


@pytest.mark.parametrize("seed", range(12))
def test_a_picture_whose_sync_failed_is_brought_again_and_not_believed_after_a_second_sync(
    memory: Path, sqlite: SimulatedSqlite, seed: int
) -> None:
    """Seed 30002: the second sync said that all is well, as Linux does, and a power cut left an empty file."""
    chance = random.Random(seed)
    folder = memory / "node"
    folder.mkdir()
    disk = sqlite.add(SimulatedDisk(folder, random.Random(seed)))
    store = BlobStore(folder / "blobs")
    content = chance.randbytes(3 * PIECE)
    disk.faults.fail_sync(after=0)
    with pytest.raises(OSError, match="error"):
        bring(store, content, "one", chance, 20)
    disk.faults.clear()
    bring(store, content, "one", chance, 20)
    disk.power_cut()
    assert BlobStore(folder / "blobs").path(hashlib.sha256(content).hexdigest()).read_bytes() == content
