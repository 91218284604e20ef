"""What borg keeps in its home, and what a power cut may do to it.

Its cache is derived from the repository, and partly written without a sync; a card that reports bytes as written before
they are tears even what was synced. borg does not start with a torn cache, and takes a torn note of the repository's
kind of key for somebody's attack: no backup would be made again until a person came. So each run is marked, and what it
wrote is synced before the mark goes; where a mark of an earlier boot is found, the cache is made anew from the
repository. A torn note is removed, and borg writes it again; the notes that can be read still count."""

from __future__ import annotations

import configparser
import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from diwan_core import world
from diwan_core.trust.files import make_private_folder, sync_folder, write_private

_MARK: Final = "run-"
_CACHES: Final = Path(".cache", "borg")
_SECURITY: Final = Path(".config", "borg", "security")


@contextmanager
def marked(home: Path) -> Iterator[None]:
    """Around each run of borg: mend what an earlier boot left torn, mark this run, sync what it wrote."""
    make_private_folder(home)
    mend(home)
    mark = home / f"{_MARK}{world.random_hex(4)}"
    write_private(mark, world.boot_identity().encode())
    try:
        yield
    finally:
        _sync(home / _CACHES)
        _sync(home / _SECURITY)
        mark.unlink(missing_ok=True)


def mend(home: Path) -> None:
    """Remove the caches where a run ended with its boot, and notes and caches that cannot be read."""
    marks = sorted(home.glob(f"{_MARK}*"))
    cut_off = [mark for mark in marks if mark.read_bytes() != world.boot_identity().encode()]
    for cache in sorted((home / _CACHES).glob("*/")):
        if cut_off or not _is_config(cache / "config"):
            shutil.rmtree(cache)
    for folder in sorted((home / _SECURITY).glob("*/")):
        for name, is_whole in _NOTES.items():
            note = folder / name
            if note.exists() and not is_whole(note.read_bytes()):
                note.unlink()
    for mark in cut_off:
        mark.unlink()


def _is_config(path: Path) -> bool:
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read_string(path.read_bytes().decode())
    except FileNotFoundError:
        return True  # a cache that is being made, or that borg makes when it starts
    except (ValueError, configparser.Error):
        return False
    return config.has_section("cache")


def _is_moment(content: bytes) -> bool:
    with contextlib.suppress(ValueError):
        return bool(datetime.fromisoformat(content.decode()))
    return False


def _is_number_in_hex(content: bytes) -> bool:
    return len(content) == 16 and all(one in b"0123456789abcdef" for one in content)


_NOTES: Final[dict[str, Callable[[bytes], bool]]] = {
    "key-type": bytes.isdigit,
    "location": lambda content: bool(content) and b"\0" not in content,
    "manifest-timestamp": _is_moment,
    "nonce": _is_number_in_hex,
}


def _sync(folder: Path) -> None:
    for at, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError), (Path(at) / name).open("rb") as file:
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            sync_folder(Path(at))
