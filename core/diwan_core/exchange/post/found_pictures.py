"""What becomes of files of pictures that lie at a post and of which its register knows nothing
(`register.exchange_state.found_pictures`): the centre is asked whether it holds them.

What the centre does not hold stays, since it may be the only copy; and is sent where a record of this post names it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Final

from diwan_core import world
from diwan_core.register import Register, Transaction
from diwan_core.register.exchange_state import found_pictures

PAUSE_S: Final = 60.0
"""So long after the line stands is the centre asked first: by then it has said what else is missing here. Then twice as
late each time, at last at LAST_PAUSE_S."""
LAST_PAUSE_S: Final = 900.0


class FoundPictures:
    """Of one exchange on the line. `hello_due`: the next hello asks for something here."""

    def __init__(self, register: Register, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self.hello_due = False
        self._register = register
        self._now = monotonic
        self._names: dict[str, None] | None = None
        """Those of which nothing is decided, in the order in which they are asked for; None: not looked for yet."""
        self._answers: dict[str, bool] = {}
        """Those that the centre has just answered for, and whether it holds them whole."""
        self._pause = PAUSE_S
        self._next_at = float("inf")

    def came_up(self) -> None:
        """The line stands again."""
        self._pause = PAUSE_S
        self._next_at = min(self._next_at, self._now() + PAUSE_S)

    @property
    def is_due(self) -> bool:
        """Whether it is time to `look`."""
        return self._now() >= self._next_at

    @property
    def is_answered(self) -> bool:
        """Whether there is something to `settle`."""
        return bool(self._answers)

    @property
    def is_settled(self) -> bool:
        """Whether the centre has answered for all of them, and that is judged."""
        return not (self._names is None or self._names or self._answers)

    def look(self, transaction: Transaction) -> None:
        """Look for files, once, and ask for some; to be called while nothing is known to be missing here."""
        if self._names is None:
            self._names = dict.fromkeys(found_pictures.unknown_files(transaction, self._register.blobs))
        self._next_at, self._pause = self._now() + self._pause, min(2 * self._pause, LAST_PAUSE_S)
        self.hello_due = bool(self._names)

    def offers(self, most: int) -> list[bytes]:
        """Names for the hello, at most so many."""
        due, self.hello_due = self.hello_due, False
        if not (due and self._names):
            return []
        chosen = list(islice(self._names, most))
        for name in chosen:  # the others are asked for before these are again
            self._names[name] = self._names.pop(name)
        return [bytes.fromhex(name) for name in chosen]

    def receipted(self, sha256: bytes, *, whole: bool) -> None:
        """The centre has said, signed and in answer to the latest hello, whether it holds a picture whole."""
        name = sha256.hex()
        if self._names and name in self._names:
            del self._names[name]
            self._answers[name] = whole
            self._next_at = min(self._next_at, self._now() + PAUSE_S)

    def settle(self, *, is_level: bool) -> bool:
        """Judge what the centre has answered, while nothing is known to be missing here; whether there are pictures to
        send. Else it is asked again later: by then it may have been put back to an older copy, and what it said be
        true no more. Raises RegisterError."""
        if not self._answers or self._names is None:
            return False
        answers, self._answers = self._answers, {}
        if not is_level:
            self._names.update(dict.fromkeys(answers))
            return False
        register = self._register
        done = found_pictures.settle(register.store, register.blobs, register.config.id, answers)
        self._names.update(dict.fromkeys(done.undecided))
        return done.to_send
