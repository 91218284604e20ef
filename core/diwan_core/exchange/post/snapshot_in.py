"""Joins a scope late from a snapshot: its parts are asked for one by one and joined as they come."""

from __future__ import annotations

from dataclasses import dataclass

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
from diwan_core.register.admission import snapshot_place
from diwan_core.register.admission.how_far import said_of
from diwan_core.register.admission.reach import ask_for_own_words
from diwan_core.register.admission.snapshot import mark_of
from diwan_core.register.admission.snapshot_join import NewerRecords, begin, finish, install, note_epochs
from diwan_core.register.exchange_state import feed_places
from diwan_core.trust import ScopeKeyring, verify

_decoder = msgspec.msgpack.Decoder(SnapshotContent)


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
        if feed_places.place(transaction, self.scope)[0] > 0 or self._reads_rows_again(transaction):
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
        except NewerRecords as error:  # it was sent when this post had a newer release, or came on a stick
            raise BadParcel("version", str(error)) from error
        if content.part + 1 < content.parts:
            note_epochs(transaction, content.part, content.epochs)
            place = snapshot_place.Place(content.number, content.part + 1, mark)
            snapshot_place.expect(transaction, self.scope, place)
            return encode(SnapshotAsk(VERSION, content.number, content.part + 1))
        finish(transaction, content.epochs, self.node)
        feed_places.move(transaction, self.scope, content.number, content.feed)
        snapshot_place.forget(transaction, self.scope)
        ask_for_own_words(transaction)
        return None

    def _reads_rows_again(self, transaction: Transaction) -> bool:
        """Whether a snapshot was joined, and its rows are being read from the first one: another part of a snapshot was
        sent before, or somebody sends it again, and might take something back."""
        joined = feed_places.knows_by_snapshot(transaction) and not snapshot_place.has_begun(transaction, self.scope)
        return joined and bool(said_of(transaction))

    def _is_taken(self, transaction: Transaction, content: SnapshotContent, mark: str) -> bool:
        """Whether it is a part that was taken before, and came again: the next one was asked for then. Asked for again,
        it would be sent again, and on a line that doubles messages each part twice as often as the one before. The
        first part alone is an invitation to go on."""
        expected = snapshot_place.expected(transaction, self.scope)
        return (
            expected is not None
            and (content.number, mark) == (expected.number, expected.mark)
            and 0 < content.part < expected.part
        )

    def _other_ask(self, transaction: Transaction, content: SnapshotContent, mark: str) -> SnapshotAsk | None:
        """The part to ask for instead of this one; None where this one is to be taken."""
        expected = snapshot_place.expected(transaction, self.scope)
        if content.part == 0:
            if expected is None or not expected.part or (content.number, mark) != (expected.number, expected.mark):
                return None
        elif expected is None:
            return SnapshotAsk(VERSION, content.number, 0)
        elif content.number == expected.number and mark != expected.mark:
            # Made again since the part before came, and divided in another way: nothing of the two fits together.
            snapshot_place.expect(transaction, self.scope, snapshot_place.Place(content.number, 0, mark))
            return SnapshotAsk(VERSION, content.number, 0)
        elif (content.number, content.part) == (expected.number, expected.part):
            return None
        return SnapshotAsk(VERSION, expected.number, expected.part)
