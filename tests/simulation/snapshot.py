"""A folder as one value: what lies in it at one moment, and making a folder be that again."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Container
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One name in a snapshot. `content` is None for a folder; names with the same number are one file."""

    number: int
    mode: int
    content: bytes | None


Snapshot = dict[str, Entry]
"""All files and folders of a disk at one moment, by their names below its root; a folder before what is in it."""


def names_below(root: Path) -> dict[str, os.stat_result]:
    """Every file and folder below a folder, in the order of their names; a folder before what is in it."""
    found: dict[str, os.stat_result] = {}
    folders = [""]
    while folders:
        within = folders.pop()
        with os.scandir(f"{root}/{within}") as entries:
            before = f"{within}/" if within else ""
            for entry in entries:
                name = before + entry.name
                found[name] = entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False):
                    folders.append(name)
    return dict(sorted(found.items()))


def read(path: str | Path) -> bytes:
    """The content of a file."""
    with open(path, "rb", buffering=0) as file:
        return file.readall()


def is_index(name: str) -> bool:
    """Whether a file is the index of a write-ahead log, which is memory that SQLite's connections share."""
    return name.endswith("-shm")


def is_database(name: str) -> bool:
    """Whether a file is a database, or the write-ahead log of one."""
    return name.endswith((".db", ".db-wal"))


def write_tree(
    root: Path,
    snapshot: Snapshot,
    made_anew: Container[int],
    is_there: Callable[[str, Entry, os.stat_result], bool],
) -> dict[str, int]:
    """Make a folder hold exactly the files of a snapshot; their inode numbers by their names. Those of the numbers
    `made_anew`, and every index of a log, become files of their own, so that who has the old ones open does not reach
    them; others stay where they fit. `is_there` knows of some that they do, so that they need not be read."""
    present = names_below(root)
    for name in [*present]:
        if name in snapshot and stat.S_ISDIR(present[name].st_mode) == (snapshot[name].content is None):
            continue
        if stat.S_ISDIR(present.pop(name).st_mode):
            shutil.rmtree(root / name, ignore_errors=True)
        else:
            (root / name).unlink(missing_ok=True)  # the folder it was in may be gone with it
    written: dict[int, str] = {}
    inodes: dict[str, int] = {}
    for name, entry in snapshot.items():
        path = f"{root}/{name}"
        before = present.get(name)
        if entry.content is None:
            if before is None:
                os.mkdir(path)
        elif entry.number in written:
            _unlink(path)
            os.link(f"{root}/{written[entry.number]}", path)
            inodes[name] = inodes[written[entry.number]]
            continue
        else:
            written[entry.number] = name
            anew = entry.number in made_anew or is_index(name)
            fits = not anew and before is not None and before.st_nlink == 1
            if not (fits and before and (is_there(name, entry, before) or read(path) == entry.content)):
                _unlink(path)
                with open(path, "wb", buffering=0) as file:
                    file.write(entry.content)
                before = None
        if before is None or stat.S_IMODE(before.st_mode) != entry.mode:
            os.chmod(path, entry.mode)
        inodes[name] = os.lstat(path).st_ino if before is None else before.st_ino
    return inodes


def _unlink(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
