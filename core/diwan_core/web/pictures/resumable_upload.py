"""Uploads that arrive in pieces over a bad line, each bound to a person and a record, in the node's data folder.

A piece counts once it is on the disk, the last one once the picture is taken in; one that does not begin where the
bytes here end changes nothing, and the answer says where to go on. After a reload or a new sign-in, choosing the same
file again goes on where it stopped.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from diwan_core.register.journal.ids import id_minter
from diwan_core.register.storage.database import DiskFull, is_disk_full
from diwan_core.trust.files import sync_folder

PIECE: Final = 512 * 1024
"""The largest piece, in bytes: a few seconds of a bad line."""
KEPT: Final = 48 * 3600.0
MOST_EACH: Final = 20
"""Unfinished uploads of one person, and bytes of all of them together at a node, are bounded."""
MOST_BYTES: Final = 1 << 30
EACH_BYTES: Final = MOST_BYTES // 4
"""Of one person, with the pictures that wait beside their drafts: nobody can take the room of all others."""
_CHUNK: Final = 1 << 16


class TooManyUploads(Exception):
    """This person, or this node, has as many unfinished uploads as it may."""


@dataclass(frozen=True)
class Upload:
    """An upload under way. `id` becomes the id of the picture's record; `key` tells the browser's file from others;
    `done` once the picture is saved. A picture of a draft that has arrived whole has its `sha256` and `media_type`, and
    waits here with its description until the record of that id exists."""

    id: str
    record: str
    person: str
    key: str
    name: str
    size: int
    done: bool = False
    role: str = ""
    sha256: str = ""
    media_type: str = ""
    described: dict[str, str] = field(default_factory=dict)

    @property
    def waits(self) -> bool:
        """Whether it is whole and waits for its record."""
        return bool(self.sha256) and not self.done


_decode = msgspec.json.Decoder(Upload).decode


class Incoming:
    """The unfinished uploads of one node: `<id>.json` and `<id>.part` in `folder`."""

    def __init__(
        self,
        folder: Path,
        is_wanted: Callable[[str], bool] = lambda _record: True,
        dropped: Callable[[Upload], None] = lambda _upload: None,
    ) -> None:
        """`is_wanted` says of a draft's or record's id whether there is one: what waits for it is kept as long.
        `dropped` is told of each picture that waited for one and was forgotten."""
        self._folder = folder
        self._is_wanted = is_wanted
        self._dropped = dropped
        folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = threading.Lock()
        self._mint = id_minter()

    def begin(self, *, record: str, person: str, key: str, name: str, size: int) -> Upload:
        """The upload of this very file, begun earlier or now. Raises TooManyUploads, DiskFull."""
        with self._lock:
            self._sweep()
            held = self._all()
            for upload in held:
                if (upload.record, upload.person, upload.key, upload.size) == (record, person, key, size):
                    return upload
            kept = [upload for upload in held if not upload.done]
            mine = [upload for upload in kept if upload.person == person]
            if (
                len([upload for upload in mine if not upload.waits]) >= MOST_EACH
                or sum(upload.size for upload in mine) + size > EACH_BYTES
                or sum(upload.size for upload in kept) + size > MOST_BYTES
            ):
                raise TooManyUploads
            upload = Upload(self._mint(), record, person, key, name, size)
            self._part(upload).touch(mode=0o600)
            self._note(upload)
            return upload

    def find(self, upload_id: str, *, record: str, person: str) -> Upload | None:
        """The upload of this id if it is this person's for this record."""
        found = [upload for upload in self._all() if upload.id == upload_id]
        return found[0] if found and (found[0].record, found[0].person) == (record, person) else None

    def unfinished(self, *, record: str, person: str) -> list[tuple[Upload, int]]:
        """(upload, bytes here) of this person for this record."""
        return [
            (upload, self.here(upload))
            for upload in self._all()
            if (upload.record, upload.person) == (record, person) and not upload.done and not upload.waits
        ]

    def of(self, record: str) -> list[Upload]:
        """Everything that came or is on its way for a draft or record."""
        return [upload for upload in self._all() if upload.record == record]

    def waiting(self, record: str = "") -> list[Upload]:
        """The pictures that have arrived whole and wait for a record, or for this one; the oldest first."""
        found = (upload for upload in self._all() if upload.waits and (not record or upload.record == record))
        return sorted(found, key=lambda upload: upload.id)

    def hold(self, upload: Upload, *, role: str, sha256: str, media_type: str, described: dict[str, str]) -> Upload:
        """A picture of a draft is whole and was looked at: it waits for its record. On the disk when this returns.
        Raises DiskFull."""
        waits = replace(upload, role=role, sha256=sha256, media_type=media_type, described=described)
        with self.open(upload) as part:
            os.fsync(part.fileno())
        self._note(waits, sync=True)
        return waits

    def here(self, upload: Upload) -> int:
        """How many of its bytes are here."""
        if upload.done:
            return upload.size
        part = self._part(upload)
        return part.stat().st_size if part.exists() else 0

    def append(self, upload: Upload, offset: int, piece: BinaryIO) -> int:
        """Add a piece; how many bytes are here then. Raises DiskFull."""
        with self._lock:
            have = self.here(upload)
            if offset != have or upload.done:
                return have
            try:
                with self._part(upload).open("ab") as part:
                    left = upload.size - have
                    while left > 0 and (chunk := piece.read(min(_CHUNK, left))):
                        part.write(chunk)
                        left -= len(chunk)
                    part.flush()
                    if left > 0:  # whoever takes the whole in waits for the rest
                        os.fsync(part.fileno())
            except OSError as error:
                os.truncate(self._part(upload), have)
                if is_disk_full(error):
                    raise DiskFull("the disk is full") from error
                raise
            return self.here(upload)

    def empty(self, upload: Upload) -> None:
        """The disk did not confirm what is here: it comes again, from its first byte."""
        with self._lock:
            os.truncate(self._part(upload), 0)

    def open(self, upload: Upload) -> BinaryIO:
        """The bytes that have arrived, for reading."""
        return self._part(upload).open("rb")

    def finish(self, upload: Upload) -> None:
        """The picture is saved: forget its bytes and remember that it is, for an answer that was lost."""
        with suppress(DiskFull):  # then a lost answer costs sending it once more, and it is still kept once
            self._note(replace(upload, done=True))
        self._part(upload).unlink(missing_ok=True)

    def drop(self, upload: Upload) -> None:
        """Forget an upload."""
        for path in (self._facts(upload.id), self._part(upload)):
            path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Forget what nobody went on with, and what a power cut left without its other half."""
        now = time.time()
        for path in (*self._folder.glob("*.json"), *self._folder.glob("*.part"), *self._folder.glob("*.new")):
            try:
                age = now - path.stat().st_mtime
            except FileNotFoundError:
                continue
            alone = path.suffix != ".json" and not self._facts(path.stem).exists()
            if age > KEPT and not alone and (upload := self._read(path.stem)) and upload.waits:
                if not self._is_wanted(upload.record):
                    self.drop(upload)
                    self._dropped(upload)
                continue
            if age > KEPT or (alone and age > 3600):
                path.unlink(missing_ok=True)

    def _all(self) -> list[Upload]:
        found = (self._read(path.stem) for path in self._folder.glob("*.json"))
        return [upload for upload in found if upload is not None]

    def _read(self, upload_id: str) -> Upload | None:
        try:
            return _decode(self._facts(upload_id).read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _note(self, upload: Upload, *, sync: bool = False) -> None:
        aside = self._folder / f"{upload.id}.new"
        try:
            with aside.open("wb") as facts:
                facts.write(msgspec.json.encode(upload))
                if sync:
                    facts.flush()
                    os.fsync(facts.fileno())
        except OSError as error:
            aside.unlink(missing_ok=True)
            if is_disk_full(error):
                raise DiskFull("the disk is full") from error
            raise
        os.replace(aside, self._facts(upload.id))
        if sync:
            sync_folder(self._folder)

    def _facts(self, upload_id: str) -> Path:
        return self._folder / f"{upload_id}.json"

    def _part(self, upload: Upload) -> Path:
        return self._folder / f"{upload.id}.part"
