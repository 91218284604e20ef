"""Sending a node's own rows to the centre. The journal is the queue; this keeps only what is on its way.

Parcels go out while the bytes unreceipted are below the credit the centre grants. Nothing is repeated on a timer:
after silence the node says hello, the centre answers with what it holds, and sending goes on from there."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from diwan_core.exchange.parcel import ROWS, header, pack, raw_id, rows_content, text_id
from diwan_core.exchange.receipt import RECEIPT_DOMAIN, Receipt, signed_part
from diwan_core.exchange.rows import hash_at, signed_stretch
from diwan_core.trust import verify

FIRST_CREDIT: Final = 262_144
"""Bytes a node may send before the centre's first receipt."""
SILENCE_S: Final = 20.0


@dataclass(slots=True)
class _Epoch:
    no: int
    id: str
    head: int
    sent: int
    stored: int
    mark: int | None = None
    """What was sent when the last hello was said, until it is answered."""
    rewound: int = -1
    """The row sending last went back to."""


@dataclass(slots=True)
class _Flight:
    epoch: str
    last: int
    size: int


class Outbox:
    """The sender's side of one origin."""

    def __init__(self, node: str, centre_sealing: bytes, centre_signing: bytes) -> None:
        self._node = node
        self._sealing = centre_sealing
        self._signing = centre_signing
        self._epochs: dict[str, _Epoch] = {}
        self._flights: deque[_Flight] = deque()
        self._in_flight = 0
        self._credit = FIRST_CREDIT
        self.sent_rows = 0
        self.last_progress = 0.0

    def load(self, connection: sqlite3.Connection) -> None:
        """Look at the journal for new rows and epochs."""
        for number, epoch, head, stored in connection.execute(
            "SELECT no, id, signed, stored FROM epoch WHERE own=1 AND stored<signed ORDER BY no"
        ):
            held = self._epochs.get(epoch)
            if held is None:
                self._epochs[epoch] = _Epoch(number, epoch, head, stored, stored)
            else:
                held.head = head

    @property
    def waiting(self) -> bool:
        """Whether rows are on their way without a receipt."""
        return bool(self._flights)

    @property
    def idle(self) -> bool:
        """Whether every row known of is receipted."""
        return all(epoch.stored >= epoch.head for epoch in self._epochs.values())

    def unreceipted(self) -> list[tuple[bytes, int]]:
        """Epochs for the hello that is being said: (raw id, head)."""
        for epoch in self._epochs.values():
            epoch.mark = epoch.sent
        return [(raw_id(epoch.id), epoch.head) for epoch in self._epochs.values() if epoch.stored < epoch.head][-1000:]

    def reset(self) -> None:
        """The line went down: nothing counts as sent, and the credit is the first one until the centre speaks."""
        self._flights.clear()
        self._in_flight = 0
        self._credit = FIRST_CREDIT
        for epoch in self._epochs.values():
            epoch.sent = epoch.stored

    def parcels(self, connection: sqlite3.Connection) -> Iterator[bytes]:
        """The parcels that may go out now."""
        for epoch in list(self._epochs.values()):
            while epoch.sent < epoch.head and self._in_flight < self._credit:
                rows = signed_stretch(connection, epoch.no, epoch.sent, epoch.head)
                if rows is None or rows.signature is None:
                    break
                head = header(ROWS, self._node, epoch=epoch.id, first=rows.first, last=rows.last)
                parcel = pack(head, rows_content(rows.signature, rows.salts, rows.lines), self._sealing)
                epoch.sent = rows.last
                self._flights.append(_Flight(epoch.id, rows.last, len(parcel)))
                self._in_flight += len(parcel)
                self.sent_rows += rows.last - rows.first + 1
                yield parcel

    def receive(self, connection: sqlite3.Connection, receipt: Receipt) -> tuple[str, int, int] | None:
        """Take a receipt: (epoch, stored, safe) where it says something new, None where it is not for us or not
        true."""
        epoch = text_id(receipt.epoch)
        held = self._epochs.get(epoch)
        if held is None:
            return None
        if receipt.stored:
            digest = hash_at(connection, held.no, receipt.stored)
            message = signed_part(self._node, epoch, receipt.stored, receipt.safe, receipt.time, digest or b"")
            if digest is None or not verify(self._signing, RECEIPT_DOMAIN, message, receipt.signature):
                return None
        self._credit = receipt.credit
        new = receipt.stored > held.stored
        held.stored = max(held.stored, receipt.stored)
        while self._flights and any(f.epoch == epoch and f.last <= held.stored for f in self._flights):
            flight = next(f for f in self._flights if f.epoch == epoch and f.last <= held.stored)
            self._flights.remove(flight)
            self._in_flight -= flight.size
        if receipt.ask and self._is_lost(held):
            held.sent = held.rewound = held.stored
            for flight in [f for f in self._flights if f.epoch == epoch]:
                self._flights.remove(flight)
                self._in_flight -= flight.size
        held.sent = max(held.sent, held.stored)
        return (epoch, held.stored, receipt.safe) if new or receipt.safe else None

    @staticmethod
    def _is_lost(held: _Epoch) -> bool:
        """Whether being asked to go on from `stored` means that something on its way was lost. Messages keep their
        order, so the answer to a hello covers all that was sent before it; what was sent since is still coming. A gap
        is answered once for each parcel behind it: going back the first time is enough."""
        mark, held.mark = held.mark, None
        if mark is not None:
            return held.stored < mark
        return held.rewound != held.stored
