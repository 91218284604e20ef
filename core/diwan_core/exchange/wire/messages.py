"""The small messages of the exchange, such as receipts and hellos: signed (`signed`) and never sealed, as they hold
no field values. The forms without a signature are those of the first releases (`peers`).

A receipt is the only acknowledgement that counts: a broker's is not. The receiver signs over the hash of the last
row it holds, which the sender fills in from its own journal: so the signature proves that both hold the same
chain."""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from diwan_core.exchange.wire.parcel import raw_id

RECEIPT_DOMAIN: Final = b"diwan/1/receipt"
VERSION: Final = 1
T = TypeVar("T")
_Id = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Sha256 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Text = Annotated[str, msgspec.Meta(max_length=80)]
_Scope = Annotated[str, msgspec.Meta(max_length=40)]
_Signature = Annotated[bytes, msgspec.Meta(max_length=64)]
"""64 bytes, or none where a release that did not sign this kind sent it."""
_Nonce = Annotated[bytes, msgspec.Meta(max_length=8)]
"""8 bytes of chance by which a hello is known again in its answers; on a stick its time. None in the old form."""


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


class BoundReceipt(Receipt, array_like=True, frozen=True):
    """A receipt whose signature covers all of it and is bound to the latest hello that the centre has of the node."""

    nonce: _Nonce = b""


FEED_MARK: Final = 8
"""Bytes of a feed's hash in a hello: whether the reader's place is one of the centre's feed, after either was put
back to an older copy."""


PAGES_ONLY: Final = "national:pages"
"""Among the places of a hello: the reader of the national scope is not to be sent a snapshot."""
SNAPSHOT_ONLY: Final = "national:snapshot"
"""Among the places of a hello: the reader holds parts of a snapshot, and is to be sent one, however short the feed."""


class Hello(msgspec.Struct, array_like=True, frozen=True):
    """The message of a node that comes up: its unreceipted epochs and their heads, its place in each scope it reads,
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


class SignedHello(Hello, array_like=True, frozen=True):
    """A hello signed by its node. `time` is later than that of the node's hello before (its clock in ms since 1970,
    as far as that goes). `closing` is the challenge of a closed centre (`reopening`)."""

    nonce: _Nonce = b""
    time: _Number = 0
    closing: Annotated[bytes, msgspec.Meta(max_length=16)] = b""
    signature: _Signature = b""


class BlobReceipt(msgspec.Struct, array_like=True, frozen=True):
    """`have` bytes of blob `sha256` are at the receiver; it is complete and verified when `have` equals its size."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    sha256: _Sha256
    have: _Number
    complete: bool


class SignedBlobReceipt(BlobReceipt, array_like=True, frozen=True):
    """A blob receipt signed by the centre and bound to the latest hello that it has of the node."""

    nonce: _Nonce = b""
    signature: _Signature = b""


class ScopeHeads(msgspec.Struct, array_like=True, frozen=True):
    """The centre tells where scopes stand: everybody at `time`, or, bound to a hello, one node that named a place
    which the scope does not have."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    heads: Annotated[dict[_Scope, _Number], msgspec.Meta(max_length=1000)]
    time: _Number
    nonce: _Nonce
    signature: _Signature


class Wake(msgspec.Struct, array_like=True, frozen=True):
    """A process of the centre came up, or there is something new: everybody is to say hello."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    time: _Number
    signature: _Signature


class Question(msgspec.Struct, array_like=True, frozen=True):
    """The centre did not take a hello: it is to be said again with a time from `least` on, and with the challenge
    `closing` where the centre is closed."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    nonce: _Nonce
    least: _Number
    closing: Annotated[bytes, msgspec.Meta(max_length=16)]
    signature: _Signature


class Piece(msgspec.Struct, array_like=True, frozen=True):
    """Content of a PIECE parcel: bytes of a blob from `offset` on."""

    sha256: _Sha256
    size: _Number
    offset: _Number
    media_type: _Text
    data: bytes


class SignedPiece(Piece, array_like=True, frozen=True):
    """A piece signed by its sender: anybody who knows a reader's public key could seal a piece to it."""

    signature: _Signature = b""


class LogRows(msgspec.Struct, array_like=True, frozen=True):
    """Rows of a node's log of reads for its centre, sealed to it (`trust.access_log.handed_in`), and signed."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    sealed: Annotated[bytes, msgspec.Meta(max_length=1 << 20)]
    signature: _Signature = b""


class LogStanding(msgspec.Struct, array_like=True, frozen=True):
    """Up to which row a node's log of reads is at the centre, and places before it: (row, its seal), the furthest
    first. The node goes on from the first that is in its log. Sent to nodes that the centre takes such rows from, bound
    to the latest hello that it has of the node."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    places: Annotated[list[tuple[_Number, _Sha256]], msgspec.Meta(max_length=64)]
    nonce: _Nonce
    signature: _Signature = b""


LOG_BYTES: Final = (1 << 20) + 1024
"""Of a message with rows of a log of reads."""


def signed_part(node: str, epoch: str, stored: int, safe: int, time: int, head: bytes) -> bytes:
    """The bytes that a receipt's signature covers; `node` is the origin receipted, `head` the hash of row `stored`."""
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
