"""Brings the pictures of a restored node from its archive while people already work with its records.

What is here already is left; what was erased since is not taken. It may be interrupted and goes on where it was."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tarfile import TarError
from typing import IO, Final

import msgspec
from diwan_core.archives.record import FOLDER
from diwan_core.node import load
from diwan_core.register import Register
from diwan_core.register.pictures_back import are_back, awaited_pictures
from diwan_core.register.storage.blobs import MAX_BLOB, BlobStore

from diwan_backup.borg import Borg
from diwan_backup.borg_words import in_our_words
from diwan_backup.errors import BackupError
from diwan_backup.progress import Progress
from diwan_backup.restore import DUE, PicturesDue
from diwan_backup.snapshot import PICTURES
from diwan_backup.tar_stream import TarStream

_AT_ONCE: Final = 200


@dataclass
class Brought:
    """How many pictures were brought, and which were not."""

    count: int = 0
    bytes: int = 0
    damaged: list[str] = field(default_factory=list)
    left: int = 0


def due(folder: Path) -> PicturesDue | None:
    """The place from which pictures of a restored node still come; None where all are here."""
    try:
        return msgspec.json.decode((folder / FOLDER / DUE).read_bytes(), type=PicturesDue)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def bring(folder: Path, borg: Borg, archive: str, *, as_json: bool = False, quiet: bool = False) -> Brought:
    """Bring every picture that the register names and that is not here. Raises BackupError, RegisterError."""
    load(folder)
    brought = Brought()
    with Register.open(folder, role="writer") as register:
        wanted = awaited_pictures(register.store)
        progress = Progress("pictures", sum(wanted.values()), len(wanted), as_json=as_json, quiet=quiet)
        blobs, batch = BlobStore(folder / "blobs"), list[str]()
        with _stream(borg, archive) as stream:
            archived = TarStream(stream)
            for member in archived:
                name = member.name.rpartition("/")[2]
                if not (member.name.startswith(f"{PICTURES}/") and name in wanted) or member.size > MAX_BLOB:
                    continue
                if blobs.size(name) is None:
                    stored = blobs.add(io.BytesIO(archived.content(MAX_BLOB)))
                    if stored.sha256 != name:
                        blobs.path(stored.sha256).unlink(missing_ok=True)
                        brought.damaged.append(name)
                        continue
                batch.append(name)
                brought.count, brought.bytes = brought.count + 1, brought.bytes + member.size
                progress.at(brought.bytes, brought.count)
                if len(batch) >= _AT_ONCE:
                    are_back(register.store, batch)
                    batch.clear()
        are_back(register.store, batch)
        brought.left = len(awaited_pictures(register.store))
    if not brought.damaged:
        (folder / FOLDER / DUE).unlink(missing_ok=True)
    return brought


@contextmanager
def _stream(borg: Borg, archive: str) -> Iterator[IO[bytes]]:
    with borg.started("export-tar", borg.names(archive), "-", PICTURES) as (process, messages):
        assert process.stdout is not None
        try:
            yield process.stdout
        except TarError as error:
            raise BackupError(f"the archive {archive} ends early ({error}): run the command again") from error
        while process.stdout.read(1 << 20):
            pass
        code = process.wait()
    said = [one for one in messages if "never matched" not in str(one.get("message", ""))]
    if code > 1 or (code and said):
        raise in_our_words(borg.repository, "export-tar", code, messages)
