"""The manifest of an archive: a list of everything it must hold, signed by the node."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from diwan_core.dictionary import DICTIONARY
from diwan_core.register.storage.copies import EpochHead
from diwan_core.trust import NodeKeys, verify

from diwan_backup.errors import NewerRelease, NotProven

FORMAT: Final = 1
DOMAIN: Final = b"diwan/1/backup-manifest"
NAME: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"


class File(msgspec.Struct, frozen=True, array_like=True):
    """A file: its path in the node's folder, its size, its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


class Head(msgspec.Struct, frozen=True, array_like=True):
    """The head of an epoch of an origin: its last row and hash; up to `whole` the pictures are in the archive too."""

    epoch: str
    origin: str
    seq: int
    hash: bytes
    whole: int

    @classmethod
    def of(cls, head: EpochHead) -> Head:
        """The head as the register gives it."""
        return cls(*head)


class Manifest(msgspec.Struct, frozen=True):
    """The manifest of one archive. `release` is the product's version; `schema` and `dictionary` say who can read the
    databases."""

    format: int
    node: str
    label: str
    role: str
    release: str
    schema: int
    dictionary_version: int
    dictionary: bytes
    made_ms: int
    host: str
    databases: dict[str, dict[str, int]]
    """Name -> table -> rows."""
    files: list[File]
    pictures: list[tuple[str, int]]
    """SHA-256 and size of each; the name in the archive follows from it."""
    lacking: list[str]
    """Pictures that the register says are here whole and that are not: they were lost before this backup."""
    heads: list[Head]
    ledger: tuple[int, str]
    """Length, and SHA-256 of the last entry."""
    erased: int = 0
    """Number of the last entry that ordered an erasure: an archive with a shorter ledger holds what it erased."""

    @property
    def rows(self) -> int:
        """Rows of all journals in it."""
        return sum(head.seq for head in self.heads)

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files) + sum(size for _, size in self.pictures)

    @property
    def facts(self) -> dict[str, int]:
        """The facts that the list of archives keeps of it."""
        files = 2 + len(self.files) + len(self.pictures)
        return {"bytes": self.total, "files": files, "ledger": self.ledger[0], "erased": self.erased}


def signed_manifest(manifest: Manifest, keys: NodeKeys) -> tuple[bytes, bytes]:
    """The bytes of a manifest and their signature."""
    raw = msgspec.json.encode(manifest)
    return raw, keys.sign(DOMAIN, raw)


def digest(raw: bytes) -> str:
    """The hash that stands for a manifest in the list of archives."""
    return hashlib.sha256(raw).hexdigest()


def read(raw: bytes, signature: bytes, identity: bytes) -> Manifest:
    """The manifest, if the node with this identity key signed it. Raises NotProven, NewerRelease."""
    if not verify(identity, DOMAIN, raw, signature):
        raise NotProven(
            "the manifest of this archive is not signed by this node: the archive is another node's, or was put "
            "there by somebody else. Do not use it; look at `diwan backup list`"
        )
    return readable(raw)


def readable(raw: bytes) -> Manifest:
    """The manifest of a release that this one knows. Raises NotProven, NewerRelease."""
    try:
        said = msgspec.json.decode(raw, type=_Format)
        if said.format > FORMAT or said.dictionary_version > DICTIONARY.version:
            raise NewerRelease(
                f"this archive was made by Diwan {said.release}, which is newer than what is installed here: "
                "install that release or a newer one, then restore again"
            )
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotProven(
            f"the manifest of this archive cannot be understood ({error}): take an older archive"
        ) from error
    return manifest


class _Format(msgspec.Struct):
    format: int
    release: str
    dictionary_version: int
