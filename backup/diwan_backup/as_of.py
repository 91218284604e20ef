"""One record or one picture as it was on a day, from the newest archive that is not later.

The archive is restored into a separate folder, with all erasures that have been ordered until now, so that erased
values do not come back. Reading is written into the log of reads like any other."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from diwan_core.archives.record import FOLDER, Archive
from diwan_core.archives.settings import Repository
from diwan_core.exchange import ledger
from diwan_core.intake.run.access_note import note
from diwan_core.register import Edit, Record, Register
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.pictures_back import are_back
from diwan_core.trust.access_log.at_machine import person_at_machine
from diwan_core.trust.access_log.log import Look

from diwan_backup.errors import BackupError, NotProven
from diwan_backup.node_backups import NodeBackups
from diwan_backup.restore import restore_rows
from diwan_backup.snapshot import picture_path
from diwan_backup.source import Source

SCRATCH: Final = "as-of"


def archive_of(backups: NodeBackups, as_of_ms: int, repository: str = "") -> tuple[Repository, Archive]:
    """The newest archive that can be reached and is not later than a moment. Raises BackupError."""
    found = [
        (one, archive)
        for one in backups.chosen(repository)
        if one.is_there
        for archive in backups.known().of(one.name)
        if archive.made_ms <= as_of_ms and not archive.pruning
    ]
    if not found:
        raise BackupError("no archive of that day or before can be reached: plug in another disk (`diwan backup list`)")
    return max(found, key=lambda pair: pair[1].made_ms)


@contextmanager
def register_of(backups: NodeBackups, repository: Repository, archive: Archive) -> Iterator[Register]:
    """The register of an archive, restored aside, for as long as a block lasts."""
    scratch = backups.folder / FOLDER / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    source = Source(backups.opened(repository)[0], backups.identity)
    with Register.open(backups.folder) as live:
        decided = ledger.entries(live)
    try:
        restore_rows(source, source.choose(archive.name), scratch, keys_of=backups.folder, later=[decided])
        with Register.open(scratch) as register:
            yield register
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def record_of(backups: NodeBackups, repository: Repository, archive: Archive, record: str) -> Record:
    """A record as an archive has it; the look is noted. Raises BackupError."""
    with register_of(backups, repository, archive) as register:
        found = register.get(record)
    if found is None or not found.values:
        raise BackupError(
            f"the archive of that day has no record {record}, or it was erased since: `diwan search` finds ids, and "
            "`diwan backup list` other days"
        )
    if found.nominal:
        note(backups.folder, [Look("command line", found.id, f"backup {archive.name}")])
    return found


def put_back(folder: Path, wanted: Record) -> bool:
    """Make a record what it was, by a new change of whoever sits at this machine; whether anything differed. Raises
    Refused."""
    with Register.open(folder, role="writer") as register:
        now = register.get(wanted.id)
        values = dict(wanted.values) if now is None else changes(now.values, wanted.values)
        if not values:
            return False
        register.save(
            [Edit(wanted.type, values, record=wanted.id, create=now is None)],
            author=f"{person_at_machine()} from a backup",
        )
    return True


def changes(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The values to set, null to clear, so that a document becomes another."""
    found: dict[str, Any] = {}
    for name in now.keys() | wanted.keys():
        here, there = now.get(name), wanted.get(name)
        if isinstance(here, dict) and isinstance(there, dict):
            inner = changes(here, there)
            if inner:
                found[name] = inner
        elif here != there:
            found[name] = there
    return found


def picture_of(backups: NodeBackups, repository: Repository, archive: Archive, name: str) -> bytes:
    """A picture of an archive by its SHA-256; the look is noted. Raises BackupError, NotProven."""
    with Register.open(backups.folder) as live, live.store.read() as connection:
        if is_erased_blob(connection, name):
            raise BackupError("this picture was erased under the law and is not brought back")
    borg, _ = backups.opened(repository)
    content = borg.run("extract", "--stdout", borg.names(archive.name), picture_path(name)).out
    if hashlib.sha256(content).hexdigest() != name:
        raise NotProven(f"the picture in {archive.name} is not what it was: try another archive or disk")
    note(backups.folder, [Look("command line", name, f"backup {archive.name}")])
    return content


def put_picture_back(folder: Path, name: str, content: bytes) -> None:
    """Put a picture that is lost here where it belongs. Raises RegisterError."""
    with Register.open(folder, role="writer") as register:
        register.blobs.add(io.BytesIO(content))
        are_back(register.store, [name])
