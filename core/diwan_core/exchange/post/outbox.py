"""The outbox: sends a node's own rows to the centre. The journal is the queue; this keeps only what is on its way.

Parcels go out while the bytes unreceipted are below the credit the centre grants. Nothing is repeated on a timer:
after silence the node says hello, the centre answers with what it holds, and sending goes on from there. What it was
sent and does not take (it may have set it aside as a fork) is tried again more and more seldom, a parcel at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from diwan_core import world
from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.wire.messages import BoundReceipt
from diwan_core.exchange.wire.parcel import ROWS, header, pack, raw_id, rows_content, text_id
from diwan_core.exchange.wire.signed import is_receipt
from diwan_core.register import Transaction
from diwan_core.register.exchange_state import epochs
from diwan_core.register.journal.stretches import known_hash, signed_stretch

FIRST_CREDIT: Final = 262_144
"""Bytes a node may send before the centre's first receipt."""
SILENCE_S: Final = 20.0
MOST_NAMED: Final = 1_000
"""Epochs that one hello names at the most; the others wait for the next one."""
RETRY_MOST_S: Final = 900.0
"""The longest pause before a parcel that was answered and not taken is sent again."""


@dataclass(slots=True)
class _Epoch:
    no: int
    id: str
    head: int
    sent: int
    stored: int
    asked: bool = False
    """The next hello asks about it, receipted or not."""
    open_since: int | None = None
    """While the centre has not answered what was asked about it: the hello up to which answers do not count."""
    mark: int | None = None
    """What was sent when the last hello was said, until it is answered."""
    order: tuple[int, int] = (0, 0)
    """Of the last receipt taken: which hello it answers (0 where the centre does not say) and the centre's clock. One
    that is before it says nothing any more."""
    heard: bool = False
    """Whether a receipt was taken since the line came up, or since that was in doubt."""
    rewound: int = -1
    """The row sending last went back to."""
    refused: int = 0
    """How often the centre has asked for what follows `stored` after it had been sent."""
    again_at: float = 0.0
    """Nothing of this epoch is sent before; on the clock given to the outbox."""

    def pause(self, now: float) -> None:
        """Sending went back to `stored`. The first times messages may have been lost; then it is the parcel."""
        self.refused = self.refused + 1 if self.rewound == self.stored else 0
        self.rewound = self.stored
        if self.refused > 1:
            self.again_at = now + min(RETRY_MOST_S, SILENCE_S * 2 ** (self.refused - 2))


@dataclass(slots=True)
class _Flight:
    epoch: str
    last: int
    size: int


class News(NamedTuple):
    """What a true receipt says: rows up to `stored` are at the centre, up to `safe` archived; `back`: the centre holds
    less than it once receipted, because it was put back to an older copy. `new`: it did not say so before."""

    epoch: str
    stored: int
    safe: int
    back: bool
    new: bool


class Outbox:
    """The sender's side of one origin."""

    def __init__(
        self,
        node: str,
        centre: Centre,
        monotonic: Callable[[], float] = world.monotonic_s,
    ) -> None:
        self._now = monotonic
        self._node = node
        self._centre = centre
        self._epochs: dict[str, _Epoch] = {}
        self._flights: deque[_Flight] = deque()
        self._in_flight = 0
        self._credit = FIRST_CREDIT
        self.told: tuple[int, float] | None = None
        """The centre's time on the latest receipt that was true (ms since 1970 UTC), and when it came by our clock."""
        self.sent_rows = 0
        self.last_progress = 0.0

    def load(self, transaction: Transaction) -> None:
        """Look at the journal for new rows and epochs."""
        self._note(epochs.unreceipted_epochs(transaction))

    def load_receipted(self, transaction: Transaction, limit: int | None, after: int = 0) -> None:
        """Load also the latest epochs (all without a limit) that are receipted, and ask about them: the centre may have
        been restored to an older copy. Only what answers a hello after `after` counts; what was said before may be of
        the centre as it was before."""
        found = list(epochs.latest(transaction, limit))
        self._note(found)
        for row in found:
            epoch = self._epochs[row.id]
            epoch.asked, epoch.heard, epoch.open_since = True, False, max(after, epoch.open_since or 0)

    def load_unsafe(self, transaction: Transaction, limit: int) -> None:
        """Load also epochs of which not all rows are known to be safe."""
        self._note(epochs.unsafe(transaction, limit))
        for epoch in self._epochs.values():
            epoch.asked, epoch.open_since = True, epoch.open_since or 0

    def ask_again(self) -> None:
        """Ask once more about what was asked and not answered: the hello, or its answers, may have been lost."""
        for epoch in self._epochs.values():
            epoch.asked = epoch.asked or epoch.open_since is not None

    def _note(self, rows: Iterable[epochs.SignedEpoch]) -> None:
        for number, epoch, head, stored in rows:
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
    def pausing(self) -> bool:
        """Whether all that is left to send is what the centre did not take, and it is not yet time to try again."""
        left = [epoch for epoch in self._epochs.values() if epoch.stored < epoch.head]
        return bool(left) and not self._flights and all(epoch.again_at > self._now() for epoch in left)

    def ask_about(self, transaction: Transaction, wanted: Sequence[str]) -> None:
        """Name these epochs in the next hello, so that the centre says what it holds of them."""
        self._note(epochs.epochs_named(transaction, wanted))
        for name in wanted:
            if name in self._epochs:
                self._epochs[name].asked = True

    def receipted(self, epoch: str) -> int | None:
        """The last row of an epoch that the centre holds, by a receipt that came since the line came up; None before
        there is one."""
        held = self._epochs.get(epoch)
        return held.stored if held is not None and held.heard else None

    @property
    def all_answered(self) -> bool:
        """Whether the centre has said of every epoch that it was asked about what it holds."""
        return all(epoch.open_since is None for epoch in self._epochs.values())

    def try_again(self) -> None:
        """Something is different (a line, a fact of the ledger): what was not taken may be now."""
        for epoch in self._epochs.values():
            epoch.again_at = 0.0

    @property
    def idle(self) -> bool:
        """Whether every row known of is receipted."""
        return all(epoch.stored >= epoch.head for epoch in self._epochs.values())

    def unreceipted(self) -> list[tuple[bytes, int]]:
        """Epochs for the hello that is being said: (raw id, head)."""
        named = [epoch for epoch in self._epochs.values() if epoch.asked or epoch.stored < epoch.head][-MOST_NAMED:]
        for epoch in named:
            epoch.asked, epoch.mark = False, epoch.sent
        return [(raw_id(epoch.id), epoch.head) for epoch in named]

    def reset(self) -> None:
        """The line went down: nothing counts as sent, and the credit is the first one until the centre speaks."""
        self._flights.clear()
        self._in_flight = 0
        self._credit = FIRST_CREDIT
        for epoch in self._epochs.values():
            epoch.sent = epoch.stored
        self.try_again()
        self.doubt_times()

    def doubt_times(self) -> None:
        """Take the next receipt whatever its time. Nothing said before is still on its way; and if the centre's clock
        was ahead and has been put right, all it says now bears an earlier time than the last receipt. Where receipts
        say which hello they answer, that alone tells an old one."""
        for epoch in self._epochs.values():
            epoch.heard = False
            if epoch.order[0] == 0:
                epoch.order = (0, 0)

    def parcels(self, transaction: Transaction) -> Iterator[bytes]:
        """The parcels that may go out now."""
        for epoch in list(self._epochs.values()):
            if epoch.again_at > self._now():
                continue
            while epoch.sent < epoch.head and self._in_flight < self._credit:
                if epoch.refused > 1 and epoch.sent > epoch.stored:
                    break
                rows = signed_stretch(transaction, epoch.no, epoch.sent, epoch.head)
                if rows is None or rows.signature is None:
                    break
                head = header(ROWS, self._node, epoch=epoch.id, first=rows.first, last=rows.last)
                parcel = pack(
                    head, rows_content(rows.signature, rows.salts, rows.lines, rows.erased), self._centre.sealing
                )
                epoch.sent = rows.last
                self._flights.append(_Flight(epoch.id, rows.last, len(parcel)))
                self._in_flight += len(parcel)
                self.sent_rows += rows.last - rows.first + 1
                yield parcel

    def receive(self, transaction: Transaction, payload: bytes, receipt: BoundReceipt, hello: int) -> News | None:
        """Take a receipt, and the number of the hello it answers (0 in the form that names none); what it says, None
        where it is not for us or not true."""
        epoch = text_id(receipt.epoch)
        held = self._epochs.get(epoch)
        if held is None:
            return None
        digest = known_hash(transaction, held.no, receipt.stored) if receipt.stored else b""
        centre = self._centre
        if digest is None or not is_receipt(centre.signing, centre.id, self._node, payload, receipt, digest):
            return None
        if (hello, receipt.time) < held.order:
            return News(epoch, held.stored, 0, back=False, new=False)
        held.order, held.heard = (hello, receipt.time), True
        if held.open_since is not None and (hello > held.open_since or not hello):
            held.open_since = None
        self.told = receipt.time, self._now()
        self._credit = receipt.credit
        before, back = held.stored, receipt.ask and receipt.stored < held.stored
        held.stored = receipt.stored if back else max(held.stored, receipt.stored)
        for flight in [f for f in self._flights if f.epoch == epoch and (back or f.last <= held.stored)]:
            self._flights.remove(flight)
            self._in_flight -= flight.size
        if back:
            held.sent = held.stored
        elif receipt.ask and self._is_lost(held):
            held.sent = held.stored
            held.pause(self._now())
            for flight in [f for f in self._flights if f.epoch == epoch]:
                self._flights.remove(flight)
                self._in_flight -= flight.size
        held.sent = max(held.sent, held.stored)
        if held.stored != before:
            held.refused, held.again_at = 0, 0.0
        new = back or held.stored > before or receipt.safe > 0
        return News(epoch, held.stored, receipt.safe, back, new)

    @staticmethod
    def _is_lost(held: _Epoch) -> bool:
        """Whether being asked to go on from `stored` means that something on its way was lost. Messages keep their
        order, so the answer to a hello covers all that was sent before it; what was sent since is still coming. A gap
        is answered once for each parcel behind it: going back the first time is enough."""
        mark, held.mark = held.mark, None
        if mark is not None:
            return held.stored < mark
        return held.rewound != held.stored
