"""The files of pictures and documents, named by their SHA-256; a file is complete and verified or not there at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from diwan_core import crash, world
from diwan_core.processes.nameless import NoSecondName, give_name, write_out
from diwan_core.register.storage.database import DiskFull, RegisterError, Store, Transaction, is_disk_full, now_ms
from diwan_core.trust.files import sync_folder

MAX_BLOB: Final = 64 * 1024 * 1024
_CHUNK: Final = 1 << 18
AT_ONCE: Final = 20
"""Files that are removed in one transaction: a save does not wait for more."""
_NAME = re.compile(r"[0-9a-f]{64}")


class BlobTooLarge(RegisterError):
    """The file is larger than a blob may be."""


class DamagedBlob(RegisterError):
    """The bytes received are not the ones their name says; they were thrown away and will be asked for again."""


class NotWrittenOut(RegisterError):
    """The disk did not confirm the bytes. A second try would say that all is well, of what it does not write any more:
    they have to come again."""


class StoredBlob(NamedTuple):
    """A blob on the disk: its name (hexadecimal SHA-256) and its size in bytes."""

    sha256: str
    size: int


class BlobStore:
    """The folder of blobs of one node: `ab/<sha256>`, and `part/<sha256>.<sender>` while one is arriving. What several
    senders bring of one blob is not put together: what one of them makes up would spoil what the others send."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "part").mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """The path of a complete blob, present or not. Raises ValueError for what is not a name."""
        if not _NAME.fullmatch(sha256):
            raise ValueError("not a SHA-256 name")
        return self.folder / sha256[:2] / sha256

    def add(self, stream: BinaryIO, limit: int = MAX_BLOB) -> StoredBlob:
        """Store a stream whole, on the disk when this returns. Raises BlobTooLarge, DiskFull."""
        digest, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.folder / "part")
        try:
            with os.fdopen(handle, "wb") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # see `forget_abandoned`
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise _too_large(limit)
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                world.sync_file(file.fileno())
            blob = StoredBlob(digest.hexdigest(), size)
            self._settle(Path(name), self.path(blob.sha256))
        except OSError as error:
            if is_disk_full(error):
                raise _disk_full() from error
            raise
        finally:
            Path(name).unlink(missing_ok=True)
        return blob

    def adopt(self, file: BinaryIO, limit: int = MAX_BLOB) -> StoredBlob:
        """Keep an open file of this disk that nobody writes to any more, without copying it: it gets its name here
        beside the one it has. On the disk when this returns. Raises BlobTooLarge, DiskFull, NotWrittenOut."""
        size = file.seek(0, os.SEEK_END)
        if size > limit:
            raise _too_large(limit)
        blob = StoredBlob(digest_of(file), size)
        target = self.path(blob.sha256)
        try:
            write_out(file)  # the content first: never a name without all of it
        except OSError as error:
            raise NotWrittenOut(f"the disk did not keep a picture ({error.strerror}); send it again") from error
        try:
            target.parent.mkdir(exist_ok=True)
            try:
                give_name(file, target)
            except FileExistsError:
                with target.open("rb") as held:
                    if digest_of(held) != blob.sha256:  # the disk has harmed it
                        return self._copied(file, limit)
            except NoSecondName:
                return self._copied(file, limit)
            self._settled(target)
        except OSError as error:
            if is_disk_full(error):
                raise _disk_full() from error
            raise
        return blob

    def _copied(self, file: BinaryIO, limit: int) -> StoredBlob:
        file.seek(0)
        return self.add(file, limit)

    def _settle(self, source: Path, target: Path) -> None:
        target.parent.mkdir(exist_ok=True)
        os.chmod(source, 0o600)
        world.replace(source, target)
        self._settled(target)

    def _settled(self, target: Path) -> None:
        """A complete blob has its name: see that the name is on the disk too."""
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            world.sync_folder(handle)
        finally:
            os.close(handle)
        crash.point("blob-stored")

    def keep_name(self, sha256: str) -> None:
        """Of a complete blob that is not written down as here: see again that its name is on the disk. Whoever gave it
        may have died, or met an error of the disk, before that."""
        target = self.path(sha256)
        if target.exists():
            self._settled(target)

    def read(self, sha256: str, offset: int, length: int) -> bytes:
        """A piece of a complete blob."""
        with self.path(sha256).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def _part(self, sha256: str, sender: str) -> Path:
        name = self.path(sha256).name
        return self.folder / "part" / (f"{name}.{sender}" if sender else name)

    def forget_abandoned(self) -> None:
        """Remove what processes left that ended while they stored a blob; they hold a lock on it as long as they do.
        And pieces of what is here whole, which a power cut brought back."""
        for path in sorted((self.folder / "part").iterdir()):
            if _NAME.fullmatch(path.name[:64]):
                if self.path(path.name[:64]).exists():
                    path.unlink(missing_ok=True)
                continue
            with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()

    def arrived(self, sha256: str, sender: str = "") -> int:
        """How many bytes of an incomplete blob are here of this sender; "" is the centre, which has no other name."""
        part = self._part(sha256, sender)
        return part.stat().st_size if part.exists() else 0

    def size(self, sha256: str) -> int | None:
        """The size of a complete blob, None where it is not here whole."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError:
            return None

    def receive(self, sha256: str, size: int, offset: int, piece: bytes, sender: str = "") -> int:
        """Add a piece at the end of what is here of this sender; returns how many bytes are here now, all once it is
        complete.

        A piece may begin before the end of what is here, as one from a stick does, which is larger than those of the
        line: where it is the same as the bytes here, what goes beyond them is added; where it is not, it takes their
        place. One that begins after their end changes nothing. Raises DamagedBlob, BlobTooLarge."""
        target = self.path(sha256)
        if target.exists():
            return target.stat().st_size
        if not 0 < size <= MAX_BLOB:
            raise BlobTooLarge(f"a picture that claims {size} bytes")
        part = self._part(sha256, sender)
        have = part.stat().st_size if part.exists() else 0
        if piece and offset < have and not _holds(part, offset, piece[: have - offset]):
            os.truncate(part, offset)  # a power cut has torn what was not synced
            have = offset
        was_full = have == size  # all of it came before: the disk was full, or the power went before it had its name
        if not was_full:
            new = piece[have - offset :] if offset <= have else b""
            if not new or have + len(new) > size:
                return have
            with part.open("ab") as file:
                file.write(new)
            have += len(new)
            if have < size:
                return have
        with part.open("rb") as file:
            try:
                world.sync_file(file.fileno())
            except OSError:
                part.unlink()  # a second sync would say that all is well, of what it does not write any more
                raise
            digest = digest_of(file)
        if digest != sha256:
            if was_full and 0 < (end := offset + len(piece)) < size:
                os.truncate(part, end)  # what a power cut has torn may follow the piece: the next ones bring it
                return end
            part.unlink()
            raise DamagedBlob("a picture arrived damaged and is asked for again")
        self._settle(part, target)
        for other in sorted((self.folder / "part").glob(f"{sha256}*")):  # it has come: nobody needs to go on
            other.unlink(missing_ok=True)
        return size


def note_given(transaction: Transaction, blobs: BlobStore, blob: StoredBlob, media_type: str) -> None:
    """Write down, in a write transaction, that a blob was given to this node and is whole here. Raises NotWrittenOut
    where its file was removed meanwhile (`remove_files`)."""
    if blobs.size(blob.sha256) is None:
        raise NotWrittenOut("the picture was removed while it was being saved; send it again")
    transaction.execute(
        "INSERT INTO blob (sha256, size, media_type, have, own, added) VALUES (?, ?, ?, ?, 1, ?) "
        "ON CONFLICT (sha256) DO UPDATE SET have=excluded.have, wanted=0",
        (blob.sha256, blob.size, media_type, blob.size, now_ms()),
    )


def remove_files(store: Store, folder: Path, names: Iterable[str], *, copies: bool = True) -> None:
    """Remove the files of those of these pictures that are not written down as here, and with `copies` what was derived
    from them. One that somebody is just storing is written down in a transaction in which its file is looked for
    (`note_given`), so that none is lost. Raises RegisterError."""
    names, left = list(names), set[Path]()
    beside = _beside(folder, set(names), ("blobs/part", "derived") if copies else ("blobs/part",))
    for start in range(0, len(names), AT_ONCE):
        with store.write() as transaction:
            for name in names[start : start + AT_ONCE]:
                here = "SELECT 1 FROM blob WHERE sha256=? AND have>0"
                if transaction.execute(here, (name,)).fetchone() is not None:
                    continue
                for path in (folder / "blobs" / name[:2] / name, *beside.get(name, ())):
                    if path.exists():
                        path.unlink(missing_ok=True)
                        left.add(path.parent)
    for place in sorted(left):
        sync_folder(place)  # a power cut would bring the files back, and nobody would look for them again


def _beside(folder: Path, names: set[str], places: Iterable[str]) -> dict[str, list[Path]]:
    """The files in these folders that belong to these pictures; looked for before anybody has to wait."""
    found: dict[str, list[Path]] = {}
    for path in (path for place in places if names for path in sorted(folder.glob(f"{place}/*"))):
        if path.name[:64] in names:
            found.setdefault(path.name[:64], []).append(path)
    return found


def _holds(path: Path, offset: int, content: bytes) -> bool:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(len(content)) == content


def digest_of(file: BinaryIO) -> str:
    """Of the whole file, in hexadecimal."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _too_large(limit: int) -> BlobTooLarge:
    return BlobTooLarge(f"the file is larger than {limit // (1024 * 1024)} MB; send a smaller picture")


def _disk_full() -> DiskFull:
    return DiskFull("the disk is full; free some space and send the picture again")
