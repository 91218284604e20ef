"""Repairs a damaged repository as far as borg can, and reports what is left of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from diwan_core.archives.settings import Repository

from diwan_backup import locks
from diwan_backup.errors import BackupError, RepositoryLocked
from diwan_backup.node_backups import NodeBackups


@dataclass(frozen=True)
class Repaired:
    """Names of archives that are as they were as far as borg knows, changed by the repair, and gone."""

    same: list[str]
    changed: list[str]
    gone: list[str]


def repair(backups: NodeBackups, repository: Repository) -> Repaired:
    """Have borg check every piece and mend what it can. No archive counts as verified afterwards before it is read
    back again. Raises BackupError."""
    backups.reach(repository)
    borg = backups.borg(repository)
    backups.note("repaired", repository.name, text="begun")
    try:
        borg.run("check", "--repair", "--verify-data", borg.names())
    except BackupError:
        borg.run("check", borg.names())  # a repair that found something ends with a warning; now all must be well
    present = {one.name: one.id for one in backups.inventory(borg)}
    same, changed, gone = [], [], []
    for one in backups.known().of(repository.name):
        if present.get(one.name) == one.id:
            same.append(one.name)
            continue
        backups.note("pruned", repository.name, archive=one.id, name=one.name, text="repaired")
        if one.name not in present:
            gone.append(one.name)
            continue
        changed.append(one.name)
        backups.note("made", repository.name, archive=present[one.name], name=one.name, manifest=one.manifest,
                     bytes=one.bytes, files=one.files, ledger=one.ledger, erased=one.erased)  # fmt: skip
        backups.note("failed", repository.name, archive=present[one.name], name=one.name, ok=False,
                     text="pieces of this archive were lost and replaced by zeros")  # fmt: skip
    return Repaired(same, changed, gone)


def unlock(backups: NodeBackups, repository: Repository) -> list[str]:
    """Break the lock of a repository whose holder, as somebody says, is gone; who held it. Raises RepositoryLocked
    where the holder is a program of this machine that lives."""
    if not repository.is_there:
        backups.reach(repository)
    held = [] if repository.kind == "remote" else locks.holders(Path(repository.location))
    for holder in held:
        if locks.lives_here(holder):
            raise RepositoryLocked(f"{holder.said} is at work in {repository.name}: wait until it has ended")
    backups.borg(repository).run("break-lock", repository.location)
    return [holder.said for holder in held]
