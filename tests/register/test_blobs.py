"""A finished upload is kept as a picture without being copied: whole under its name, or not there at all."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from diwan_core.processes.nameless import NoSecondName, give_name, nameless
from diwan_core.register import BlobTooLarge
from diwan_core.register.storage.blobs import BlobStore

CONTENT = b"a picture " * 1000
NAME = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def test_a_nameless_file_becomes_the_picture_itself(tmp_path: Path, store: BlobStore) -> None:
    with nameless(tmp_path) as file:
        file.write(CONTENT)
        number = os.fstat(file.fileno()).st_ino
        assert store.adopt(file) == (NAME, len(CONTENT))
    kept = store.path(NAME)
    assert kept.read_bytes() == CONTENT and kept.stat().st_mode & 0o777 == 0o600
    assert kept.stat().st_ino == number


def test_a_file_with_a_name_keeps_it_until_its_owner_takes_it_away(tmp_path: Path, store: BlobStore) -> None:
    part = tmp_path / "upload.part"
    part.write_bytes(CONTENT)
    for _ in range(2):  # the answer was lost, and it is asked for again
        with part.open("rb") as file:
            assert store.adopt(file) == (NAME, len(CONTENT))
        assert part.stat().st_ino == store.path(NAME).stat().st_ino
    part.unlink()
    assert store.path(NAME).read_bytes() == CONTENT
    assert list((store.folder / "part").iterdir()) == []


def test_a_picture_that_is_here_already_stays_and_one_that_the_disk_harmed_is_replaced(
    tmp_path: Path, store: BlobStore
) -> None:
    store.add(io.BytesIO(CONTENT))
    for content in (CONTENT, CONTENT[:-1] + b"x", b""):
        store.path(NAME).write_bytes(content)
        with nameless(tmp_path) as file:
            file.write(CONTENT)
            store.adopt(file)
        assert store.path(NAME).read_bytes() == CONTENT


def test_a_file_that_can_get_no_second_name_is_copied(tmp_path: Path, store: BlobStore) -> None:
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(CONTENT)
        with pytest.raises(NoSecondName):
            give_name(file, tmp_path / "second")
        assert store.adopt(file) == (NAME, len(CONTENT))
    assert store.path(NAME).read_bytes() == CONTENT


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(tmp_path: Path, store: BlobStore) -> None:
    with nameless(tmp_path) as file:
        file.write(CONTENT)
        with pytest.raises(BlobTooLarge):
            store.adopt(file, len(CONTENT) - 1)
    assert not store.path(NAME).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which needs root: sudo ./diwan test")
def test_a_power_cut_at_any_step_leaves_the_picture_whole_or_not_at_all(tmp_path: Path) -> None:
    script = Path(__file__).with_name("power_cuts.py")
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, script, tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["step"] for step in steps] == [
        "before write_out",
        "after write_out",
        "before give_name",
        "after give_name",
        "kept",
    ]
    assert all(step["sound"] for step in steps), steps
    assert [len(step["held"]) for step in steps][:3] == [0, 0, 0]
    assert len(steps[-1]["held"]) == 1, "what was told kept is kept"


@pytest.mark.parametrize("torn", [8_000, 3_000], ids=["whole", "in part"])
def test_a_first_piece_takes_the_place_of_bytes_that_a_power_cut_has_torn(store: BlobStore, torn: int) -> None:
    """Those who brought them may have gone: a stick is imported once."""
    content = b"picture " * 1_000
    name = hashlib.sha256(content).hexdigest()
    (store.folder / "part" / f"{name}.post").write_bytes(bytes(torn))
    assert store.receive(name, len(content), 0, content[:5_000], "post") == 5_000
    assert store.receive(name, len(content), 0, content[:5_000], "post") == 5_000, "once more changes nothing"
    assert store.receive(name, len(content), 5_000, content[5_000:], "post") == len(content)
    assert store.path(name).read_bytes() == content


@pytest.mark.parametrize("at", [100, 4_500, 7_999], ids="torn at {}".format)
@pytest.mark.parametrize("bytes_of_a_piece", [3_000, 5_000], ids="pieces of {}".format)
def test_a_stick_replaces_what_was_torn_of_a_picture_that_has_all_its_bytes(
    store: BlobStore, bytes_of_a_piece: int, at: int
) -> None:
    """Its pieces come once, each after the one before, wherever the bytes stand that the power cut has torn."""
    content = b"picture " * 1_000
    name = hashlib.sha256(content).hexdigest()
    (store.folder / "part" / f"{name}.post").write_bytes(content[:at] + b"\0" + content[at + 1 :])
    for offset in range(0, len(content), bytes_of_a_piece):
        store.receive(name, len(content), offset, content[offset : offset + bytes_of_a_piece], "post")
    assert store.path(name).read_bytes() == content


def test_pieces_may_lie_over_each_other(store: BlobStore) -> None:
    """Those of a stick are larger than those of the line."""
    content = b"".join(bytes([number]) * 1_000 for number in range(10))
    name = hashlib.sha256(content).hexdigest()

    def receive(first: int, last: int, harm: bytes = b"") -> int:
        return store.receive(name, len(content), first, harm + content[first + len(harm) : last], "post")

    assert receive(0, 4_000) == 4_000
    assert receive(1_000, 2_000) == 4_000, "all of it is here"
    assert receive(5_000, 8_000) == 4_000, "between them some are lacking"
    assert receive(2_000, 6_000, b"torn") == 6_000, "what came last takes the place of what is not the same"
    assert receive(1_000, 7_000) == 7_000
    assert receive(6_000, 11_000) == len(content)
    assert store.path(name).read_bytes() == content
