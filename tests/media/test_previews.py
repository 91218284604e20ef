"""Copies are kept beside the originals, made when they are asked for, and may be thrown away at any time."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from diwan_core.media.examine import Unreadable, examine
from diwan_core.media.previews import TRY_AGAIN, Previews

from .made import GOOD

NAME = "ab" * 32


@pytest.fixture
def original(tmp_path: Path) -> Path:
    path = tmp_path / "original"
    path.write_bytes(GOOD["jpeg"]())
    return path


def test_a_copy_is_made_once(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    thumb = previews.get(NAME, "thumb", original)
    original.unlink()
    assert previews.get(NAME, "thumb", original) == thumb and previews.get(NAME, "view", original).stat().st_size
    assert sorted(path.name for path in thumb.parent.iterdir()) == [f"{NAME}.thumb.webp", f"{NAME}.view.webp"]


def test_copies_may_be_deleted_at_any_time(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    first = previews.get(NAME, "view", original).read_bytes()
    for path in previews.folder.iterdir():
        path.unlink()
    assert previews.get(NAME, "view", original).read_bytes() == first


def test_copies_made_at_upload_get_the_name_of_the_original(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    with original.open("rb") as picture, examine(picture, previews.folder) as examined:
        previews.keep(examined, NAME)
    original.unlink()
    assert previews.get(NAME, "view", original).exists()


def test_what_cannot_be_opened_is_not_tried_at_every_look(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    good = original.read_bytes()
    original.write_bytes(good[:-200])
    for _ in range(2):
        with pytest.raises(Unreadable, match="damaged"):
            previews.get(NAME, "view", original)
        original.write_bytes(good)
    marker = previews.folder / f"{NAME}.none"
    os.utime(marker, (time.time() - TRY_AGAIN - 1,) * 2)
    assert previews.get(NAME, "view", original).exists(), "a later release may know how"


def test_what_a_power_cut_left_half_made_is_cleared_away(tmp_path: Path) -> None:
    folder = tmp_path / "derived"
    folder.mkdir()
    left = folder / ".view-xyz"
    left.write_bytes(b"RIFF")
    os.utime(left, (0, 0))
    Previews(folder)
    assert not left.exists()


@pytest.mark.parametrize("name", ["", "../register.db", "AB" * 32, NAME + "\n"])
def test_only_a_digest_is_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        Previews(tmp_path / "derived").path(name, "view")


def test_a_picture_that_is_not_there_is_not_remembered_as_unreadable(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    with pytest.raises(Unreadable):
        previews.get(NAME, "view", tmp_path / "gone")
    assert previews.reason(NAME) is None
    assert previews.get(NAME, "view", original).exists()


def test_more_requests_than_may_wait_are_turned_away_and_may_come_again(tmp_path: Path, original: Path) -> None:
    previews = Previews(tmp_path / "derived")
    names = [f"{number:064x}" for number in range(12)]

    def asked(name: str) -> str:
        try:
            return str(previews.get(name, "thumb", original).suffix)
        except Unreadable as unreadable:
            return unreadable.reason

    with ThreadPoolExecutor(12) as threads:
        answers = set(threads.map(asked, names))
    assert answers <= {".webp", "busy"} and ".webp" in answers
    assert {asked(name) for name in names} == {".webp"}
