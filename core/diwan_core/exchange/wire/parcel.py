"""The parcel: a header in clear, followed by bytes sealed to one reader (docs/protocol.md, "Parcel").

    version(1) suite(1) header length(2, big-endian) header(msgpack) sealed(HPKE enc || ciphertext)

The sealing is bound to everything before it. Sizes are capped before anything is parsed. What opens here is still
only bytes: what they say is checked at admission."""

from __future__ import annotations

import base64
import struct
from functools import lru_cache
from typing import Annotated, Final

import msgspec

from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire.compress import DICTIONARY_ID, NotDecompressed, compress, decompress
from diwan_core.trust import NodeKeys, ScopeKey, TrustError, is_id, seal

VERSION: Final = 1
SUITE: Final = 1
MAX_PARCEL: Final = 4 * 1024 * 1024
"""Bytes of a whole parcel; a larger one is refused unread."""
MAX_BODY: Final = 32 * 1024 * 1024
"""Bytes of a parcel's body once decompressed."""
MAX_ROWS: Final = 20_000
MAX_HEADER: Final = 512

ROWS: Final = 1
FEED: Final = 2
PIECE: Final = 3
SNAPSHOT: Final = 4

_PREFIX = struct.Struct(">BBH")
_DOMAIN: Final = b"diwan/1/parcel\0"
_Id = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class BadParcel(Exception):
    """Bytes that are not a parcel for us; the message says what is wrong. Nothing of them is kept but a count."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Header(msgspec.Struct, array_like=True, frozen=True):
    """The header of a parcel, which a carrier and a reader see without a key. Ids are their 8 bytes. `number` is the
    scope number of the first row (kind FEED) or 0. `origin` is absent where it is the sender."""

    kind: Annotated[int, msgspec.Meta(ge=1, le=255)]
    dictionary: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    digest: _Id
    compression: Annotated[int, msgspec.Meta(ge=0, le=255)]
    sender: _Id
    scope: Annotated[str, msgspec.Meta(max_length=40)] = ""
    epoch: _Id = bytes(8)
    first: _Number = 0
    last: _Number = 0
    origin: _Id | None = None
    number: _Number = 0
    key: _Id | None = None


_header_decoder = msgspec.msgpack.Decoder(Header)


@lru_cache(maxsize=4096)
def raw_id(text: str) -> bytes:
    """The 8 bytes of a node or epoch id."""
    return base64.b32decode(text.upper() + "===")


@lru_cache(maxsize=4096)
def text_id(raw: bytes) -> str:
    """A node or epoch id from its 8 bytes."""
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()


def header(kind: int, sender: str, *, scope: str = "", epoch: str = "", first: int = 0, last: int = 0,
           origin: str = "", number: int = 0, key: bytes | None = None) -> Header:  # fmt: skip
    """A header of this release's dictionary and compression."""
    return Header(
        kind, DICTIONARY.version, DICTIONARY.digest, DICTIONARY_ID, raw_id(sender), scope,
        raw_id(epoch) if epoch else bytes(8), first, last,
        raw_id(origin) if origin and origin != sender else None, number, key,
    )  # fmt: skip


def pack(head: Header, content: bytes, reader: bytes) -> bytes:
    """Seal `content` to the 32-byte sealing key `reader`."""
    before = clear(head)
    return before + seal(reader, content, _DOMAIN + before)


def clear(head: Header) -> bytes:
    """The bytes before the sealed bytes: the header, and its length."""
    encoded = msgspec.msgpack.encode(head)
    return _PREFIX.pack(VERSION, SUITE, len(encoded)) + encoded


def read_header(parcel: bytes) -> tuple[Header, int]:
    """The header, and where the sealed bytes begin. Raises BadParcel."""
    if len(parcel) > MAX_PARCEL:
        raise BadParcel("oversized", f"{len(parcel)} bytes where at most {MAX_PARCEL} are taken")
    if len(parcel) < _PREFIX.size:
        raise BadParcel("broken", "too short to be a parcel")
    version, suite, length = _PREFIX.unpack_from(parcel)
    if version != VERSION:
        raise BadParcel("version", f"parcel version {version}: this release reads version {VERSION}; update this node")
    if suite != SUITE:
        raise BadParcel("suite", f"sealing suite {suite} is not in this release; update this node")
    end = _PREFIX.size + length
    if length > MAX_HEADER or end > len(parcel):
        raise BadParcel("broken", "the header's length is wrong")
    try:
        head = _header_decoder.decode(parcel[_PREFIX.size : end])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParcel("broken", f"the header cannot be read: {error}") from error
    if head.kind == ROWS and not (0 < head.first <= head.last < head.first + MAX_ROWS):
        raise BadParcel("broken", f"rows {head.first} to {head.last} are not a range")
    if not is_id(text_id(head.sender)):
        raise BadParcel("broken", "the sender is not a node id")
    return head, end


def unpack(parcel: bytes, start: int, reader: NodeKeys | ScopeKey) -> bytes:
    """The content of a parcel whose header ended at `start`. Raises BadParcel."""
    try:
        return reader.open(parcel[start:], _DOMAIN + parcel[:start])
    except TrustError as error:
        raise BadParcel("sealed", str(error)) from error


Erased = list[
    tuple[Annotated[int, msgspec.Meta(ge=0, le=MAX_BODY)], Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]]
]
"""Rows that lost a half under the law: place among the lines, C_rest ‖ C_nominal."""


class RowsContent(msgspec.Struct, array_like=True, frozen=True):
    """Content of ROWS: the origin's checkpoint signature at the last row, 16 bytes of salt a row, the compressed
    lines."""

    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
    salts: bytes
    body: bytes
    erased: Erased = []


class FeedRun(msgspec.Struct, array_like=True, frozen=True):
    """One run of a scope's log. `previous` is the hash before its first row, absent where the rows are left out
    because they are the reader's own; `checkpoint` the origin's signature where the run ends at one."""

    origin: _Id
    role: Annotated[str, msgspec.Meta(max_length=20)]
    epoch: _Id
    first_seq: _Number
    last_seq: _Number
    previous: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)] | None = None
    checkpoint: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)] | None = None


class FeedContent(msgspec.Struct, array_like=True, frozen=True):
    """Content of FEED: consecutive runs, the first one's first number being the header's `number`. `feed` is the
    feed's hash before them, `signature` the centre's over its hash after them; `more` asks the reader to say hello
    again."""

    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
    feed: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    runs: Annotated[list[FeedRun], msgspec.Meta(min_length=1, max_length=5000)]
    salts: bytes
    body: bytes
    more: bool = False
    erased: Erased = []


class SignedFeed(FeedContent, array_like=True, frozen=True):
    """The content of FEED, signed whole: for one `reader` or, where there is none, for all members. `signature` then
    covers the header and all of this; or, where nodes of the first releases read it too, `whole` does, and
    `signature` what they look at."""

    reader: Annotated[bytes, msgspec.Meta(max_length=8)] = b""
    whole: Annotated[bytes, msgspec.Meta(max_length=64)] = b""


_rows_decoder = msgspec.msgpack.Decoder(RowsContent)
_feed_decoder = msgspec.msgpack.Decoder(SignedFeed)


def rows_content(signature: bytes, salts: bytes, lines: bytes, erased: Erased | None = None) -> bytes:
    """The content of a ROWS parcel; `lines` are joined by newlines, not yet compressed."""
    return msgspec.msgpack.encode(RowsContent(signature, salts, compress(lines), erased or []))


def read_rows(content: bytes, head: Header) -> tuple[RowsContent, bytes]:
    """A ROWS content and its lines. Raises BadParcel."""
    try:
        rows = _rows_decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParcel("broken", f"the content cannot be read: {error}") from error
    if len(rows.salts) != 16 * (head.last - head.first + 1):
        raise BadParcel("broken", f"{len(rows.salts)} bytes of salt for rows {head.first} to {head.last}")
    return rows, lines(rows.body, head)


def read_feed(content: bytes, head: Header) -> tuple[SignedFeed, bytes]:
    """A FEED content and its lines. Raises BadParcel."""
    try:
        feed = _feed_decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadParcel("broken", f"the content cannot be read: {error}") from error
    return feed, lines(feed.body, head)


def lines(body: bytes, head: Header) -> bytes:
    """A compressed body's lines. Raises BadParcel."""
    try:
        return decompress(body, MAX_BODY, head.compression)
    except NotDecompressed as error:
        raise BadParcel("broken", str(error)) from error
