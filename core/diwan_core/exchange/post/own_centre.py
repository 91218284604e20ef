"""A post's own centre: its keys, and whether a message in its name is genuine."""

from __future__ import annotations

from diwan_core.exchange.wire.peers import refuse_unsigned
from diwan_core.exchange.wire.signed import NAMES, Forged, Message, is_signed
from diwan_core.register import Register, RegisterError
from diwan_core.register.exchange_state import nodes
from diwan_core.register.storage.database import Store


class NotEnrolled(RegisterError):
    """The post does not know a centre yet."""


class Centre:
    """The centre as a post knows it. Raises NotEnrolled."""

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
                refuse_unsigned(NAMES[kind], signing=self.signs)
            return False
        if not is_signed(kind, payload, signature, self.signing, self.id, reader):
            raise Forged(f"{NAMES[kind]} that the centre did not sign")
        self.signs = True
        return True

    def remember(self, store: Store) -> None:
        """Write down that it was heard to sign, once. Outside any transaction."""
        if self.signs and not self._remembered:
            with store.write() as transaction:
                nodes.note_signing(transaction, self.id)
            self._remembered = True
