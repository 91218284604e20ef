"""What becomes of files of pictures that lie at a post and of which its register knows nothing
(`register.exchange_state.found_pictures`): the centre is asked whether it holds them.

What the centre does not hold stays: it may be the only copy."""

from __future__ import annotations

from collections.abc import Callable
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
        self._names: list[str] | None = None
        """Those that the centre has not answered for, in the order in which they are asked for; None: not looked for
        yet."""
        self._held: list[str] = []
        """Those that it holds, and that are not judged yet."""
        self._pause = PAUSE_S
        self._next_at = float("inf")

    def came_up(self) -> None:
        """The line stands again."""
        self._pause = PAUSE_S
        self._next_at = min(self._next_at, self._now() + PAUSE_S)

    @property
    def is_settled(self) -> bool:
        """Whether the centre has answered for all of them, and what it holds is judged."""
        return not (self._names is None or self._names or self._held)

    def look(self, transaction: Transaction) -> None:
        """Look for files, once, and whether it is time to ask for some. Cheap to call often."""
        if self._now() < self._next_at:
            return
        if self._names is None:
            self._names = found_pictures.unknown_files(transaction, self._register.blobs)
        self._next_at, self._pause = self._now() + self._pause, min(2 * self._pause, LAST_PAUSE_S)
        self.hello_due = bool(self._names)

    def offers(self, most: int) -> list[bytes]:
        """Names for the hello, at most so many."""
        if not (self.hello_due and self._names):
            return []
        self.hello_due = False
        chosen, left = self._names[:most], self._names[most:]
        self._names = left + chosen
        return [bytes.fromhex(name) for name in chosen]

    def receipted(self, sha256: bytes, *, whole: bool) -> None:
        """The centre has said, in answer to a hello, whether it holds a picture whole."""
        if self._names and (name := sha256.hex()) in self._names:
            self._names.remove(name)
            self._next_at = min(self._next_at, self._now() + PAUSE_S)
            if whole:
                self._held.append(name)

    def settle(self) -> None:
        """Judge what the centre holds; to be called while nothing is known to be missing here. Raises RegisterError."""
        if self._held:
            register = self._register
            found_pictures.settle(register.store, register.blobs, register.config.id, self._held)
            self._held.clear()
