"""What a power cut tears in borg's home keeps no backup from being made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from diwan_backup import borg_home
from diwan_backup.node_backups import HOME
from diwan_core import world
from diwan_core.archives.record import FOLDER

from tests.backup.kit import Centre

NOTES = ("key-type", "location", "manifest-timestamp", "nonce")


def home_of(centre: Centre) -> Path:
    return centre.folder / FOLDER / HOME


def cache_of(centre: Centre) -> Path:
    (found,) = (home_of(centre) / ".cache" / "borg").glob("*/")
    return found


def notes_of(centre: Centre) -> Path:
    (found,) = (home_of(centre) / ".config" / "borg" / "security").glob("*/")
    return found


def tear(path: Path, how: str) -> None:
    """What is left of a file that was not on the disk yet when the power went."""
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "half": content[: len(content) // 2], "zeros": bytes(len(content))}[how])


@pytest.mark.slow
@pytest.mark.parametrize("how", ["empty", "half", "zeros"])
def test_torn_files_of_the_cache_are_made_anew_after_a_run_that_ended_with_its_boot(centre: Centre, how: str) -> None:
    centre.repository("a")
    centre.make("a")
    whole = home_of(centre).with_name("whole")
    shutil.copytree(home_of(centre), whole)
    for name in sorted(path.name for path in cache_of(centre).iterdir() if path.is_file()):
        shutil.rmtree(home_of(centre))
        shutil.copytree(whole, home_of(centre))
        tear(cache_of(centre) / name, how)
        (home_of(centre) / "run-00000000").write_bytes(b"an earlier boot")
        centre.make("a")
        assert centre.verify("a").problems == []
        assert not list(home_of(centre).glob("run-*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NOTES, "config"])
@pytest.mark.parametrize("how", ["empty", "zeros"])
def test_a_note_or_configuration_that_cannot_be_read_is_written_again(centre: Centre, name: str, how: str) -> None:
    centre.repository("a")
    centre.make("a")
    path = (cache_of(centre) if name == "config" else notes_of(centre)) / name
    tear(path, how)
    torn = path.read_bytes()
    centre.make("a")
    assert centre.verify("a").problems == []
    assert path.read_bytes() != torn


@pytest.mark.slow
def test_a_repository_put_back_is_still_found_after_a_run_that_was_cut_off(centre: Centre) -> None:
    """The notes that can be read still count: an older copy of the disk is not believed."""
    centre.repository("a")
    centre.make("a")
    older = centre.place / "older"
    shutil.copytree(centre.place / "a.borg", older)
    centre.save_case("Gate 9")
    centre.make("a")
    shutil.rmtree(centre.place / "a.borg")
    older.rename(centre.place / "a.borg")
    (home_of(centre) / "run-00000000").write_bytes(b"an earlier boot")
    with pytest.raises(Exception, match="an older copy of itself"):
        centre.make("a")


def test_a_run_is_marked_until_what_it_wrote_is_on_the_disk(tmp_path: Path) -> None:
    with borg_home.marked(tmp_path / "home"):
        (mark,) = (tmp_path / "home").glob("run-*")
        assert mark.read_bytes() == world.boot_identity().encode()
    assert not list((tmp_path / "home").glob("run-*"))


def test_a_run_of_this_boot_takes_no_cache_from_another(tmp_path: Path) -> None:
    cache = tmp_path / "home" / ".cache" / "borg" / "0123"
    with borg_home.marked(tmp_path / "home"):
        cache.mkdir(parents=True)
        (cache / "chunks").write_bytes(b"kept")
        with borg_home.marked(tmp_path / "home"):
            pass
        assert (cache / "chunks").read_bytes() == b"kept"
