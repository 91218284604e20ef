"""Puts the new register in the place of the damaged one, so that a power cut at any moment does no harm.

The new register is built in `DIR/salvage`. When it is whole and on the disk, the damaged files are moved to
`DIR/damaged/TIME`, the log first: SQLite takes a log that lies beside a database for the log of that database. Then the
new file gets the name. After a power cut the same command finds the new file and goes on.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Final

from diwan_core.register.register import DATABASE
from diwan_core.trust.files import sync_folder

WORK: Final = "salvage"
ASIDE: Final = "damaged"
READY: Final = "ready"
"""A file in `DIR/salvage` that says: the new database is whole. It names the folder for the damaged one."""
PARTS: Final = ("-wal", "-shm", "-journal", "")


def work_folder(folder: Path) -> Path:
    """Make the empty folder in which the new register is built. Raises OSError."""
    work = folder / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    return work


def aside_folder(folder: Path) -> Path:
    """Make the folder for the damaged files, a new one for each salvage. Raises OSError."""
    place = folder / ASIDE
    place.mkdir(mode=0o700, exist_ok=True)
    made = place / time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    made.mkdir(mode=0o700, exist_ok=True)
    return made


def settle_down(folder: Path, aside: Path) -> None:
    """Note that the database in `DIR/salvage` is whole, and put it in its place, now or after a power cut. Raises
    OSError."""
    work = folder / WORK
    database = work / DATABASE
    for part in PARTS[:3]:
        database.with_name(DATABASE + part).unlink(missing_ok=True)  # it was closed: nothing is in them
    handle = os.open(database, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    (work / READY).write_text(aside.name)
    sync_folder(work)
    finish(folder)


def is_begun(folder: Path) -> bool:
    """Whether a new register is whole and not in its place yet."""
    return (folder / WORK / READY).exists()


def finish(folder: Path) -> None:
    """Put the new register in its place; after a power cut, do what is left of that. Raises OSError."""
    work = folder / WORK
    aside = folder / ASIDE / (work / READY).read_text()
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = work / DATABASE
    if new.exists():
        for part in PARTS:
            damaged = folder / (DATABASE + part)
            if damaged.exists():
                damaged.rename(aside / damaged.name)
        sync_folder(aside)
        new.rename(folder / DATABASE)
        sync_folder(folder)
    shutil.rmtree(work)
