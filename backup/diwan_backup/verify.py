"""Verifies an archive: every byte is hashed against the signed manifest, every database is opened and checked.

borg streams the archive as a tar file; it is read once, pictures are hashed on the way and databases are written to a
private scratch folder, where SQLite checks each page. Only then does the archive count as verified."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from tarfile import TarError
from typing import IO, Final

from diwan_core import crash
from diwan_core.archives.record import FOLDER, Archive
from diwan_core.archives.settings import Repository
from diwan_core.archives.verified import keep_heads
from diwan_core.register.storage import copies
from diwan_core.register.storage.database import FILE as REGISTER
from diwan_core.register.storage.database import RegisterError
from diwan_core.trust.files import make_private_folder

from diwan_backup import manifest as manifests
from diwan_backup.borg import Borg
from diwan_backup.borg_words import in_our_words
from diwan_backup.errors import BackupError, DamagedRepository, NotProven
from diwan_backup.manifest import Manifest
from diwan_backup.node_backups import NodeBackups
from diwan_backup.progress import Progress
from diwan_backup.run import reconcile
from diwan_backup.snapshot import PREFIX, picture_path
from diwan_backup.tar_stream import TarStream

SCRATCH: Final = "scratch"
_PIECE: Final = 1 << 20
_SAID: Final = 5
_LARGEST_MANIFEST: Final = 1 << 28


@dataclass
class Verified:
    """The result of reading an archive back. `problems` are sentences; without any the archive is proven."""

    repository: str
    archive: str
    bytes: int = 0
    files: int = 0
    problems: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def verify(
    backups: NodeBackups, repository: Repository, archive: Archive | None = None, *, as_json: bool = False,
    quiet: bool = False,
) -> Verified:  # fmt: skip
    """Read an archive back, as a rule the newest of the repository. What is wrong is noted in the list of archives.
    Raises BackupError where nothing could be read."""
    borg, listed = backups.opened(repository)
    unknown, missing = reconcile(backups, borg, listed)
    wanted = archive or next(reversed(backups.known().of(repository.name)), None)
    if wanted is None:
        raise BackupError(f"the repository {repository.name} has no archive yet: run `diwan backup run` first")
    found = Verified(repository.name, wanted.name, missing=missing, unknown=[one.name for one in unknown])
    if wanted.name in missing:
        found.problems.append("the archive itself is gone from its repository")
    else:
        place = backups.folder / FOLDER / SCRATCH
        shutil.rmtree(place, ignore_errors=True)
        make_private_folder(place)
        try:
            manifest = _read_back(borg, backups.identity, wanted, place, found, as_json, quiet)
        finally:
            shutil.rmtree(place, ignore_errors=True)
        crash.point("backup-read-back")
        if not found.problems:
            keep_heads(backups.folder, repository.name, wanted.id, {one.epoch: one.whole for one in manifest.heads})
            backups.note("verified", repository.name, archive=wanted.id, name=wanted.name, bytes=found.bytes,
                         files=found.files)  # fmt: skip
    told = _told(found)
    if told:
        named = wanted.id if found.problems else ""
        backups.note("failed", repository.name, archive=named, name=wanted.name, text=told, ok=False)
    return found


def _told(found: Verified) -> str:
    parts = list(found.problems[:_SAID])
    if len(found.problems) > _SAID:
        parts.append(f"and {len(found.problems) - _SAID} more")
    if found.missing:
        parts.append(
            f"{len(found.missing)} archives of the list are gone from the repository, such as {found.missing[0]}"
        )
    if found.unknown:
        parts.append(f"{len(found.unknown)} archives are there that this node did not make, such as {found.unknown[0]}")
    return "; ".join(parts)


def _read_back(
    borg: Borg, identity: bytes, wanted: Archive, place: Path, found: Verified, as_json: bool, quiet: bool
) -> Manifest:
    reader = Reader(identity, place, Progress("verify", wanted.bytes, wanted.files, as_json=as_json, quiet=quiet))
    with borg.started("export-tar", borg.names(wanted.name), "-") as (process, messages):
        assert process.stdout is not None
        broken = ""
        try:
            reader.read(process.stdout)
        except (TarError, OSError) as error:
            broken = str(error)
        while process.stdout.read(_PIECE):
            pass
        code = process.wait()
    if code or broken:
        reason = in_our_words(borg.repository, "export-tar", code, messages)
        if code and not isinstance(reason, DamagedRepository):
            raise reason
        found.problems.append(str(reason) if code else f"the archive ends early ({broken})")
    found.bytes, found.files = reader.bytes, reader.files
    manifest = reader.checked(wanted.manifest)
    found.problems += reader.problems
    if manifest is None:
        raise_unless(found.problems)
    elif not found.problems:
        found.problems += database_problems(manifest, place)
    return manifest or _nothing()


def raise_unless(problems: list[str]) -> None:
    """Raise the reason where a manifest could not be read."""
    if not problems:
        problems.append("the archive has no manifest")


def _nothing() -> Manifest:
    return Manifest(manifests.FORMAT, "", "", "", "", 0, 0, b"", 0, "", {}, [], [], [], [], (0, ""))


class Reader:
    """Reads a tar stream of one archive: hashes all, keeps the databases in `place`."""

    def __init__(self, identity: bytes, place: Path, progress: Progress) -> None:
        self._identity, self._place, self._progress = identity, place, progress
        self._found: dict[str, tuple[int, str]] = {}
        self._raw = {manifests.NAME: b"", manifests.SIGNATURE: b""}
        self.problems: list[str] = []
        self.bytes = 0
        self.files = 0

    def read(self, stream: IO[bytes]) -> None:
        """The whole stream. Raises BrokenStream."""
        archive = TarStream(stream)
        for member in archive:
            inner = member.name.removeprefix(PREFIX)
            self.files += 1
            if member.name.startswith(PREFIX) and inner in self._raw:
                self._raw[inner] = archive.content(_LARGEST_MANIFEST)
                continue
            digest = hashlib.sha256()
            if member.name.startswith(PREFIX) and inner.endswith(".db") and "/" not in inner:
                with (self._place / inner).open("xb") as kept:

                    def both(piece: memoryview, kept: IO[bytes] = kept, digest: hashlib._Hash = digest) -> None:
                        digest.update(piece)
                        kept.write(piece)

                    archive.take(both)
            else:
                archive.take(digest.update)
            self._found[member.name] = (member.size, digest.hexdigest())
            self.bytes += member.size
            self._progress.at(self.bytes, self.files)

    def checked(self, wanted: str) -> Manifest | None:
        """Hold what was read against the manifest with this SHA-256. What differs is in `problems`."""
        raw = self._raw[manifests.NAME]
        if manifests.digest(raw) != wanted:
            self.problems.append("its manifest is not the one that was written when it was made")
            return None
        try:
            manifest = manifests.read(raw, self._raw[manifests.SIGNATURE], self._identity)
        except NotProven as error:
            self.problems.append(str(error))
            return None
        expected = {PREFIX + file.path: (file.size, file.sha256) for file in manifest.files}
        expected |= {picture_path(name): (size, name) for name, size in manifest.pictures}
        for name in sorted(expected.keys() - self._found.keys()):
            self.problems.append(f"{name} is missing in the archive")
        for name in sorted(self._found.keys() - expected.keys()):
            self.problems.append(f"{name} is in the archive and not in its manifest")
        for name in sorted(expected.keys() & self._found.keys()):
            if expected[name] != self._found[name]:
                self.problems.append(_different(name))
        return manifest


def _different(name: str) -> str:
    if name.startswith(PREFIX):
        return f"{name.removeprefix(PREFIX)} is not what was archived"
    return (
        f"the picture {name.rpartition('/')[2][:12]} has other bytes than its name says: it was damaged before "
        "the backup"
    )


def database_problems(manifest: Manifest, place: Path) -> list[str]:
    """The problems of the databases of an archive, read back into a folder."""
    problems = []
    for name, counts in manifest.databases.items():
        path = place / name
        fault = copies.fault_of(path)
        if fault:
            problems.append(f"{name} is damaged: {fault}")
            continue
        try:
            if copies.row_counts(path) != counts:
                problems.append(f"{name} has other rows than when it was archived")
            if name == REGISTER:
                wanted = {head.epoch: (head.seq, head.hash) for head in manifest.heads}
                problems += copies.differences(copies.heads_of(path), wanted)
        except RegisterError as error:
            problems.append(f"{name}: {error}")
    return problems
