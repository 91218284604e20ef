"""Checks the hellos of nodes at the centre: whether they are genuine, and whether they are new.

A hello changes what the centre believes: that a node lives, what it holds, and whether a centre that was put back may
open. So it is signed, later than the one before, and, for the last of these, bound to this closing."""

from __future__ import annotations

from enum import Enum, auto

import msgspec

from diwan_core.exchange.wire.messages import SignedHello, decode
from diwan_core.exchange.wire.peers import refuse_unsigned
from diwan_core.exchange.wire.signed import Forged, is_signed
from diwan_core.register import Transaction
from diwan_core.register.exchange_state import nodes


class News(Enum):
    """Whether a hello says something new: it does, it came twice, it is an old one, or nobody can tell since it is in
    the form of the first releases."""

    NEW = auto()
    TWICE = auto()
    OLD = auto()
    UNKNOWN = auto()


def heard(transaction: Transaction, centre: str, node: str, payload: bytes) -> SignedHello:
    """A hello of an enrolled node. Without a nonce it is in the unsigned form. Raises BadMessage, Unsigned, Forged."""
    hello = decode(payload, SignedHello)
    if not hello.signature:
        refuse_unsigned("a hello", signing=nodes.has_signed(transaction, node))
        return msgspec.structs.replace(hello, nonce=b"", time=0, closing=b"")
    key = nodes.signing_key(transaction, node)
    if len(hello.nonce) != 8 or not is_signed(SignedHello, payload, hello.signature, key, node, centre):
        raise Forged(f"a hello that {node} did not sign")
    return hello


def note(transaction: Transaction, node: str, hello: SignedHello) -> News:
    """Remember the latest hello of a node, in a write transaction. One that came twice, or late, changes nothing."""
    if not hello.nonce:
        return News.UNKNOWN
    said, nonce = nodes.latest_hello(transaction, node)
    if hello.time <= said:
        return News.TWICE if hello.nonce == nonce else News.OLD
    nodes.note_hello(transaction, node, hello.time, hello.nonce)
    return News.NEW
