"""The source of a restore: a repository opened with what the recovery key unseals.

Nothing of the node is needed: this runs on a new machine with a disk and a paper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from diwan_core.archives import settings as all_settings
from diwan_core.archives.settings import Repository
from diwan_core.trust.custodians.recovery import RecoveryKey

from diwan_backup import borg_words, locks
from diwan_backup import manifest as manifests
from diwan_backup.borg import Borg
from diwan_backup.errors import BackupError, NotProven
from diwan_backup.manifest import Manifest
from diwan_backup.run import SEALED, beside
from diwan_backup.snapshot import LEDGER, PREFIX

_LATEST: Final = "latest"


@dataclass(frozen=True)
class Chosen:
    """An archive that the node signed, and the newest one of the same repository."""

    name: str
    id: str
    manifest: Manifest
    digest: str
    newest: str


class Source:
    """An open repository and whose it is."""

    def __init__(self, borg: Borg, identity: bytes, key: RecoveryKey | None = None, sealed: bytes = b"") -> None:
        self.borg = borg
        self.identity = identity
        self.key = key
        self.sealed = sealed

    def content(self, archive: str, name: str) -> bytes:
        """One staged file of an archive; b"" where it has none. Raises BackupError."""
        return self.borg.run("extract", "--stdout", self.borg.names(archive), PREFIX + name).out

    def manifest(self, archive: str) -> tuple[Manifest, str]:
        """The manifest of an archive and its hash. Raises NotProven, NewerRelease."""
        raw = self.content(archive, manifests.NAME)
        return manifests.read(raw, self.content(archive, manifests.SIGNATURE), self.identity), manifests.digest(raw)

    def choose(self, wanted: str = _LATEST) -> Chosen:
        """The newest archive that this node signed, or the one of this name. Raises BackupError, NewerRelease."""
        said = self.borg.run("list", "--json", self.borg.names()).json["archives"]
        if not said:
            raise BackupError(f"the repository {self.borg.repository.place} has no archive: take another disk")
        names = {one["name"]: one["id"] for one in said}
        if wanted != _LATEST and wanted not in names:
            raise BackupError(f"there is no archive {wanted}; the newest is {said[-1]['name']}")
        refused = ""
        for one in reversed(said) if wanted == _LATEST else [{"name": wanted}]:
            try:
                manifest, digest = self.manifest(one["name"])
            except NotProven as error:
                refused = str(error)
                continue
            return Chosen(one["name"], names[one["name"]], manifest, digest, said[-1]["name"])
        raise NotProven(refused)

    def later_ledger(self, chosen: Chosen) -> list[bytes]:
        """The known entries of the ledger after this archive: from the newest archive, and from beside the
        repository."""
        found = []
        if chosen.newest != chosen.name:
            try:
                self.manifest(chosen.newest)
                found.append(self.content(chosen.newest, LEDGER))
            except BackupError:
                pass  # not ours, or of a newer release: what is beside the repository still counts
        if self.borg.repository.kind != "remote":
            path = beside(Path(self.borg.repository.location), "ledger")
            if path.is_file():
                found.append(path.read_bytes())
        return found


@contextmanager
def open_source(place: str, typed: str, keys_file: Path | None, scratch: Path) -> Iterator[Source]:
    """The repository at a place, opened with the recovery key. Raises WrongRecoveryKey, BackupError."""
    repository = Repository(Path(place).stem or "disk", place, "", False)
    all_settings.kind_of(place)
    if not repository.is_there:
        raise borg_words.away(repository)
    key = RecoveryKey(typed)
    path = keys_file or beside(Path(repository.location), SEALED)
    if repository.kind == "remote" and keys_file is None:
        raise BackupError(
            "a remote repository has no sealed keys beside it: name the file with --keys. Every backup disk has it, as "
            "diwan.borg.keys.sealed"
        )
    try:
        sealed = path.read_bytes()
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}. Name the file with the sealed keys with --keys") from error
    with TemporaryDirectory(prefix=".diwan-restore-", dir=scratch) as home:
        borg = Borg(repository, Path(home), key.passphrase(sealed))
        if locks.all_dead(repository):
            borg.run("break-lock", repository.location)
        yield Source(borg, key.identity(sealed), key, sealed)
