"""Makes one archive in one repository."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core import crash
from diwan_core.archives.record import Known
from diwan_core.archives.settings import Repository
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.trust.custodians import recovery
from diwan_core.trust.files import write_private

from diwan_backup import manifest as manifests
from diwan_backup.borg import Borg
from diwan_backup.errors import BackupError
from diwan_backup.node_backups import Listed, NodeBackups
from diwan_backup.progress import Progress
from diwan_backup.snapshot import PREFIX, Snapshot

SEALED: Final = "keys.sealed"
LEDGER: Final = "ledger"
_OPTIONS: Final = (
    "--json", "--progress", "--compression", "auto,zstd,3", "--files-cache", "ctime,size,inode", "--paths-from-stdin",
    "--paths-delimiter", "\\0", "--noacls", "--noxattrs", "--numeric-ids", "--noflags",
)  # fmt: skip


@dataclass(frozen=True)
class MadeArchive:
    """An archive that was written, and not read back yet."""

    name: str
    id: str
    manifest: str
    bytes: int
    files: int
    seconds: float
    """From the snapshot to the end of `borg create`."""


def make(backups: NodeBackups, repository: Repository, *, as_json: bool = False, quiet: bool = False) -> MadeArchive:
    """Make an archive of this moment. Raises BackupError."""
    borg, listed = backups.opened(repository)
    reconcile(backups, borg, listed)
    try:
        return _make(backups, borg, as_json, quiet)
    except _Changed:
        try:
            return _make(backups, borg, as_json, quiet)  # a picture was erased meanwhile: take another snapshot
        except _Changed as error:
            raise BackupError(f"{error}; run `diwan backup run` again") from error


class _Changed(BackupError):
    """A file went away between the snapshot and its archive."""


def _make(backups: NodeBackups, borg: Borg, as_json: bool, quiet: bool) -> MadeArchive:
    repository, began = borg.repository, time.monotonic()
    with Snapshot(backups.folder, backups.now_ms()) as snapshot:
        manifest, name = snapshot.manifest, snapshot.archive_name
        backups.note("making", repository.name, name=name, manifest=snapshot.digest)
        crash.point("backup-staged")
        names = list(snapshot.names())
        progress = Progress("backup", manifest.total, len(names), as_json=as_json, quiet=quiet)
        try:
            said = borg.run(
                "create", *_OPTIONS, borg.names(name), cwd=backups.folder,
                given=b"\0".join(one.encode() for one in names), hear=progress.hear,
            ).json  # fmt: skip
        except BackupError as error:
            gone = [one for one in names if not (backups.folder / one).exists()]
            if gone:
                _delete_if_there(backups, borg, name)
                raise _Changed(f"{len(gone)} files went away while they were archived, such as {gone[0]}") from error
            raise
        seconds = round(time.monotonic() - began, 2)
        crash.point("backup-written")
        made = MadeArchive(name, said["archive"]["id"], snapshot.digest, manifest.total, len(names), seconds)
        facts = manifest.facts
        backups.note("made", repository.name, archive=made.id, name=name, manifest=made.manifest, **facts)
    lay_beside(backups, repository)
    return made


def _delete_if_there(backups: NodeBackups, borg: Borg, name: str) -> None:
    if name in {one.name for one in backups.inventory(borg)}:
        borg.run("delete", borg.names(name))


def reconcile(backups: NodeBackups, borg: Borg, listed: list[Listed]) -> tuple[list[Listed], list[str]]:
    """Hold what is in a repository against the list of archives: what is there and unknown, and the names of those
    that should be there and are not. An archive that was finished when the machine went out is taken over; a
    deletion that was begun is finished in the list."""
    known = backups.known()
    present = {one.id for one in listed}
    unknown = []
    for one in listed:
        if any(archive.id == one.id for archive in known.archives):
            continue
        if not _take_over(backups, borg, one, known):
            unknown.append(one)
    missing = []
    for archive in known.of(borg.repository.name):
        if archive.id not in present:
            if archive.pruning:
                backups.note("pruned", borg.repository.name, archive=archive.id, name=archive.name)
            else:
                missing.append(archive.name)
    return unknown, missing


def _take_over(backups: NodeBackups, borg: Borg, one: Listed, known: Known) -> bool:
    begun = known.making.get(one.name)
    if begun is None or begun.repository != borg.repository.name:
        return False
    raw = borg.run("extract", "--stdout", borg.names(one.name), PREFIX + manifests.NAME).out
    if manifests.digest(raw) != begun.manifest:
        return False
    manifest = manifests.readable(raw)
    facts = manifest.facts
    backups.note("made", borg.repository.name, archive=one.id, name=one.name, manifest=begun.manifest, **facts)
    return True


def lay_beside(backups: NodeBackups, repository: Repository) -> None:
    """Put beside a repository on a disk the private keys, sealed to the key on paper, and the ledger up to now. Also
    in the node's folder, for whoever keeps a copy elsewhere."""
    with Register.open(backups.folder) as register:
        entries = ledger.entries(register)
    places = [backups.record.path.parent / "beside"]
    if repository.kind != "remote":
        places.append(Path(repository.location))
    settings = backups.settings
    sealed = recovery.seal_keys(backups.folder, settings.recovery_key) if settings.recovery_key else None
    for place in places:
        write_private(beside(place, LEDGER), entries)
        if sealed is not None:
            write_private(beside(place, SEALED), sealed)


def beside(location: Path, name: str) -> Path:
    """A file beside a repository."""
    return location.with_name(f"{location.name}.{name}")
