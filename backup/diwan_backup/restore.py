"""Restores a whole node onto a machine that has none: records first, so that people can work, then pictures.

It is built in a folder beside the one it is for and takes its name when it is whole, so that a power cut leaves
either nothing or a node. A centre is closed until its posts have shown their ledgers (`exchange.reopening`);
erasures that were ordered after the archive are carried out before anybody reads."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from diwan_core import crash
from diwan_core.archives import settings as all_settings
from diwan_core.archives.record import FOLDER
from diwan_core.exchange import erasure, ledger, reopening
from diwan_core.node import FILE
from diwan_core.register import Register
from diwan_core.register.exchange_state.ledger_entries import last_entry
from diwan_core.register.pictures_back import say_what_is_here
from diwan_core.register.storage import copies
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import LedgerRefused
from diwan_core.trust.files import make_private_folder, sync_folder, write_private

from diwan_backup.errors import BackupError, NoRoom, NotProven
from diwan_backup.manifest import Manifest
from diwan_backup.snapshot import PREFIX
from diwan_backup.source import Chosen, Source

DUE: Final = "pictures-due.json"
IN_PLACE: Final = ".restoring"
_SPARE: Final = 200 * 1000**2


class PicturesDue(msgspec.Struct, frozen=True):
    """Pictures that still come from an archive."""

    place: str
    archive: str


@dataclass
class Restored:
    """The result of a restore. `warnings` are sentences for whoever did it."""

    manifest: Manifest
    archive: str
    pictures_awaited: int = 0
    ledger_added: int = 0
    closed: bool = False
    warnings: list[str] = field(default_factory=list)


def check_target(folder: Path, chosen: Chosen, *, with_pictures: bool = True) -> None:
    """Raises BackupError where the folder is not free, NoRoom where the disk is too small."""
    if folder.exists() and not folder.is_dir():
        raise BackupError(f"{folder} is a file: name a new folder")
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if held and (IN_PLACE not in held or FILE in held):
        raise BackupError(f"{folder} is not empty: name a new folder, or move that one away first")
    place = folder if folder.exists() else folder.parent
    if not place.is_dir():
        raise BackupError(f"{place} does not exist: mount the disk it is on, or make it")
    wanted = chosen.manifest.total if with_pictures else sum(file.size for file in chosen.manifest.files)
    free = shutil.disk_usage(place).free
    if free < wanted + _SPARE:
        raise NoRoom(
            f"{place} has {free // 1000**2} MB free and needs {(wanted + _SPARE) // 1000**2} MB: free some space"
        )


def restore_rows(
    source: Source, chosen: Chosen, folder: Path, *, keys_of: Path | None = None, later: Sequence[bytes] = ()
) -> Restored:
    """Everything but the pictures. `keys_of` is a node whose place in the ledger is kept and whose private keys are
    left out: for a drill, which gets keys of its own. `later` are ledgers known from elsewhere.

    Raises BackupError, TrustError, OSError."""
    work = _begin(folder)
    try:
        _extract(source, chosen, work)
        crash.point("backup-extracted")
        restored = Restored(chosen.manifest, chosen.name)
        if keys_of is not None:
            NodeKeys.create(work)
        elif source.key is not None:
            source.key.restore(source.sealed, work)
            _seal_to(work, source.key.public)
        _take_later_ledger([*source.later_ledger(chosen), *later], work, restored)
        with Register.open(work, role="writer") as register:
            restored.pictures_awaited = say_what_is_here(register.store, work)
            if chosen.manifest.role == "central":
                reopening.close(register.store)
                restored.closed = True
        make_private_folder(work / FOLDER)
        due = PicturesDue(source.borg.repository.place, chosen.name)
        write_private(work / FOLDER / DUE, msgspec.json.encode(due))
        os.sync()
        crash.point("backup-restored")
        _settle(work, folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    return restored


def _begin(folder: Path) -> Path:
    """The folder in which the node is built: beside the target, or inside one that was made for a user who may not
    write beside it. What a run that was cut off left is removed."""
    beside = folder.with_name(f".{folder.name}{IN_PLACE}")
    work = folder / IN_PLACE if folder.is_dir() else beside
    shutil.rmtree(beside, ignore_errors=True)
    for left in folder.iterdir() if folder.is_dir() else ():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    make_private_folder(work)
    return work


def _settle(work: Path, folder: Path) -> None:
    """The work takes its name. Inside a folder `node.toml` comes last: its presence makes it a node."""
    if work.parent != folder:
        work.rename(folder)
        sync_folder(folder.parent)
        return
    for path in sorted(work.iterdir(), key=lambda path: path.name == FILE):
        path.rename(folder / path.name)
    work.rmdir()
    sync_folder(folder)


def _seal_to(work: Path, public: bytes) -> None:
    """Seal keys from now on to the key that opened them here. The archive may be older than it, and remember one
    whose sheets were destroyed."""
    settings = all_settings.load(work)
    if settings.recovery_key != public:
        all_settings.save(work, msgspec.structs.replace(settings, recovery_key=public))


def _extract(source: Source, chosen: Chosen, work: Path) -> None:
    borg = source.borg
    borg.run("extract", borg.names(chosen.name), PREFIX.rstrip("/"), cwd=work)
    staged = work / PREFIX
    databases = set(chosen.manifest.databases)
    for file in chosen.manifest.files:
        path, target = staged / file.path, work / file.path
        try:
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except FileNotFoundError:
            raise NotProven(f"{file.path} is missing in the archive {chosen.name}: take an older one") from None
        if digest != file.sha256:
            raise NotProven(f"{file.path} of the archive {chosen.name} is damaged: take an older one, or another disk")
        make_private_folder(target.parent)
        path.replace(target)
        if file.path in databases:
            fault = copies.fault_of(target)
            if fault:
                raise NotProven(f"{file.path} of the archive {chosen.name} is damaged ({fault}): take an older one")
            copies.use_wal(target)
    shutil.rmtree(staged)


def _take_later_ledger(ledgers: Sequence[bytes], work: Path, restored: Restored) -> None:
    """Take in what was decided after the archive: revocations count at once, erasures leave nothing behind."""
    with Register.open(work, role="writer") as register:
        before = last_entry(register.store)
        for entries in ledgers:
            try:
                ledger.take_entries(register, entries)
            except LedgerRefused as error:
                restored.warnings.append(f"a ledger beside the archive is not this centre's and was left: {error}")
        restored.ledger_added = last_entry(register.store) - before
        if not erasure.tidy(register, NodeKeys.load(work)):
            raise BackupError("what was erased since could not be taken out of the restored files: restore again")


def remember_repository(folder: Path, source: Source) -> None:
    """The place a node was restored from may be another one than it was before: the disk is in this machine now."""
    settings = all_settings.load(folder)
    place, said = source.borg.repository.place, source.borg.run("list", "--json", source.borg.names()).json
    identity = said["repository"]["id"]
    repositories = tuple(
        msgspec.structs.replace(one, place=place) if one.id == identity else one for one in settings.repositories
    )
    if repositories != settings.repositories:
        all_settings.save(folder, msgspec.structs.replace(settings, repositories=repositories))
