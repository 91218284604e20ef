"""The budget of sign-ins: limits the work they may cause, since checking a password takes up to a second of a small
machine.

Each browser that an account has signed in with, and each address, has a bucket of tries; strangers (browsers that the
account never used) share one more bucket, and half of the places in the queue. So a flood from one address affects
nobody elsewhere, and a flood from everywhere affects only browsers that are new.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from diwan_core.trust.people.accounts import SignInBusy
from diwan_core.web.kit.rate_limit import Pace

AT_ONCE = 4
"""People who may wait for their password to be looked at: each of them holds one of the console's threads (`serve`),
and the others are for those who are at work."""
STRANGERS_AT_ONCE = 2
EACH_BURST, EACH_PER_SECOND = 40, 0.25
STRANGERS_BURST, STRANGERS_PER_SECOND = 80, 0.5


class SignInBudget:
    """The budget of one console; each bucket is `larger` times as large as at a node."""

    def __init__(self, larger: int = 1) -> None:
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self.strangers = threading.BoundedSemaphore(STRANGERS_AT_ONCE)
        self._each = Pace(EACH_BURST * larger, EACH_PER_SECOND)
        self._all = Pace(STRANGERS_BURST * larger, STRANGERS_PER_SECOND)

    @contextmanager
    def turn(self, address: str, known_device: str = "") -> Iterator[None]:
        """The turn of one try; `known_device` where the browser is one of the account's. Raises SignInBusy."""
        who = f"device {known_device}" if known_device else f"address {address}"
        if self._each.wait(who) or (not known_device and self._all.wait("")):
            raise SignInBusy("Many people are signing in at once.")
        held = [self.turns] if known_device else [self.strangers, self.turns]
        taken: list[threading.BoundedSemaphore] = []
        try:
            for semaphore in held:
                if not semaphore.acquire(blocking=False):
                    raise SignInBusy("Many people are signing in at once.")
                taken.append(semaphore)
            yield
        finally:
            for semaphore in taken:
                semaphore.release()
