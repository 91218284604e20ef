"""What a receiver answers, and what a node says of itself: small signed or plain messages, never sealed (no field
values).

A receipt is the only acknowledgement that counts: a broker's is not. The receiver signs over the hash of the last
row it holds, which the sender fills in from its own journal: so the signature proves that both hold the same
chain."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from diwan_core.exchange.parcel import raw_id

RECEIPT_DOMAIN: Final = b"diwan/1/receipt"
VERSION: Final = 1
T = TypeVar("T")
_Id = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Sha256 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Text = Annotated[str, msgspec.Meta(max_length=80)]


class BadMessage(Exception):
    """Bytes that are not such a message."""


class Receipt(msgspec.Struct, array_like=True, frozen=True):
    """Rows up to `stored` of `epoch` are in the receiver's register; those up to `safe` are in verified archives too.

    `credit`: bytes of parcels that may be on their way unreceipted. `time`: the receiver's clock, ms since 1970 UTC.
    `ask`: the sender should go on from `stored` + 1 at once, because something is missing. `runs`: (scope, number
    of the first, seq of the first, count) of the sender's rows in scopes it reads, which its feed then leaves out."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    epoch: _Id
    stored: _Number
    safe: _Number
    credit: _Number
    time: _Number
    ask: bool
    runs: list[tuple[Annotated[str, msgspec.Meta(max_length=40)], _Number, _Number, _Number]]
    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


FEED_MARK: Final = 8
"""Bytes of a feed's hash in a hello: whether the reader's place is one of the centre's feed, after either was put
back to an older copy."""


class Hello(msgspec.Struct, array_like=True, frozen=True):
    """What a node says when it comes up: its unreceipted epochs and their heads, its place in each scope it reads,
    how many ledger entries it holds, the blobs it wants (name, bytes here)."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    dictionary: _Number
    release: _Text
    epochs: Annotated[list[tuple[_Id, _Number]], msgspec.Meta(max_length=1000)]
    cursors: Annotated[dict[str, _Number], msgspec.Meta(max_length=1000)]
    ledger: _Number
    wants: Annotated[list[tuple[_Sha256, _Number]], msgspec.Meta(max_length=200)]
    offers: Annotated[list[_Sha256], msgspec.Meta(max_length=200)]
    whole: bool = False
    """The reader has lost rows of its own (its database was put back): pages shall hold them too."""
    feeds: Annotated[dict[str, Annotated[bytes, msgspec.Meta(max_length=32)]], msgspec.Meta(max_length=1000)] = {}
    """For each scope read, how the feed's hash at that place begins: FEED_MARK bytes of it."""


class BlobReceipt(msgspec.Struct, array_like=True, frozen=True):
    """`have` bytes of blob `sha256` are at the receiver; it is complete and verified when `have` equals its size."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    sha256: _Sha256
    have: _Number
    complete: bool


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """Content of a PIECE parcel: bytes of a blob from `offset` on."""

    sha256: _Sha256
    size: _Number
    offset: _Number
    media_type: _Text
    data: bytes


def signed_part(node: str, epoch: str, stored: int, safe: int, time: int, head: bytes) -> bytes:
    """What a receipt's signature covers; `node` is the origin receipted, `head` the hash of row `stored`."""
    return raw_id(node) + raw_id(epoch) + f" {stored} {safe} {time} ".encode("ascii") + head


def decode(data: bytes, kind: type[T], limit: int = 65_536) -> T:
    """A message of a kind. Raises BadMessage."""
    if len(data) > limit:
        raise BadMessage(f"{_name(kind)}: {len(data)} bytes where at most {limit} are taken")
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessage(f"{_name(kind)}: {error}") from error


def _name(kind: object) -> str:
    return getattr(kind, "__name__", "message")


encode = msgspec.msgpack.encode
