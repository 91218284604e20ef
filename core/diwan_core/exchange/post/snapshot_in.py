"""Joins a scope late from a snapshot: its parts are asked for one by one and joined as they come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from diwan_core.exchange.wire.messages import VERSION, encode
from diwan_core.exchange.wire.parcel import SNAPSHOT, BadParcel, lines, read_header, unpack
from diwan_core.exchange.wire.snapshot import (
    SNAPSHOT_DOMAIN,
    SnapshotAsk,
    SnapshotContent,
    part_message,
)
from diwan_core.register import Transaction
from diwan_core.register.admission.snapshot import begin, finish, install, mark_of, note_epochs
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.storage.state import forget_state, get_state, set_state
from diwan_core.trust import ScopeKeyring, verify

_decoder = msgspec.msgpack.Decoder(SnapshotContent)


class _Place(NamedTuple):
    """A part of one snapshot, which has a mark that no other snapshot of its number has."""

    number: int
    part: int
    mark: str


@dataclass(slots=True)
class SnapshotIn:
    """The joining of one scope. Its progress is in the register, so that it goes on after a restart."""

    scope: str
    node: str
    centre_signing: bytes
    keyring: ScopeKeyring

    def take(self, transaction: Transaction, parcel: bytes) -> bytes | None:
        """Take a part, in a write transaction; the next ask to send, empty where none is due, None once the scope is
        joined. Raises BadParcel."""
        head, start = read_header(parcel)
        key = self.keyring.get(self.scope, head.key) if head.key else None
        if head.kind != SNAPSHOT or head.scope != self.scope or key is None:
            raise BadParcel("foreign", f"not a snapshot of scope {self.scope} this node can read")
        try:
            content = _decoder.decode(unpack(parcel, start, key))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadParcel("broken", f"a snapshot's part cannot be read: {error}") from error
        if not verify(self.centre_signing, SNAPSHOT_DOMAIN, part_message(self.scope, content), content.signature):
            raise BadParcel("signature", "a snapshot's part is not what the centre signed")
        if feed_places.place(transaction, self.scope)[0] > 0:
            return None
        body = lines(content.body, head)
        try:
            mark = mark_of(body) or content.feed.hex()[:16]
            if self._is_taken(transaction, content, mark):
                return b""
            ask = self._other_ask(transaction, content, mark)
            if ask is not None:
                return encode(ask)
            if content.part == 0:
                begin(transaction)
            install(transaction, body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadParcel("broken", f"a snapshot's part cannot be read: {error}") from error
        if content.part + 1 < content.parts:
            note_epochs(transaction, content.part, content.epochs)
            place = f"{content.number}:{content.part + 1}:{mark}"
            set_state(transaction, f"snapshot:{self.scope}", place)
            return encode(SnapshotAsk(VERSION, content.number, content.part + 1))
        finish(transaction, content.epochs, self.node)
        feed_places.move(transaction, self.scope, content.number, content.feed)
        self._forget(transaction)
        return None

    def _is_taken(self, transaction: Transaction, content: SnapshotContent, mark: str) -> bool:
        """Whether it is a part that was taken before, and came again: the next one was asked for then. Asked for again,
        it would be sent again, and on a line that doubles messages each part twice as often as the one before. The
        first part alone is an invitation to go on."""
        expected = self._expected(transaction)
        return (
            expected is not None
            and (content.number, mark) == (expected.number, expected.mark)
            and 0 < content.part < expected.part
        )

    def _other_ask(self, transaction: Transaction, content: SnapshotContent, mark: str) -> SnapshotAsk | None:
        """The part to ask for instead of this one; None where this one is to be taken."""
        expected = self._expected(transaction)
        if content.part == 0:
            if expected is None or (content.number, mark) != (expected.number, expected.mark):
                return None
        elif expected is None:
            return SnapshotAsk(VERSION, content.number, 0)
        elif content.number == expected.number and mark != expected.mark:
            # Made again since the part before came, and divided in another way: nothing of the two fits together.
            self._forget(transaction)
            return SnapshotAsk(VERSION, content.number, 0)
        elif (content.number, content.part) == (expected.number, expected.part):
            return None
        return SnapshotAsk(VERSION, expected.number, expected.part)

    def _expected(self, transaction: Transaction) -> _Place | None:
        """The part that is to come next; None before the first one. What an earlier release noted names no mark, and is
        begun anew."""
        number, _, rest = str(get_state(transaction, f"snapshot:{self.scope}") or "").partition(":")
        part, _, mark = rest.partition(":")
        return _Place(int(number), int(part), mark) if mark else None

    def _forget(self, transaction: Transaction) -> None:
        forget_state(transaction, f"snapshot:{self.scope}")
