"""Slowing down whoever guesses passwords, by the name tried and by the address it comes from.

Names are kept as a keyed hash only: people type their password into the name field now and then.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import TrustError
from .store import Store

NAME_FREE = 5
"""Wrong tries for one name before the first wait."""
ADDRESS_FREE = 20
"""The same for one address: a whole post may sit behind it."""
LONGEST_SECONDS = 15 * 60
FORGOTTEN_MS = 24 * 3600 * 1000


class TooManyTries(TrustError):
    """Wrong passwords came too fast. `seconds` says how long to wait."""

    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"There were too many wrong tries. Wait {_spoken(seconds)}, then try again.")
        self.seconds = seconds


@dataclass(frozen=True)
class Who:
    """A name or address, as it is kept."""

    key: bytes
    free: int


class Throttle:
    """The failed tries of a node. Each wrong try beyond the free ones doubles the wait, up to 15 minutes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.writing():
            store.write("insert or ignore into secret (name, value) values ('throttle', ?)", (os.urandom(32),))
        row = store.row("select value from secret where name = 'throttle'")
        self._key: bytes = b"" if row is None else row["value"]

    def name(self, name: str) -> Who:
        return Who(self._hash("name", name), NAME_FREE)

    def address(self, address: str) -> Who:
        return Who(self._hash("address", address), ADDRESS_FREE)

    def check(self, everyone: Iterable[Who], now: int) -> None:
        """Raises TooManyTries while any of them has to wait. `now` is UTC milliseconds."""
        wait = max(self._wait(who, now) for who in everyone)
        if wait > 0:
            raise TooManyTries(-(-wait // 1000))

    def count(self, everyone: Iterable[Who], now: int) -> None:
        """Remember one wrong try."""
        with self._store.writing():
            self._store.write("delete from failure where last < ?", (now - FORGOTTEN_MS,))
            for who in everyone:
                self._store.write(
                    "insert into failure (who, count, last) values (?, 1, ?) "
                    "on conflict (who) do update set count = count + 1, last = excluded.last",
                    (who.key, now),
                )

    def forget(self, who: Who) -> None:
        """A right password: the name starts afresh. An address never does, or one good account would free it."""
        with self._store.writing():
            self._store.write("delete from failure where who = ?", (who.key,))

    def _wait(self, who: Who, now: int) -> int:
        row = self._store.row("select count, last from failure where who = ?", (who.key,))
        if row is None or row["count"] < who.free:
            return 0
        delay = min(2 ** min(row["count"] - who.free + 1, 20), LONGEST_SECONDS) * 1000
        # A clock that was set back must not lock anyone out for years.
        return int(min(delay, row["last"] + delay - now))

    def _hash(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}:{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)[:16]


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
