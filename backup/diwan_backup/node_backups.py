"""The backups of one node: its settings, its list of archives, its repositories; one run at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.archives import settings as all_settings
from diwan_core.archives.record import FOLDER, Event, Known, Record, What
from diwan_core.archives.settings import Repository, Settings
from diwan_core.processes.lock import Lock
from diwan_core.trust import NodeKeys
from diwan_core.trust.custodians import backup_keys

from diwan_backup import borg_words, locks
from diwan_backup.borg import Borg
from diwan_backup.errors import WrongRepository

LOCK: Final = "backup"
HOME: Final = "borg"


@dataclass(frozen=True)
class Listed:
    """An archive that is in a repository."""

    name: str
    id: str


class NodeBackups:
    """Use it as a context: it holds the node's lock for backups. `now_ms` is the clock."""

    def __init__(
        self, folder: Path, *, exclusive: bool = True, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self.config = node.load(folder)
        self.folder = folder
        self.now_ms = now_ms
        self.record = Record(folder)
        self._lock = Lock(folder, LOCK) if exclusive else None

    def __enter__(self) -> NodeBackups:
        if self._lock is not None:
            self._lock.take()
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()

    @property
    def settings(self) -> Settings:
        """The settings of the backups. Raises BadSettings."""
        return all_settings.load(self.folder)

    @property
    def identity(self) -> bytes:
        """The key that this node's manifests are signed with."""
        return NodeKeys.load(self.folder).identity_public

    def known(self) -> Known:
        """The content of the list of archives. Raises RecordBroken."""
        return self.record.known()

    def note(self, what: What, repository: str = "", **facts: str | int | bool) -> Event:
        """Add to the list of archives."""
        return self.record.add(what, self.now_ms(), repository=repository, **facts)

    def chosen(self, name: str) -> list[Repository]:
        """The repository of this name; without one, all that are there now, and those that should be. Raises
        NoBackupYet, BadSettings."""
        settings = all_settings.needed_settings(self.folder)
        if name:
            return [settings.repository(name)]
        return [one for one in settings.repositories if one.is_there or not one.detached]

    def borg(self, repository: Repository) -> Borg:
        """borg for a repository. Raises KeysMissing."""
        return Borg(repository, self.folder / FOLDER / HOME, backup_keys.passphrase(self.folder))

    def opened(self, repository: Repository) -> tuple[Borg, list[Listed]]:
        """The same, of a repository that is there and is the one that was recorded, with no dead process's lock; and
        what is in it. Raises RepositoryAway, WrongRepository."""
        self.reach(repository)
        borg = self.borg(repository)
        return borg, self.inventory(borg)

    def reach(self, repository: Repository) -> None:
        """Raises RepositoryAway; breaks a lock whose holder is certainly dead."""
        if not repository.is_there:
            raise borg_words.away(repository)
        if locks.all_dead(repository):
            self.borg(repository).run("break-lock", repository.location)

    def inventory(self, borg: Borg) -> list[Listed]:
        """The archives that are in the repository, the oldest first. Raises WrongRepository, BackupError."""
        said = borg.run("list", "--json", borg.names()).json
        repository = borg.repository
        if repository.id and said["repository"]["id"] != repository.id:
            raise WrongRepository(
                f"what is at {repository.place} is not the repository {repository.name} that was made here: it is "
                f"{said['repository']['id'][:12]}, and should be {repository.id[:12]}. Plug in the right disk; "
                "`diwan backup status` names each"
            )
        return [Listed(one["name"], one["id"]) for one in said["archives"]]
