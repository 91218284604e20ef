"""Temporary files of a node in `DIR/spool`: on the node's own (encrypted) disk and never in a shared folder.

Each user of it has a folder of its own, locked while it is used. What a process that was killed left there is removed
when the next one begins.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

FOLDER: Final = "spool"
_SQLITE: Final = "SQLITE_TMPDIR"


def place(folder: Path) -> Path:
    """The folder of passing files, made where there is none. Raises OSError."""
    made = folder / FOLDER
    made.mkdir(mode=0o700, exist_ok=True)
    return made


@contextmanager
def passing_folder(folder: Path) -> Iterator[Path]:
    """A folder that is removed at the end of the block, or when the next process begins. Raises OSError."""
    made = Path(tempfile.mkdtemp(dir=place(folder)))
    lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def passing_text(folder: Path) -> IO[str]:
    """A nameless file of text, gone when it is closed or its process ends. Raises OSError."""
    return tempfile.TemporaryFile("w+", encoding="utf-8", dir=place(folder))


@contextmanager
def sqlite_files_in(folder: Path) -> Iterator[None]:
    """Let SQLite put its temporary files, such as a whole database for VACUUM, into this folder and not into one that
    all users share. One thread at a time. Raises OSError."""
    before = os.environ.get(_SQLITE)
    os.environ[_SQLITE] = str(place(folder))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SQLITE]
        else:
            os.environ[_SQLITE] = before


def sweep(folder: Path) -> None:
    """Remove what nobody uses any more."""
    with contextlib.suppress(OSError):
        for path in (folder / FOLDER).iterdir():
            if path.is_dir() and not path.is_symlink():
                _remove_unused(path)
            else:
                path.unlink(missing_ok=True)


def _remove_unused(path: Path) -> None:
    lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(lock)
