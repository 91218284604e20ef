"""Writes what the centre itself wrote since its last verified backup to a second disk, within a minute.

The nightly archive is the backup; this covers the day between two archives. The place is any folder on another disk
than the data: a second disk in the machine, or a backup disk that stays plugged in."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from diwan_core import node
from diwan_core.archives import settings as all_settings
from diwan_core.archives.record import FOLDER
from diwan_core.archives.standing import TAIL_WRITTEN
from diwan_core.exchange.carriers.folder import NoStick, Stick
from diwan_core.exchange.centre.journal_tail import write_tail
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from diwan_backup.errors import BackupError


class NoTail(BackupError):
    """The tail was not written; the text names the place and the remedy."""


@dataclass(frozen=True)
class Written:
    """The result: files written, and whether the place is on the same disk as the data, which would be useless."""

    files: int
    place: Path
    same_disk: bool


def write(folder: Path, place: Path | None) -> Written:
    """Bring `place`, or what was agreed, to what the centre wrote. Raises NoTail, NodeError."""
    node.load(folder, role="central")
    agreed = all_settings.load(folder).tail
    chosen = place or (Path(agreed) if agreed else None)
    if chosen is None:
        raise NoTail("no second disk was agreed: give one with --to, or `diwan backup configure tail=/PATH`")
    if not chosen.is_dir():
        raise NoTail(f"{chosen} is not there: plug the second disk in, or make the folder on it")
    same = chosen.stat().st_dev == folder.stat().st_dev
    try:
        with Register.open(folder, role="writer") as register:
            moved = write_tail(register, NodeKeys.load(folder), Stick(chosen))
    except NoStick as error:
        raise NoTail(str(error)) from error
    with contextlib.suppress(OSError):  # its time says when; the next minute says it again
        (folder / FOLDER / TAIL_WRITTEN).touch()
    return Written(moved.written or 0, chosen, same)
