"""Pictures on the line: pieces of blobs, sent behind the records, resumable, receipted by hash.

A piece that begins after the end of the receiver's bytes changes nothing; the receipt says where to go on. Pieces on a
stick are larger: where the line has brought some bytes, they begin before that end, and what goes beyond it counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from diwan_core.exchange.wire.messages import BadMessage, BlobReceipt, Piece, SignedPiece, decode
from diwan_core.exchange.wire.parcel import PIECE, header, pack
from diwan_core.exchange.wire.signed import Sign, sign_message
from diwan_core.register import BlobTooLarge, Register, Transaction
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.exchange_state import picture_state
from diwan_core.register.exchange_state.nodes import posts
from diwan_core.register.storage.state import forget_state, get_state, set_state

PIECE_BYTES: Final = 65_536
WINDOW: Final = 8
"""Pieces on their way without a receipt."""
MOST_OFFERED: Final = 200
"""Pictures a hello offers at the most."""
MOST_ASKED: Final = 2_000
TIMES_ASKED: Final = 20
_LACKING: Final = "lacking:"


Standing = tuple[bytes, int, bool]
"""A blob's name, how many bytes of it are here, whether it is whole."""


def read_piece(content: bytes) -> SignedPiece:
    """The content of a PIECE parcel. Raises BadMessage."""
    return decode(content, SignedPiece, 8 * PIECE_BYTES)


def receive_piece(register: Register, transaction: Transaction, piece: Piece, sender: str = "") -> Standing:
    """Take a piece of a node, or of the centre (""); how much of its blob is here now. Raises BadMessage,
    DamagedBlob."""
    name = piece.sha256.hex()
    if is_erased_blob(transaction, name):
        raise BadMessage("a piece of a picture that was erased under the law")
    if picture_state.whole(transaction, name) is None:
        register.blobs.keep_name(name)  # it may have got it just before its node died
    try:
        have = register.blobs.receive(name, piece.size, piece.offset, piece.data, sender)
    except BlobTooLarge as error:
        raise BadMessage(str(error)) from error
    whole = register.blobs.size(name)
    picture_state.note_bytes(transaction, name, piece.media_type, have, claimed=piece.size, whole=whole)
    picture_state.note_claim(transaction, name, sender, None if whole is not None else piece.size)
    return piece.sha256, have, whole is not None


def standing_of(register: Register, transaction: Transaction, sha256: bytes, sender: str) -> Standing:
    """How much of a blob is here of what this node sent. Of one that has all its bytes and not yet its name, nothing:
    its sender sends a piece again, and with that it is finished."""
    name = sha256.hex()
    held = picture_state.whole(transaction, name)
    if held is not None and register.blobs.size(name) is not None:
        return sha256, held.size, True
    arrived, claimed = register.blobs.arrived(name, sender), picture_state.claimed(transaction, name, sender)
    return sha256, arrived if claimed is not None and arrived < claimed else 0, False


def picture_wish(register: Register, transaction: Transaction, name: str) -> tuple[bytes, int]:
    """How a post asks the centre for a picture: its name, and how many bytes of it are here (see `standing_of`)."""
    return standing_of(register, transaction, bytes.fromhex(name), "")[:2]


def ask_again(transaction: Transaction) -> None:
    """At a centre put back: its posts are to be asked for pictures whose bytes came after the copy."""
    for node in posts(transaction):
        set_state(transaction, _LACKING + node, TIMES_ASKED)


def lacking(register: Register, transaction: Transaction, node: str, *, all_rows: bool) -> list[Standing]:
    """After `ask_again`, the answer to a hello: how much is here of each picture that a record of this node's names and
    that is not whole. A post takes that for a question. What it has not got either is not asked for for ever. Until all
    rows of the node are here (`all_rows`), more pictures may be named by those that come."""
    left = get_state(transaction, _LACKING + node)
    if left is None:
        return []
    names = names_lacking(transaction, node)
    if left == 0 or (not names and all_rows):
        forget_state(transaction, _LACKING + node)
    elif names:
        set_state(transaction, _LACKING + node, left - 1)
    return [standing_of(register, transaction, name, node) for name in names]


def names_lacking(transaction: Transaction, node: str) -> list[bytes]:
    """The names of these pictures, where a node is to be asked for them."""
    if get_state(transaction, _LACKING + node) is None:
        return []
    return [bytes.fromhex(name) for name in picture_state.lacking(transaction, node, MOST_ASKED)]


class Way(NamedTuple):
    """The sender and the reader of pieces; `sealing` is the reader's sealing key."""

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
    return pack(header(PIECE, way.sender), sign_message(piece, way.sender, way.reader, way.sign), way.sealing)


class BlobSender:
    """Sends the blobs a node was given and the centre has not receipted, oldest first, a few pieces ahead."""

    def __init__(self, register: Register, way: Way) -> None:
        self._register = register
        self._way = way
        self._open: OrderedDict[str, list[int]] = OrderedDict()
        self._sizes: dict[str, tuple[int, str]] = {}

    def load(self, transaction: Transaction) -> None:
        """Look for blobs to send."""
        for name, size, media_type in picture_state.to_send(transaction, MOST_OFFERED):
            self._sizes.setdefault(name, (size, media_type))

    def sends(self, sha256: bytes) -> bool:
        """Whether this blob is among those to be sent."""
        return sha256.hex() in self._sizes

    def offers(self) -> list[bytes]:
        """Names for the hello, so that the centre says how much of each it has."""
        return [bytes.fromhex(name) for name in list(self._sizes)[:MOST_OFFERED]]

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
