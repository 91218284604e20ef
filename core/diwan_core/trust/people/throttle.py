"""The throttle of sign-ins: slows down guessing of passwords without locking out the person who knows the password.

Wrong tries are counted where they come from: by the account together with the browser, where this account signed in
with this browser before (`familiar`), else by the account together with the address. So neither a colleague behind the
same address nor a stranger who knows the user name makes anybody wait at their own browser. Guesses at one account from
ever new addresses are counted together as well; that count holds nobody up at an address where the account has signed
in before.

Each wrong try beyond the free ones doubles the wait, up to 15 minutes; one is forgiven for every 15 minutes that pass.
Names are kept as a keyed hash only, unless they are an account's: people type their password into the name field.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from diwan_core import world
from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.accounts_db import Store

FREE = 5
"""Wrong tries of one account at one address before the first wait."""
DEVICE_FREE = 10
"""The same at a browser that this account has signed in with."""
ANYWHERE_FREE = 30
"""The same of one account at all addresses together where it has never signed in."""
LONGEST_SECONDS = 15 * 60
FORGIVEN_MS = 15 * 60 * 1000
"""One wrong try is forgiven in this time."""
FORGOTTEN_MS = 24 * 3600 * 1000


class TooManyTries(TrustError):
    """Wrong passwords came too fast. `seconds` says how long to wait."""

    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        super().__init__(f"There were too many wrong tries. Wait {_spoken(seconds)}, then try again.")
        self.seconds = seconds


@dataclass(frozen=True)
class Who:
    """The group whose tries are counted together: a keyed hash, and the account they are at ("" where there is
    none)."""

    key: bytes
    free: int
    account: str


class Throttle:
    """The failed tries of a node."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.writing():
            store.write("insert or ignore into secret (name, value) values ('throttle', ?)", (world.random_bytes(32),))
        row = store.row("select value from secret where name = 'throttle'")
        self._key: bytes = b"" if row is None else row["value"]

    def device(self, name: str, device: bytes) -> Who:
        """Tries at an account with a browser it signed in with before; `device` is the hash it is known by."""
        return Who(self._hash("device", name, device.hex()), DEVICE_FREE, name)

    def address(self, name: str, address: str, *, account: bool) -> Who:
        """Tries at a name from an address. `account`: the name is an account's."""
        return Who(self._hash("address", name, network_of(address)), FREE, name if account else "")

    def anywhere(self, name: str, *, account: bool) -> Who:
        """Tries at a name from all addresses where it is not known."""
        return Who(self._hash("anywhere", name), ANYWHERE_FREE, name if account else "")

    def address_hash(self, address: str) -> bytes:
        """The hash by which an address is remembered, so that nobody can read from the file where people were."""
        return self._hash("known address", network_of(address))

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
                    "insert into failure (who, count, last, account) values (?, ?, ?, ?) "
                    "on conflict (who) do update set count = excluded.count, last = excluded.last",
                    (who.key, self._held(who, now) + 1, now, who.account),
                )

    def forget(self, who: Who) -> None:
        """A right password: the count that it was tried under starts afresh."""
        with self._store.writing():
            self._store.write("delete from failure where who = ?", (who.key,))

    def lift(self, account: str) -> int:
        """Forget every wrong try at an account; how many counts there were."""
        with self._store.writing():
            return self._store.write("delete from failure where account = ?", (account,))

    def waiting(self, account: str, now: int) -> bool:
        """Whether somebody who tries to be this account may have to wait now."""
        rows = self._store.rows("select count, last from failure where account = ?", (account,))
        return any(_wait(row["count"], row["last"], FREE, now) > 0 for row in rows)

    def _held(self, who: Who, now: int) -> int:
        """The wrong tries that still count."""
        row = self._store.row("select count, last from failure where who = ?", (who.key,))
        return 0 if row is None else _left(row["count"], row["last"], now)

    def _wait(self, who: Who, now: int) -> int:
        row = self._store.row("select count, last from failure where who = ?", (who.key,))
        return 0 if row is None else _wait(row["count"], row["last"], who.free, now)

    def _hash(self, kind: str, *parts: str) -> bytes:
        text = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)[:16]


def network_of(address: str) -> str:
    """The address as tries are counted: of IPv6 the first 64 bits, since one subscriber has all of them."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _left(count: int, last: int, now: int) -> int:
    """The wrong tries not forgiven yet. A clock that was set back forgives nothing."""
    return max(0, count - max(0, now - last) // FORGIVEN_MS)


def _wait(count: int, last: int, free: int, now: int) -> int:
    """Milliseconds to wait."""
    left = _left(count, last, now)
    if left < free:
        return 0
    delay = min(2 ** min(left - free + 1, 20), LONGEST_SECONDS) * 1000
    # A clock that was set back must not lock anyone out for years.
    return int(min(delay, last + delay - now))


def _spoken(seconds: int) -> str:
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
