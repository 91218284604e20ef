"""What nodes say of themselves, as the centre hears it: whose word it is, and whether it is new.

A hello changes what the centre believes: that a node lives, what it holds, and whether a centre that was put back may
open. So it is signed, later than the one before, and, for the last of these, bound to this closing."""

from __future__ import annotations

import sqlite3
from enum import Enum, auto

import msgspec

from diwan_core.exchange.wire.messages import SignedHello, decode
from diwan_core.exchange.wire.peers import refuse_unsigned, signs
from diwan_core.exchange.wire.signed import Forged, is_signed


class News(Enum):
    """Whether a hello says something new: it does, it came twice, it is an old one, or nobody can tell since it is in
    the form of the first releases."""

    NEW = auto()
    TWICE = auto()
    OLD = auto()
    UNKNOWN = auto()


def heard(connection: sqlite3.Connection, centre: str, node: str, payload: bytes) -> SignedHello:
    """A hello of an enrolled node. Without a nonce it is in the unsigned form. Raises BadMessage, Unsigned, Forged."""
    hello = decode(payload, SignedHello)
    if not hello.signature:
        refuse_unsigned("a hello", signing=signs(connection, node))
        return msgspec.structs.replace(hello, nonce=b"", time=0, closing=b"")
    (key,) = connection.execute("SELECT signing_key FROM node WHERE id=?", (node,)).fetchone()
    if len(hello.nonce) != 8 or not is_signed(SignedHello, payload, hello.signature, key, node, centre):
        raise Forged(f"a hello that {node} did not sign")
    return hello


def note(connection: sqlite3.Connection, node: str, hello: SignedHello) -> News:
    """Remember the latest hello of a node, in a write transaction. One that came twice, or late, changes nothing."""
    if not hello.nonce:
        return News.UNKNOWN
    said, nonce = connection.execute("SELECT said, nonce FROM node WHERE id=?", (node,)).fetchone()
    if hello.time <= (said or 0):
        return News.TWICE if hello.nonce == nonce else News.OLD
    connection.execute("UPDATE node SET signs=1, said=?, nonce=? WHERE id=?", (hello.time, hello.nonce, node))
    return News.NEW


def latest(connection: sqlite3.Connection, node: str) -> tuple[int, bytes]:
    """The time and nonce of the latest hello of a node: what the centre says to it answers that one. Nothing of a node
    that does not sign."""
    row = connection.execute("SELECT said, nonce FROM node WHERE id=?", (node,)).fetchone()
    return (row[0] or 0, row[1] or b"") if row else (0, b"")
