"""Signatures of messages: who the sender and the receiver are, and which message is answered.

A message is a msgpack array with a signature among its elements. It covers, in this order and as they stand in the
message, the elements this release knows but the signature itself (docs/protocol.md, "Signed messages"). Each kind has
a domain of its own, so that no message can be passed off as another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from diwan_core.exchange.wire.messages import (
    RECEIPT_DOMAIN,
    BadMessage,
    BoundReceipt,
    LogRows,
    LogStanding,
    Question,
    ScopeHeads,
    SignedBlobReceipt,
    SignedHello,
    SignedPiece,
    Wake,
    encode,
    signed_part,
)
from diwan_core.exchange.wire.parcel import raw_id, text_id
from diwan_core.trust import verify

Sign = Callable[[bytes, bytes], bytes]
Message = TypeVar(
    "Message",
    SignedHello,
    SignedBlobReceipt,
    SignedPiece,
    BoundReceipt,
    ScopeHeads,
    Wake,
    Question,
    LogRows,
    LogStanding,
)

DOMAINS: Final[Mapping[type, bytes]] = {
    SignedHello: b"diwan/1/hello",
    SignedBlobReceipt: b"diwan/1/blob-receipt",
    SignedPiece: b"diwan/1/piece",
    BoundReceipt: b"diwan/1/bound-receipt",
    ScopeHeads: b"diwan/1/heads",
    Wake: b"diwan/1/wake",
    Question: b"diwan/1/question",
    LogRows: b"diwan/1/log-rows",
    LogStanding: b"diwan/1/log-standing",
}
NAMES: Final[Mapping[type, str]] = {
    SignedHello: "a hello",
    SignedBlobReceipt: "a receipt for a picture",
    SignedPiece: "a piece of a picture",
    BoundReceipt: "a receipt",
    ScopeHeads: "a place of scopes",
    Wake: "a call",
    Question: "a question",
    LogRows: "a stretch of a log of reads",
    LogStanding: "a place in a log of reads",
}
"""What each kind is called where one is refused."""
FEED_PARCEL: Final = b"diwan/1/feed-parcel"
EVERYONE: Final = bytes(8)
"""In the place of a receiver's id: every node."""

_elements = msgspec.msgpack.Decoder(list[msgspec.Raw])


class Forged(BadMessage):
    """A message that is not signed by the node in whose name it came, or that was altered on its way."""

    code = "forged"


def elements(payload: bytes) -> list[bytes]:
    """The elements of a message, each as it stands in it. Raises BadMessage."""
    try:
        return [bytes(element) for element in _elements.decode(payload)]
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadMessage(f"no message: {error}") from error


def text(sender: str, receiver: str | None, covered: Iterable[bytes], more: bytes = b"") -> bytes:
    """The bytes that are signed: both ids (None: every node), the hash of the elements, and what both sides know
    without it."""
    digest = hashlib.sha256()
    for element in covered:
        digest.update(element)
    return raw_id(sender) + (EVERYONE if receiver is None else raw_id(receiver)) + digest.digest() + more


def sign_message(message: Message, sender: str, receiver: str | None, sign: Sign, more: bytes = b"") -> bytes:
    """A message with its signature, ready to be sent."""
    found = _covered(type(message), elements(encode(message)))
    signature = sign(DOMAINS[type(message)], text(sender, receiver, found, more))
    return encode(msgspec.structs.replace(message, signature=signature))


def is_signed(
    kind: type[Message], payload: bytes, signature: bytes, key: bytes, sender: str, receiver: str | None,
    more: bytes = b"",
) -> bool:  # fmt: skip
    """Whether this message, as it came, bears the sender's signature."""
    covered = _covered(kind, elements(payload))
    return verify(key, DOMAINS[kind], text(sender, receiver, covered, more), signature)


def is_receipt(
    key: bytes, centre: str, origin: str, payload: bytes, receipt: BoundReceipt, head: bytes
) -> bool:  # fmt: skip
    """Whether the centre signed this receipt for rows of an origin, of which `head` is the hash of row `stored` (empty
    for 0). Either form: receipts are kept, as the centre's word before a court."""
    if receipt.nonce:
        return is_signed(BoundReceipt, payload, receipt.signature, key, centre, origin, head)
    message = signed_part(origin, text_id(receipt.epoch), receipt.stored, receipt.safe, receipt.time, head)
    return verify(key, RECEIPT_DOMAIN, message, receipt.signature)


def _covered(kind: type[Message], found: list[bytes]) -> list[bytes]:
    return [element for name, element in zip(kind.__struct_fields__, found, strict=False) if name != "signature"]
