"""One complete backup of one repository: make an archive, read it back, delete old archives. Failures are noted, not
raised."""

from __future__ import annotations

import contextlib
from typing import Any

from diwan_core.archives.settings import Repository
from diwan_core.register.storage.database import RegisterError

from diwan_backup.errors import BackupError, ClockDoubtful
from diwan_backup.node_backups import NodeBackups
from diwan_backup.prune import prune
from diwan_backup.run import make
from diwan_backup.verify import Verified, verify

Facts = dict[str, Any]


def cycle(
    backups: NodeBackups, repository: Repository, *, and_verify: bool = True, as_json: bool = False, quiet: bool = False
) -> Facts:
    """Make an archive and read it back; what was done, or the error that stopped it."""
    try:
        made = make(backups, repository, as_json=as_json, quiet=quiet)
        facts: Facts = {"repository": repository.name, "archive": made.name, "id": made.id, "bytes": made.bytes}
        facts |= {"files": made.files, "seconds": made.seconds}
        if and_verify:
            facts |= facts_of(verify(backups, repository, as_json=as_json, quiet=quiet))
    except (BackupError, RegisterError, OSError) as error:
        return note_failure(backups, repository, error)
    if facts.get("verified") and not facts["missing"] and not facts["unknown"] and repository.kind != "remote":
        facts |= _pruned(backups, repository)
    return facts


def _pruned(backups: NodeBackups, repository: Repository) -> Facts:
    try:
        return {"deleted": prune(backups, repository).deleted}
    except ClockDoubtful as error:
        return {"warning": str(error)}
    except BackupError as error:
        return note_failure(backups, repository, error)


def read_back(
    backups: NodeBackups, repository: Repository, wanted: Any = None, *, as_json: bool = False, quiet: bool = False
) -> Facts:
    """Read an archive back; what was found, or the error that stopped it."""
    try:
        return facts_of(verify(backups, repository, wanted, as_json=as_json, quiet=quiet))
    except (BackupError, RegisterError, OSError) as error:
        return note_failure(backups, repository, error)


def facts_of(found: Verified) -> Facts:
    """The result of reading back, for people and programs."""
    return {
        "repository": found.repository, "archive": found.archive, "bytes": found.bytes, "files": found.files,
        "problems": found.problems, "missing": found.missing, "unknown": found.unknown, "verified": not found.problems,
    }  # fmt: skip


def note_failure(backups: NodeBackups, repository: Repository, error: Exception) -> Facts:
    """Note what failed, where the disk takes it: the disk may be what failed."""
    text = f"{error.filename or ''}: {error.strerror}" if isinstance(error, OSError) else str(error)
    with contextlib.suppress(OSError):
        backups.note("failed", repository.name, text=text, ok=False)
    return {"repository": repository.name, "error": text}
