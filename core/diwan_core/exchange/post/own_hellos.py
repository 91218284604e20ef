"""The hellos that a post has sent, by which it decides whether a message answers one of them or is an old one sent
again.

A centre that was put back to an older copy holds less than it once said. What it said before is then true no more, and
must not be believed when somebody sends it again: the post forgets the answers it waits for and says hello anew."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Protocol

from diwan_core import world
from diwan_core.exchange.wire.messages import PAGES_ONLY, SNAPSHOT_ONLY, Question
from diwan_core.register import Transaction
from diwan_core.register.admission import snapshot_place
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.storage.state import get_state, set_state

KEPT: Final = 256
SAID: Final = "stick_said"
"""State: time of the latest hello written on a stick."""
FLOOR: Final = "answers_by_stick_from"
"""State: hellos of sticks up to this time have no answers any more."""
CLOSING: Final = "closing"
"""State: the challenge of a closed centre that came by stick."""


class Said(Protocol):
    """Whether a message answers what was said here."""

    def number(self, nonce: bytes) -> int:
        """Which hello a message answers, counted up; 0 where it is none whose answers count."""
        ...

    def is_latest(self, nonce: bytes) -> bool:
        """Whether it answers the hello said last."""
        ...

    def forget(self, number: int) -> None:
        """Forget the hellos before this one: their answers are not accepted any more."""
        ...


class OwnHellos:
    """The hellos of this process, on the line."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[bytes, int] = OrderedDict()
        self._latest = b""
        self._count = 0
        self._floor = 1
        self._time = 0
        self.closing = b""

    def next(self, clock_ms: int) -> tuple[bytes, int]:
        """The nonce and the time of a hello that is being said."""
        self._latest = world.random_bytes(8)
        self._count += 1
        self._time = max(clock_ms, self._time + 1)
        self._numbers[self._latest] = self._count
        if len(self._numbers) > KEPT:
            self._numbers.popitem(last=False)
        return self._latest, self._time

    def asked(self, question: Question) -> None:
        """The centre wants the hello again, so."""
        self.closing = question.closing
        self._time = max(self._time, question.least)

    def number(self, nonce: bytes) -> int:
        """See `Said`."""
        found = self._numbers.get(nonce, 0)
        return found if found >= self._floor else 0

    def is_latest(self, nonce: bytes) -> bool:
        """See `Said`."""
        return bool(nonce) and nonce == self._latest

    def forget(self, number: int) -> None:
        """See `Said`."""
        self._floor = max(self._floor, number)


class StickHellos:
    """The hellos written on sticks, by their times."""

    def __init__(self, transaction: Transaction) -> None:
        self._floor: int = get_state(transaction, FLOOR) or 0
        self._latest: int = get_state(transaction, SAID) or 0

    def number(self, nonce: bytes) -> int:
        """See `Said`."""
        time = int.from_bytes(nonce, "big")
        return time if self._floor < time <= self._latest else 0

    def is_latest(self, nonce: bytes) -> bool:
        """See `Said`. Sticks are written more often than they come back: none whose answers count is too old."""
        return self.number(nonce) > 0

    def forget(self, number: int) -> None:
        """See `Said`."""
        self._floor = max(self._floor, number - 1)


def wishes(transaction: Transaction) -> dict[str, int]:
    """What a hello says among its places of how the scope is to be joined.

    Who joined by a snapshot knows its rows by their numbers alone, and a centre that was put back to before them makes
    an older one, which would take something back. Who holds parts of a snapshot has records without the rows that made
    them, and these rows would be taken for others that make the same records. Whose register was salvaged may lack some
    of what its snapshot had brought: that comes by another snapshot only, up to its last part."""
    if snapshot_place.has_begun(transaction, NATIONAL):
        return {SNAPSHOT_ONLY: 1}
    return {PAGES_ONLY: 1} if feed_places.knows_by_snapshot(transaction) else {}


def stick_nonce(said: int) -> bytes:
    """The nonce of a hello of this time on a stick."""
    return said.to_bytes(8, "big")


def forget_sticks(transaction: Transaction, upto: int | None = None) -> None:
    """Accept no more answers to hellos on sticks up to this time (to all that were written, where none is given); in
    a write transaction."""
    said: int = get_state(transaction, SAID) or 0
    set_state(transaction, FLOOR, max(get_state(transaction, FLOOR) or 0, said if upto is None else upto))
