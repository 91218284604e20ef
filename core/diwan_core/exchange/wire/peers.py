"""Which nodes sign what they say: the form of the first releases is taken only from those never heard to sign.

What was heard is remembered in the register for good (`node.signs`), so that nobody in the middle can talk two nodes
that sign down to the form that can be forged. A node that does not sign yet is a finding of `status`."""

from __future__ import annotations

from typing import Final

from diwan_core import __version__
from diwan_core.exchange.wire.messages import (
    BadMessage,
    Question,
    ScopeHeads,
    SignedBlobReceipt,
    SignedHello,
    SignedPiece,
    Wake,
)
from diwan_core.exchange.wire.signed import Forged, Message, is_signed
from diwan_core.register import Register, RegisterError
from diwan_core.register.exchange_state import nodes
from diwan_core.register.storage.database import Store

SIGNED_ONLY_FROM: Final = (0, 2, 0)
"""From this release on no node takes the unsigned form from anybody."""


class Unsigned(BadMessage):
    """A message without a signature, from a node that signs or to a release that takes no other."""

    code = "unsigned"


class NotEnrolled(RegisterError):
    """The post knows no centre yet."""


def takes_unsigned(release: str = __version__) -> bool:
    """Whether this release takes the unsigned form at all."""
    numbers = [int(part) if part.isdigit() else 0 for part in release.split("+", maxsplit=1)[0].split(".")[:3]]
    return tuple(numbers) < SIGNED_ONLY_FROM


def refuse_unsigned(what: str, *, signing: bool) -> None:
    """The unsigned form came from a node. Raises Unsigned."""
    if signing:
        raise Unsigned(f"{what} without a signature, from a node that signs: somebody on the line made it")
    if not takes_unsigned():
        raise Unsigned(f"{what} without a signature: the sender's release is too old; update it")


class Centre:
    """What a post knows of its centre. Raises NotEnrolled."""

    def __init__(self, register: Register, *, by_stick: bool = False) -> None:
        found = nodes.centre(register.store)
        if found is None:
            raise NotEnrolled(f"{register.folder} is not enrolled yet: ask the centre for a code, then `diwan enrol`")
        self.id = found.id
        self.signing = found.signing_key
        self.sealing = found.sealing_key
        self.signs = found.signs
        """Whether it was ever heard to sign."""
        self._remembered = self.signs
        self.by_stick = by_stick
        """Its messages come in files that it has signed whole."""

    def vouches(self, kind: type[Message], payload: bytes, signature: bytes, reader: str | None) -> bool:
        """Whether the centre signed a message to this reader; False for the unsigned form where it is still taken, or
        where the file it came in is signed. Raises Unsigned, Forged."""
        if not signature:
            if not self.by_stick:
                refuse_unsigned(_NAMES[kind], signing=self.signs)
            return False
        if not is_signed(kind, payload, signature, self.signing, self.id, reader):
            raise Forged(f"{_NAMES[kind]} that the centre did not sign")
        self.signs = True
        return True

    def remember(self, store: Store) -> None:
        """Write down that it was heard to sign, once. Outside any transaction."""
        if self.signs and not self._remembered:
            with store.write() as transaction:
                nodes.note_signing(transaction, self.id)
            self._remembered = True


_NAMES: Final = {
    SignedHello: "a hello", SignedBlobReceipt: "a receipt for a picture", SignedPiece: "a piece of a picture",
    ScopeHeads: "a place of scopes", Wake: "a call", Question: "a question",
}  # fmt: skip
