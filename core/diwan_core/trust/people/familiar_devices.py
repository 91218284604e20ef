"""The browsers and addresses with which an account has signed in before (OWASP: "device cookies").

A browser that signs in gets a long-lived random name, anew each time; the node keeps its hash. It proves nothing and
opens nothing: it only tells the throttle that a try comes from where the person has been. One browser may be known to
several accounts, as the computer at a counter is.
"""

import hashlib

from diwan_core import world
from diwan_core.trust.people.accounts_db import Store

KEPT = 20
"""Browsers, and addresses, remembered of one account: the newest."""
KEPT_MS = 180 * 24 * 3600 * 1000


def device_hash(token: str) -> bytes:
    """The hash by which a browser is known."""
    return hashlib.sha256(b"device\0" + token.encode("utf-8", "surrogatepass")).digest()


class Familiar:
    """The browsers and addresses remembered of every account of a node."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def has_device(self, name: str, token: str, now: int) -> bool:
        """Whether this account signed in with this browser before."""
        return bool(token) and self._has("known_device", "token_hash", device_hash(token), name, now)

    def has_address(self, name: str, address: bytes, now: int) -> bool:
        """Whether this account signed in from this address before; `address` is its keyed hash."""
        return self._has("known_address", "address_hash", address, name, now)

    def signed_in(self, name: str, token: str, address: bytes, now: int) -> str:
        """Remember a sign-in, inside `Store.writing`; the browser's new name. A name that somebody planted in the
        browser, or read from it, is worth nothing after it."""
        new = world.random_text(32)
        if token:
            moved = (device_hash(new), device_hash(token))
            self._store.write("update known_device set token_hash = ? where token_hash = ?", moved)
            self._store.write("update grant_request set device = ? where device = ?", moved)  # who asked sat here
        for table, column, key in (
            ("known_device", "token_hash", device_hash(new)),
            ("known_address", "address_hash", address),
        ):
            self._store.write(
                f"insert into {table} ({column}, name, seen) values (?, ?, ?) "
                f"on conflict ({column}, name) do update set seen = excluded.seen",
                (key, name, now),
            )
            self._store.write(f"delete from {table} where seen < ?", (now - KEPT_MS,))
            self._store.write(
                f"delete from {table} where name = ? and {column} not in "
                f"(select {column} from {table} where name = ? order by seen desc, rowid desc limit ?)",
                (name, name, KEPT),
            )
        return new

    def forget(self, name: str) -> None:
        """Forget every browser and address of an account, inside `Store.writing`."""
        for table in ("known_device", "known_address"):
            self._store.write(f"delete from {table} where name = ?", (name,))

    def _has(self, table: str, column: str, key: bytes, name: str, now: int) -> bool:
        sql = f"select 1 from {table} where {column} = ? and name = ? and seen >= ?"
        return self._store.row(sql, (key, name, now - KEPT_MS)) is not None
