"""Pictures on the line: pieces of blobs behind the records, resumable, receipted by hash.

A piece that does not begin where the receiver's bytes end changes nothing; the receipt says where to go on."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from diwan_core.exchange.wire.messages import BadMessage, BlobReceipt, Piece, SignedPiece, decode
from diwan_core.exchange.wire.parcel import PIECE, header, pack
from diwan_core.exchange.wire.signed import Sign, signed
from diwan_core.register import BlobTooLarge, Register
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state

PIECE_BYTES: Final = 65_536
WINDOW: Final = 8
"""Pieces on their way without a receipt."""
MOST_ASKED: Final = 2_000
TIMES_ASKED: Final = 20
_LACKING: Final = "lacking:"


Standing = tuple[bytes, int, bool]
"""A blob's name, how many bytes of it are here, whether it is whole."""


def read_piece(content: bytes) -> SignedPiece:
    """The content of a PIECE parcel. Raises BadMessage."""
    return decode(content, SignedPiece, 8 * PIECE_BYTES)


def receive_piece(register: Register, connection: sqlite3.Connection, piece: Piece) -> Standing:
    """Take a piece; how much of its blob is here now. Raises BadMessage, DamagedBlob."""
    name = piece.sha256.hex()
    if is_erased_blob(connection, name):
        raise BadMessage("a piece of a picture that was erased under the law")
    try:
        have = register.blobs.receive(name, piece.size, piece.offset, piece.data)
    except BlobTooLarge as error:
        raise BadMessage(str(error)) from error
    whole = register.blobs.size(name)
    connection.execute(
        # What is whole is as large as it is, whatever the first piece of it, or a later one, claimed.
        "INSERT INTO blob (sha256, size, media_type, have, added) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (sha256) DO UPDATE SET have=CASE WHEN ?6 THEN ?4 ELSE max(have, ?4) END, "
        "size=CASE WHEN ?6 THEN ?2 ELSE size END, wanted=CASE WHEN ?6 THEN 0 ELSE wanted END",
        (name, piece.size if whole is None else whole, piece.media_type, have, now_ms(), whole is not None),
    )
    return piece.sha256, have, whole is not None


def standing_of(register: Register, connection: sqlite3.Connection, sha256: bytes) -> Standing:
    """How much of a blob is here."""
    name = sha256.hex()
    row = connection.execute("SELECT size FROM blob WHERE sha256=? AND have=size", (name,)).fetchone()
    return sha256, row[0] if row else register.blobs.arrived(name), row is not None


def ask_again(connection: sqlite3.Connection) -> None:
    """At a centre put back: its posts are to be asked for pictures whose bytes came after the copy."""
    for (node,) in connection.execute("SELECT id FROM node WHERE role='post'").fetchall():
        set_state(connection, _LACKING + node, TIMES_ASKED)


def lacking(register: Register, connection: sqlite3.Connection, node: str) -> list[Standing]:
    """After `ask_again`, the answer to a hello: how much is here of each picture that a record of this node's names and
    that is not whole. A post takes that for a question. What it has not got either is not asked for for ever."""
    left = get_state(connection, _LACKING + node)
    if left is None:
        return []
    names = names_lacking(connection, node)
    if not names or left == 0:
        connection.execute("DELETE FROM state WHERE key=?", (_LACKING + node,))
    else:
        set_state(connection, _LACKING + node, left - 1)
    return [standing_of(register, connection, name) for name in names]


def names_lacking(connection: sqlite3.Connection, node: str) -> list[bytes]:
    """Those pictures, where a node is to be asked for them."""
    if get_state(connection, _LACKING + node) is None:
        return []
    names = connection.execute(
        "SELECT DISTINCT t.sha256 FROM record_attachment t JOIN epoch e ON e.id=t.base_epoch "
        "LEFT JOIN blob b ON b.sha256=t.sha256 AND b.have=b.size WHERE e.origin=? AND t.sha256 IS NOT NULL "
        "AND b.sha256 IS NULL LIMIT ?",
        (node, MOST_ASKED),
    ).fetchall()
    return [bytes.fromhex(name) for (name,) in names if not is_erased_blob(connection, name)]


class Way(NamedTuple):
    """From whom to whom pieces go; `sealing` is the reader's sealing key."""

    sender: str
    reader: str
    sealing: bytes
    sign: Sign


def piece_parcel(
    register: Register,
    way: Way,
    name: str,
    size: int,
    media_type: str,
    offset: int,
    length: int = PIECE_BYTES,
) -> bytes:
    """A PIECE parcel of a complete blob, from `offset`."""
    data = register.blobs.read(name, offset, length)
    piece = SignedPiece(bytes.fromhex(name), size, offset, media_type, data)
    return pack(header(PIECE, way.sender), signed(piece, way.sender, way.reader, way.sign), way.sealing)


class BlobSender:
    """Sends the blobs a node was given and the centre has not receipted, oldest first, a few pieces ahead."""

    def __init__(self, register: Register, way: Way) -> None:
        self._register = register
        self._way = way
        self._open: OrderedDict[str, list[int]] = OrderedDict()
        self._sizes: dict[str, tuple[int, str]] = {}

    def load(self, connection: sqlite3.Connection) -> None:
        """Look for blobs to send."""
        for name, size, media_type in connection.execute(
            "SELECT sha256, size, media_type FROM blob WHERE own=1 AND stored=0 AND have=size ORDER BY added LIMIT 200"
        ):
            self._sizes.setdefault(name, (size, media_type))

    def sends(self, sha256: bytes) -> bool:
        """Whether this blob is among those to be sent."""
        return sha256.hex() in self._sizes

    def offers(self) -> list[bytes]:
        """Names for the hello, so that the centre says how much of each it has."""
        return [bytes.fromhex(name) for name in list(self._sizes)[:200]]

    def reset(self) -> None:
        """The line went down: wait for the centre to say where to go on."""
        self._open.clear()

    @property
    def idle(self) -> bool:
        """Whether nothing is left to send."""
        return not self._sizes

    @property
    def waiting(self) -> bool:
        """Whether pieces are on their way."""
        return any(sent > have for have, sent, _ in self._open.values())

    def parcels(self) -> Iterator[bytes]:
        """The pieces that may go out now."""
        for name, (size, media_type) in list(self._sizes.items())[:2]:
            if not self._register.blobs.path(name).exists():  # erased or pruned meanwhile
                del self._sizes[name]
                self._open.pop(name, None)
                continue
            state = self._open.setdefault(name, [0, 0, -1])
            while state[1] < size and state[1] - state[0] < WINDOW * PIECE_BYTES:
                yield piece_parcel(self._register, self._way, name, size, media_type, state[1])
                state[1] = min(size, state[1] + PIECE_BYTES)

    def receive(self, receipt: BlobReceipt) -> str | None:
        """Take a blob receipt; the blob's name once the centre holds it whole."""
        name = receipt.sha256.hex()
        if name not in self._sizes:
            return None
        if receipt.complete:
            del self._sizes[name]
            self._open.pop(name, None)
            return name
        state = self._open.setdefault(name, [0, 0, -1])
        if receipt.have > state[0]:
            state[0] = receipt.have
            state[1] = max(state[1], receipt.have)
        elif receipt.have < state[0] or state[2] != receipt.have:
            # A piece that added nothing: one before it was lost. Go back once; after silence the hello does it again.
            state[:] = [receipt.have, receipt.have, receipt.have]
        return None
