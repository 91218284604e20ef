"""Sessions of a node: random names that a browser holds and the node keeps hashed."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from diwan_core import world
from diwan_core.trust.people.accounts_db import AccountsUnusable, Row, Store

SESSION_MS = 12 * 3600 * 1000
"""A session ends after one long shift."""
IDLE_MS = 60 * 60 * 1000
"""… or after an hour in which nothing was asked."""
TOUCH_MS = 60 * 1000
"""Being seen is written at most once a minute: cards wear out."""


@dataclass(frozen=True)
class OpenSession:
    """A session as its owner sees it. Times are UTC milliseconds; `own` is the one that asks."""

    began: int
    seen: int
    address: str
    own: bool


class Sessions:
    """The sessions of all accounts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def begin(self, name: str, address: str, now: int) -> str:
        """A new session of an account, inside `Store.writing`; its token, which only the browser keeps."""
        token = world.random_text(32)
        self._store.write("delete from session where created <= ? or seen <= ?", (now - SESSION_MS, now - IDLE_MS))
        self._store.write(
            "insert into session (token_hash, name, created, seen, address) values (?, ?, ?, ?, ?)",
            (_hash(token), name, now, now, address[:64]),
        )
        return token

    def of(self, token: str, columns: str, now: int) -> Row | None:
        """These columns of the account whose session this is; None when it is unknown, has ended or was revoked, or the
        account is disabled."""
        key = _hash(token)
        row = self._store.row(
            f"select {columns}, since, seen from account join "
            "(select name, created as since, seen from session where token_hash = ?) using (name) where not disabled",
            (key,),
        )
        if row is None:
            return None
        # A clock that went back by more than a moment says nothing about age: such a session ends.
        if not (-TOUCH_MS <= now - row["since"] < SESSION_MS and -TOUCH_MS <= now - row["seen"] < IDLE_MS):
            self.end(token)
            return None
        if now - row["seen"] >= TOUCH_MS:
            with suppress(AccountsUnusable), self._store.writing():  # on a full disk one can still read
                self._store.write("update session set seen = ? where token_hash = ?", (now, key))
        return row

    def open(self, name: str, token: str, now: int) -> list[OpenSession]:
        """The sessions of an account that have not ended, the newest first."""
        rows = self._store.rows(
            "select token_hash, created, seen, address from session where name = ? and created > ? and seen > ? "
            "order by created desc",
            (name, now - SESSION_MS, now - IDLE_MS),
        )
        own = _hash(token)
        return [OpenSession(row["created"], row["seen"], row["address"], row["token_hash"] == own) for row in rows]

    def end_others(self, name: str, token: str) -> int:
        """End every session of an account but this one; how many there were."""
        with self._store.writing():
            return self._store.write("delete from session where name = ? and token_hash <> ?", (name, _hash(token)))

    def end(self, token: str) -> None:
        """End this session."""
        with self._store.writing():
            self._store.write("delete from session where token_hash = ?", (_hash(token),))

    def end_all(self, name: str) -> int:
        """End every session of an account, inside `Store.writing`; how many there were."""
        return self._store.write("delete from session where name = ?", (name,))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
