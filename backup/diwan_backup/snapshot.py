"""Gathers the content of one archive: databases are copied in one step into a staging folder, other files are taken
in place.

The staging folder is on the node's own disk (`DIR/backup/staging`) and is emptied before and after each run. Pictures
are archived straight from their folder: their names are their SHA-256, and they never change."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.archives.record import FOLDER
from diwan_core.archives.sets import files_of, of_role
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.storage import copies
from diwan_core.register.storage.database import FILE as REGISTER
from diwan_core.trust import NodeKeys
from diwan_core.trust.files import make_private_folder, write_private

from diwan_backup import manifest as manifests
from diwan_backup.manifest import FORMAT, File, Head, Manifest

STAGING: Final = "staging"
PREFIX: Final = f"{FOLDER}/{STAGING}/"
"""Before the names of staged files in an archive."""
PICTURES: Final = "blobs"
LEDGER: Final = "ledger.entries"
"""The ledger by itself: a centre put back from an older archive learns from the newest what was decided since."""


class Snapshot:
    """The content of one archive. Use it as a context; the staging folder is empty again afterwards."""

    def __init__(self, folder: Path, now_ms: int) -> None:
        self.folder = folder
        self.staging = folder / FOLDER / STAGING
        self.now_ms = now_ms
        self.manifest: Manifest
        self.digest = ""

    def __enter__(self) -> Snapshot:
        clear(self.folder)
        make_private_folder(self.staging)
        try:
            self._take()
        except BaseException:
            clear(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        clear(self.folder)

    def _take(self) -> None:
        config, keys = node.load(self.folder), NodeKeys.load(self.folder)
        backup_set = of_role(config.role)
        counts: dict[str, dict[str, int]] = {}
        files: list[File] = []
        for database in backup_set.databases:
            source = self.folder / database.name
            if not source.is_file() or source.stat().st_size == 0:
                continue
            target = self.staging / database.name
            copies.copy_database(source, target, database.scrub)
            counts[database.name] = copies.row_counts(target)
            files.append(_file(database.name, target))
        for path in files_of(self.folder, backup_set):
            target = self.staging / path
            make_private_folder(target.parent)
            shutil.copyfile(self.folder / path, target)
            files.append(_file(str(path), target))
        register = self.staging / REGISTER
        with Register.open(self.folder) as held:  # a moment later than the copy, which does no harm
            write_private(self.staging / LEDGER, ledger.entries(held))
        files.append(_file(LEDGER, self.staging / LEDGER))
        pictures = dict(pictures_in(self.folder / PICTURES))
        wanted = copies.complete_pictures(register)
        length, last = copies.ledger_of(register)
        self.manifest = Manifest(
            format=FORMAT, node=config.id, label=config.label, role=config.role, release=version("diwan-core"),
            schema=copies.schema_mark(register), dictionary_version=DICTIONARY.version, dictionary=DICTIONARY.digest,
            made_ms=self.now_ms, host=platform.node(), databases=counts, files=files,
            pictures=sorted(pictures.items()),
            lacking=sorted(set(wanted) - set(pictures)),
            heads=[Head.of(head) for head in copies.heads_of(register, pictures)],
            ledger=(length, hashlib.sha256(last).hexdigest()), erased=copies.last_erasure(register),
        )  # fmt: skip
        raw, signature = manifests.signed_manifest(self.manifest, keys)
        self.digest = manifests.digest(raw)
        write_private(self.staging / manifests.NAME, raw)
        write_private(self.staging / manifests.SIGNATURE, signature)

    def names(self) -> Iterator[str]:
        """The files of the archive, relative to the node's folder, the manifest first."""
        yield PREFIX + manifests.NAME
        yield PREFIX + manifests.SIGNATURE
        for file in self.manifest.files:
            yield PREFIX + file.path
        for name, _ in self.manifest.pictures:
            yield picture_path(name)

    @property
    def archive_name(self) -> str:
        """Node and moment, and something by chance: two archives never have one name."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self.now_ms / 1000))
        return f"{self.manifest.node}-{moment}-{os.urandom(3).hex()}"


def clear(folder: Path) -> None:
    """Empty the staging folder, so that no copy of the databases is left."""
    shutil.rmtree(folder / FOLDER / STAGING, ignore_errors=True)


def pictures_in(place: Path) -> Iterator[tuple[str, int]]:
    """Names and sizes of the complete pictures in a folder."""
    try:
        parts = sorted(os.scandir(place), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for part in parts:
        if len(part.name) == 2 and part.is_dir(follow_symlinks=False):
            with os.scandir(part.path) as entries:
                for entry in entries:
                    if len(entry.name) == 64 and entry.is_file(follow_symlinks=False):
                        yield entry.name, entry.stat(follow_symlinks=False).st_size


def picture_path(name: str) -> str:
    """The path of a picture, relative to a node's folder."""
    return f"{PICTURES}/{name[:2]}/{name}"


def _file(name: str, path: Path) -> File:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return File(name, path.stat().st_size, digest)
