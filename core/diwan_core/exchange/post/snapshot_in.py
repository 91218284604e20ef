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
from diwan_core.register.admission.snapshot import begin, finish, install
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.storage.state import forget_state, get_state, set_state
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
        """Take a part, in a write transaction; the next ask to send, None once the scope is joined. Raises
        BadParcel."""
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
        place = f"{content.number}:{content.part}"
        expected = get_state(transaction, f"snapshot:{self.scope}")
        if content.part and place != expected:
            number, _, part = (expected or f"{content.number}:0").partition(":")
            return encode(SnapshotAsk(VERSION, int(number), int(part)))
        if (
            content.part == 0
            and expected
            and expected.startswith(f"{content.number}:")
            and expected != f"{content.number}:0"
        ):
            return encode(SnapshotAsk(VERSION, content.number, int(expected.partition(":")[2])))
        if content.part == 0:
            begin(transaction)
        try:
            install(transaction, lines(content.body, head))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadParcel("broken", f"a snapshot's part cannot be read: {error}") from error
        if content.part + 1 < content.parts:
            set_state(transaction, f"snapshot:{self.scope}", f"{content.number}:{content.part + 1}")
            return encode(SnapshotAsk(VERSION, content.number, content.part + 1))
        finish(transaction, content.epochs, self.node)
        feed_places.move(transaction, self.scope, content.number, content.feed)
        forget_state(transaction, f"snapshot:{self.scope}")
        return None
