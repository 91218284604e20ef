"""Pictures at a post: receipts of the centre for those it sends, and requests for those it wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from diwan_core import world
from diwan_core.exchange.pieces import (
    MOST_OFFERED,
    PIECE_BYTES,
    WINDOW,
    BlobSender,
    Way,
    picture_wish,
    read_piece,
    receive_piece,
)
from diwan_core.exchange.post.found_pictures import FoundPictures
from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.post.own_hellos import Said, forget_sticks
from diwan_core.exchange.wire.messages import BadMessage, SignedBlobReceipt, SignedPiece, decode
from diwan_core.exchange.wire.parcel import PIECE, BadParcel, read_header, unpack
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.may_fetch import may_keep
from diwan_core.register.exchange_state import picture_state
from diwan_core.trust import NodeKeys

WANT_AGAIN_S: Final = 10.0
LAST_AGAIN_S: Final = 900.0
"""A picture that the centre has not got is asked for twice as late each time, at last at this pause."""
WANTED: Final = 2_000
"""Wishes that are kept in mind, the latest first."""
WANTED_AT_ONCE: Final = 50
"""Pictures a hello on the line asks for at the most."""


@dataclass(slots=True)
class _Wish:
    """When a picture was last asked for, and for how long nothing is asked if nothing comes."""

    asked: float
    pause: float = WANT_AGAIN_S


class Pictures:
    """The pictures of a post on their way; one object for each exchange of a post. `hello_due`: the next hello asks
    for something here."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        centre: Centre,
        said: Said,
        monotonic: Callable[[], float] = world.monotonic_s,
    ) -> None:
        self.way = Way(register.config.id, centre.id, centre.sealing, keys.sign)
        self.sender = BlobSender(register, self.way)
        self.found = FoundPictures(register, monotonic)
        self.hello_due = False
        self._register = register
        self._keys = keys
        self._centre = centre
        self._said = said
        self._now = monotonic
        self._wanted: dict[str, _Wish] = {}
        self._whole: dict[bytes, int] = {}
        """Pictures receipted whole: in answer to which hello."""

    def receipt(self, payload: bytes) -> bool:
        """Take a blob receipt; whether it is an answer to what was said here. Raises BadMessage."""
        receipt = decode(payload, SignedBlobReceipt)
        is_signed = self._centre.vouches(SignedBlobReceipt, payload, receipt.signature, self._register.config.id)
        hello = self._said.number(receipt.nonce) if receipt.nonce else 0
        if not hello and (receipt.nonce or self._centre.signs):
            return False
        if not receipt.complete and not self.sender.sends(receipt.sha256):
            if hello and hello <= self._whole.get(receipt.sha256, 0):
                return False  # said before it was whole
            self._send_again(receipt.sha256, hello)
        if is_signed and self._said.is_latest(receipt.nonce):  # files go by it: neither a forged one nor one kept back
            self.found.receipted(receipt.sha256, whole=receipt.complete)
        name = self.sender.receive(receipt)
        if name is not None:
            self._whole[receipt.sha256] = hello
            with self._register.store.write() as transaction:
                picture_state.note_receipted(transaction, name)
        return True

    def _send_again(self, sha256: bytes, hello: int) -> None:
        """A centre that was put back asks for a picture it once had."""
        with self._register.store.write() as transaction:
            if picture_state.send_again(transaction, sha256.hex()):
                self.forget_answers(transaction, hello)
            self.sender.load(transaction)

    def forget_answers(self, transaction: Transaction, hello: int) -> None:
        """The centre's answer to this hello shows that it has lost what it held: forget everything that it said
        before. In a write transaction."""
        self._said.forget(hello)
        forget_sticks(transaction, hello - 1 if self._centre.by_stick else None)

    def piece(self, payload: bytes) -> None:
        """Take a piece of a picture that was asked for. Raises BadParcel, BadMessage, DamagedBlob."""
        head, start = read_header(payload)
        if head.kind != PIECE:
            raise BadParcel("foreign", "not a piece of a blob")
        content = unpack(payload, start, self._keys)
        piece = read_piece(content)
        self._centre.vouches(SignedPiece, content, piece.signature, self._register.config.id)
        with self._register.store.write() as transaction:
            if not may_keep(transaction, self._register.config.id, piece.sha256.hex()):
                raise BadMessage("a piece of a picture that is not for this post")
            sha256, have, whole = receive_piece(self._register, transaction, piece)
        name = sha256.hex()
        if whole:
            self._wanted.pop(name, None)
        elif name in self._wanted:
            self._wanted[name] = _Wish(self._now())
            self.hello_due = self.hello_due or have % (WINDOW * PIECE_BYTES) == 0

    def look(self, transaction: Transaction) -> None:
        """Look for pictures to send and to ask for."""
        self.sender.load(transaction)
        now = self._now()
        wanted = picture_state.wanted_pictures(transaction, WANTED)
        for name in self._wanted.keys() - set(wanted):  # it came on a stick, say
            del self._wanted[name]
        for name in wanted:
            if name not in self._wanted:
                self._wanted[name] = _Wish(now)
                self.hello_due = True
        due = [wish for wish in self._wanted.values() if now - wish.asked > wish.pause]
        for wish in sorted(due, key=lambda wish: wish.asked)[:WANTED_AT_ONCE]:
            wish.asked, wish.pause = now, min(2 * wish.pause, LAST_AGAIN_S)
            self.hello_due = True

    def offers(self) -> list[bytes]:
        """For the hello: the centre is to say how much it has of each of these."""
        offered = self.sender.offers()
        return offered + self.found.offers(MOST_OFFERED - len(offered))

    def wants(self, transaction: Transaction) -> list[tuple[bytes, int]]:
        """For the hello: what was wished for, or is due, most recently, and how many bytes of each are here. Others
        come in their turn: what nobody has does not keep them from it."""
        latest = sorted(self._wanted, key=lambda name: self._wanted[name].asked, reverse=True)[:WANTED_AT_ONCE]
        return [picture_wish(self._register, transaction, name) for name in latest]
