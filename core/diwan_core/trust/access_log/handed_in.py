"""A node's log of reads for its centre: sealed to the centre's key, without the words people typed; whole in a file, or
in stretches that travel by themselves.

The centre checks the chain of the rows, and the seal of one of them against an anchor that the node wrote into its
journal (`register.journal.log_anchors`): so nobody can leave a row out, not the post either."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec

from diwan_core.trust.access_log.events import typed_in
from diwan_core.trust.access_log.log import FIRST, ReadLog
from diwan_core.trust.access_log.log_row import Logged, commitment
from diwan_core.trust.errors import TrustError
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.keys import NodeKeys
from diwan_core.trust.network.seal import seal

INFO: Final = b"diwan/1/log-of-reads"
STRETCH_INFO: Final = b"diwan/1/stretch-of-reads"
STRETCH: Final = 500
"""Rows that travel at once: some 60 kB, since seals cannot be packed."""
STRETCH_BYTES: Final = 2 * 1024 * 1024
"""Of a stretch, opened."""
LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a log, opened: some millions of rows."""
_Text = Annotated[str, msgspec.Meta(max_length=1_000)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
"""UTC milliseconds up to the end of the year 9999: a report writes each moment as a date."""
_Row = tuple[
    _Number, _Moment, _Text, _Text, _Text, _Text, str | None, Annotated[bytes, msgspec.Meta(max_length=64)] | None,
    _Hash | None, _Hash,
]  # fmt: skip
"""What `Logged` holds: a row of anything else is refused where it begins, before the rest is read into memory."""
_rows = msgspec.msgpack.Decoder(list[_Row])
_frame = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_HASH_SIZE: Final = 32


class LogRefused(TrustError):
    """A log that was handed in is not taken: the message says why and what to do."""

    code = "log_refused"


def sealed_log(folder: Path, node: str) -> tuple[bytes, int]:
    """The log of the node in `folder` for its centre, and how many rows it has. Raises AuditUnusable, KeysMissing."""
    log = ReadLog.reading(folder)
    try:
        rows = [_without_words(row) for row in log.rows()]
    finally:
        log.close()
    content = zlib.compress(msgspec.msgpack.encode((node, [tuple(row) for row in rows])), 6)
    return seal(load_central(folder).sealing, content, INFO), len(rows)


def sealed_stretch(folder: Path, node: str, after: int, upto: int) -> tuple[bytes, int]:
    """The rows of the log of the node in `folder` after one and up to another, at the most STRETCH, for its centre, and
    the number of the last of them. Raises AuditUnusable, KeysMissing."""
    log = ReadLog.reading(folder)
    try:
        rows = [_without_words(row) for row in log.stretch(after, min(upto, after + STRETCH))]
    finally:
        log.close()
    content = zlib.compress(msgspec.msgpack.encode((node, [tuple(row) for row in rows])), 6)
    return seal(load_central(folder).sealing, content, STRETCH_INFO), after + len(rows)


def opened_stretch(node: str, sealed: bytes, keys: NodeKeys) -> list[Logged]:
    """The rows that a node sent, whose numbers follow each other and whose chain is whole from the first of them on.
    Raises LogRefused, NotForUs."""
    unpacker = zlib.decompressobj()
    try:
        said, held = _frame.decode(unpacker.decompress(keys.open(sealed, STRETCH_INFO), STRETCH_BYTES))
        rows = [Logged(*row) for row in _rows.decode(held)]
    except (zlib.error, msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise LogRefused("This file is not part of a log of reads.") from error
    if said != node or not unpacker.eof or not 0 < len(rows) <= STRETCH:
        raise LogRefused("This part of a log of reads belongs to another node, or is not complete.")
    if not _is_whole(rows[1:], rows[0].seal, rows[0].no + 1):
        raise LogRefused("A row of this part of a log of reads is missing or is not as it was written.")
    return rows


def opened_log(sealed: bytes, keys: NodeKeys) -> tuple[str, list[Logged]]:
    """The node that a file says it is of, and its rows, whose chain is whole. Raises LogRefused, NotForUs."""
    if len(sealed) > LARGEST:
        raise LogRefused("This file is larger than any log of reads. Make it again.")
    content = keys.open(sealed, INFO)
    unpacker = zlib.decompressobj()
    try:
        node, held = _frame.decode(unpacker.decompress(content, LARGEST))
        if _count(bytes(memoryview(held)[:5])) * _HASH_SIZE > len(content):  # a row has a hash, which cannot be packed
            raise ValueError("more rows than a file of this size can hold")
        rows = [Logged(*row) for row in _rows.decode(held)]
        whole = unpacker.eof and _is_whole(rows)
    except (zlib.error, msgspec.MsgspecError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise LogRefused("This file is not a log of reads, or was changed on the way. Make it again.") from error
    if not whole:
        raise LogRefused("A row of this log is missing or is not as it was written. Verify the log at its node.")
    return node, rows


def _count(begin: bytes) -> int:
    """How many elements an array has, by its first bytes in MessagePack."""
    match begin[:1]:
        case b"\xdd":
            return int.from_bytes(begin[1:5])
        case b"\xdc":
            return int.from_bytes(begin[1:3])
        case _:
            return 0  # at the most 15, or no array at all, which decoding refuses


def _is_whole(rows: Iterable[Logged], before: bytes = FIRST, expected: int = 1) -> bool:
    for row in rows:
        if row.no != expected or row.sealed_after(before) != row.seal:
            return False
        before, expected = row.seal, expected + 1
    return True


def _without_words(row: Logged) -> Logged:
    """A row with its detail only where nobody typed any of it; else with the commitment alone."""
    if row.detail is None or typed_in(row.detail) == "":
        return row
    return row._replace(detail=None, salt=None, commitment=commitment(row.salt or b"", row.detail))
