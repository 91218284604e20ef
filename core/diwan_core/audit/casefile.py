"""The format of the file that carries one case to a court: a zip archive of JSON and pictures.

The same state of a register gives the same bytes. The parts:

    READ-ME.txt            what this is and how to check it, with or without Diwan
    case.json              {"format", "record", "records", "centre", "epochs": [{"id", "origin", "first", "before", …}]}
    ledger.jsonl           the centre's ledger, one entry a line: every key and certificate, revocation and erasure
    rows/<epoch>.jsonl     the rows from the first of the case to the checkpoint or receipt that covers its last one
    blobs/<sha256>         pictures and documents
    seal.json              {"node", "signature"}: the exporting node's, over the name and hash of every part before it

A line of rows is [seq, meta, C_rest, C_nominal, signature, rest, nominal, salt]: texts byte for byte, hashes in
hexadecimal. The last three are there for rows of the case only, and only where nothing was erased; salt is the row's,
or after an erasure the one of the half that is left (docs/protocol.md, "Row, commitments, chain")."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import msgspec

FORMAT: Final = "diwan/1 case"
MAX_ENTRIES: Final = 20_000
MAX_PART: Final = 512 * 1024 * 1024
"""Bytes of one part of the archive once unpacked; a larger one is refused unread."""
MAX_ALL: Final = 16 * 1024 * 1024 * 1024
MAX_WHOLE: Final = 64 * 1024 * 1024
"""Bytes of a part that is read in one piece, or of one line of the others: a file that unpacks to a thousand times its
size must not take the memory of whoever checks it."""
SEAL: Final = "seal.json"
SEAL_DOMAIN: Final = b"diwan/1/case"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_Hash = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
_Node = Annotated[str, msgspec.Meta(pattern=r"\A[a-z2-7]{13}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class BadCaseFile(Exception):
    """The file is not one that `diwan audit export` made, or was damaged; the message names the part."""


class EpochPart(msgspec.Struct, frozen=True):
    """The rows of one epoch in the file: from `first` on; `before` is the chain's hash before it. `receipt`: the
    centre's, msgpack in hexadecimal, as the post received it."""

    id: _Node
    origin: _Node
    first: _Count
    before: _Hash
    receipt: str | None = None


class CasePart(msgspec.Struct, frozen=True):
    """`case.json`. `records` are the case and what belongs to it; `exported_by` the node's id."""

    format: str
    record: str
    records: list[str]
    exported_by: _Node
    epochs: list[EpochPart]


class Seal(msgspec.Struct, frozen=True):
    """`seal.json`. `signature`: Ed25519, domain diwan/1/case, over `sealed_message`, in hexadecimal."""

    node: _Node
    signature: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]


def sealed_message(digests: Iterable[tuple[str, bytes]]) -> bytes:
    """What a seal is over: a line `<hash in hexadecimal> <name>` for each other part, sorted by name."""
    return b"".join(f"{digest.hex()} {name}\n".encode() for name, digest in sorted(digests))


class RowLine(msgspec.Struct, array_like=True, frozen=True):
    """One line of `rows/<epoch>.jsonl`."""

    seq: _Count
    meta: str
    c_rest: _Hash
    c_nominal: _Hash
    signature: str | None
    rest: str | None
    nominal: str | None
    salt: str | None


def write(stream: BinaryIO, parts: Mapping[str, bytes | Path]) -> None:
    """Write an archive of parts: bytes, or files by their path. The same parts give the same archive."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_STORED if isinstance(content, Path) else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            if isinstance(content, bytes):
                archive.writestr(info, content)
            else:
                info.file_size = content.stat().st_size
                with content.open("rb") as source, archive.open(info, "w") as target:
                    while chunk := source.read(1 << 20):
                        target.write(chunk)


class CaseFile:
    """An archive opened for reading. Sizes are judged before anything is unpacked."""

    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise BadCaseFile(f"{path} is not a case file ({error}); ask for it again") from error
        infos = self._archive.infolist()
        self._sizes = {info.filename: info.file_size for info in infos}
        if len(infos) > MAX_ENTRIES or len(self._sizes) != len(infos):
            raise BadCaseFile(f"{path} holds too many parts, or one twice")
        if max(self._sizes.values(), default=0) > MAX_PART or sum(self._sizes.values()) > MAX_ALL:
            raise BadCaseFile(f"{path} would unpack to more than a case file holds")

    def __enter__(self) -> CaseFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def read(self, name: str) -> bytes:
        """A small part's bytes. Raises BadCaseFile."""
        found: list[bytes] = []
        size = 0
        for chunk in self._chunks(name):
            size += len(chunk)
            if size > MAX_WHOLE:
                raise BadCaseFile(f"the part {name} is too large")
            found.append(chunk)
        return b"".join(found)

    def lines(self, name: str) -> Iterator[bytes]:
        """A part's lines, one by one; the last one ends with a newline too. Raises BadCaseFile."""
        left = b""
        for chunk in self._chunks(name):
            *whole, left = (left + chunk).split(b"\n")
            yield from whole
            if len(left) > MAX_WHOLE:
                raise BadCaseFile(f"a line of the part {name} is too large")
        if left:
            raise BadCaseFile(f"the part {name} is cut short")

    def digest(self, name: str) -> bytes:
        """SHA-256 of a part. Raises BadCaseFile."""
        found = hashlib.sha256()
        for chunk in self._chunks(name):
            found.update(chunk)
        return found.digest()

    def _chunks(self, name: str) -> Iterator[bytes]:
        if name not in self._sizes:
            raise BadCaseFile(f"the part {name} is missing")
        try:
            with self._archive.open(name) as part:
                while chunk := part.read(1 << 20):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError) as error:
            raise BadCaseFile(f"the part {name} is damaged ({error})") from error

    def names(self) -> list[str]:
        """The names of all parts."""
        return sorted(self._sizes)
