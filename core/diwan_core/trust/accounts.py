"""Who may sign in at this node: accounts, roles, revocable sessions. Each node holds its own verifiers.

Passwords are checked one at a time and unknown names cost as much as known ones. Wrong tries slow down both the name
tried and the address they come from. A new account gets a one-time password, which must be changed at first sign-in.
"""

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import passwords
from .errors import TrustError
from .names import check_account_name, check_label, is_account_name
from .passwords import Cost, CurrentPasswordWrong, PasswordRefused, SignInBusy
from .saved_views import SavedViews
from .store import AccountsUnusable, Store
from .throttle import Throttle, TooManyTries

__all__ = [
    "ROLES",
    "Account",
    "AccountExists",
    "Accounts",
    "AccountsUnusable",
    "CurrentPasswordWrong",
    "PasswordRefused",
    "SignInBusy",
    "SignInRefused",
    "SignedIn",
    "TooManyTries",
    "UnknownAccount",
    "UnknownRole",
]

ROLES = ("officer", "supervisor", "analyst", "administrator", "technician", "auditor")

SESSION_MS = 12 * 3600 * 1000
"""A session ends after one long shift."""
IDLE_MS = 60 * 60 * 1000
"""… or after an hour in which nothing was asked."""
_TOUCH_MS = 60 * 1000  # being seen is written at most once a minute: cards wear out

_ACCOUNT = "name, display_name, role, must_change, disabled, created"


class SignInRefused(TrustError):
    """Wrong name or password, or the account is disabled: never says which."""

    code = "sign_in_refused"


class AccountExists(TrustError):
    """The name is taken."""

    code = "account_exists"


class UnknownAccount(TrustError):
    """No account of this name."""

    code = "unknown_account"


class UnknownRole(TrustError):
    """Not one of ROLES."""

    code = "unknown_role"


@dataclass(frozen=True)
class Account:
    """A person who may sign in at this node. `created` is UTC milliseconds."""

    name: str
    display_name: str
    role: str
    must_change: bool
    """Signed in with a one-time password: may only choose a new one."""
    disabled: bool
    created: int


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` is for the browser's cookie only; the node keeps its hash."""

    token: str
    account: Account

    def __repr__(self) -> str:
        return f"SignedIn({self.account.name})"


class Accounts:
    """The accounts of a node. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Callable[[], float], cost: Cost) -> None:
        self._store = store
        self._clock = clock
        self._cost = cost
        self._throttle = Throttle(store)

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], float] = time.time, cost: Cost = passwords.COST) -> "Accounts":
        """The accounts in a node's data folder. `clock` gives UTC seconds. Raises AccountsUnusable."""
        return cls(Store.open(folder), clock, cost)

    def close(self) -> None:
        self._store.close()

    @property
    def views(self) -> SavedViews:
        """The lists people of this node come back to."""
        return SavedViews(self._store)

    def add(self, name: str, role: str, display_name: str = "") -> str:
        """Add an account; its one-time password, shown once. Raises AccountExists, UnknownRole, BadName."""
        name = check_account_name(name.casefold())
        check_label(display_name or name, "display name")
        one_time, verifier = self._one_time()
        row = (name, display_name or name, _check_role(role), verifier, self._now())
        try:
            with self._store.writing():
                self._store.write(
                    "insert into account (name, display_name, role, verifier, created, must_change) "
                    "values (?, ?, ?, ?, ?, 1)",
                    row,
                )
        except sqlite3.IntegrityError as error:
            raise AccountExists(f"There is an account {name} already. Choose another name, or reset it.") from error
        return one_time

    def get(self, name: str) -> Account | None:
        row = self._row(name.casefold())
        return None if row is None else _account(row)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return [_account(row) for row in self._store.rows(f"select {_ACCOUNT} from account order by name")]

    def sign_in(self, name: str, password: str, *, address: str = "") -> SignedIn:
        """Start a session. Raises SignInRefused, TooManyTries (with `.seconds`), SignInBusy."""
        account = self._checked(name, password, address)
        if account is None:
            raise SignInRefused("The user name or the password is wrong. Check both, or ask your supervisor for help.")
        return self._new_session(account, address)

    def session(self, token: str) -> Account | None:
        """Whose session this is; None when it is unknown, has ended or was revoked, or the account is disabled."""
        now, key = self._now(), _hash(token)
        row = self._store.row(
            f"select {_ACCOUNT}, since, seen from account join "
            "(select name, created as since, seen from session where token_hash = ?) using (name) where not disabled",
            (key,),
        )
        if row is None:
            return None
        # A clock that went back by more than a moment says nothing about age: such a session ends.
        if not (-_TOUCH_MS <= now - row["since"] < SESSION_MS and -_TOUCH_MS <= now - row["seen"] < IDLE_MS):
            self.sign_out(token)
            return None
        if now - row["seen"] >= _TOUCH_MS:
            with suppress(AccountsUnusable), self._store.writing():  # on a full disk one can still read
                self._store.write("update session set seen = ? where token_hash = ?", (now, key))
        return _account(row)

    def sign_out(self, token: str) -> None:
        """End this session."""
        with self._store.writing():
            self._store.write("delete from session where token_hash = ?", (_hash(token),))

    def end_sessions(self, name: str) -> int:
        """End every session of an account; how many there were. Raises UnknownAccount."""
        account = self._known(name)
        with self._store.writing():
            return self._store.write("delete from session where name = ?", (account.name,))

    def change_password(self, name: str, current: str, new: str, *, address: str = "") -> SignedIn:
        """Set a new password; ends every session of the account and starts a new one.

        Raises PasswordRefused (the new one breaks a rule), its kind CurrentPasswordWrong, TooManyTries, SignInBusy.
        """
        passwords.check_new_password(new, name)
        if new == current:
            raise PasswordRefused("The new password must differ from the current one.")
        if (account := self._checked(name, current, address)) is None:
            raise CurrentPasswordWrong("The current password is wrong. Type it again.")
        with passwords.one_at_a_time():
            verifier = passwords.make_verifier(new, self._cost)
        self._set_verifier(account.name, verifier, must_change=False)
        return self._new_session(self._known(account.name), address)

    def reset_password(self, name: str) -> str:
        """A new one-time password for someone who forgot theirs; ends their sessions. Raises UnknownAccount."""
        account = self._known(name)
        one_time, verifier = self._one_time()
        self._set_verifier(account.name, verifier, must_change=True)
        self._throttle.forget(self._throttle.name(account.name))
        return one_time

    def set_role(self, name: str, role: str) -> None:
        """Change a role; ends the sessions that had the old one. Raises UnknownAccount, UnknownRole."""
        self._set(self._known(name).name, "role", _check_role(role))

    def disable(self, name: str) -> None:
        """Nobody signs in as this account any more; its sessions end. Raises UnknownAccount."""
        self._set(self._known(name).name, "disabled", 1)

    def enable(self, name: str) -> None:
        """Undo `disable`; the password is as before. Raises UnknownAccount."""
        self._set(self._known(name).name, "disabled", 0)

    def _checked(self, name: str, password: str, address: str) -> Account | None:
        """The account when the password is right; all in one turn, so that no two tries pass the throttle at once."""
        name = name.casefold()
        names = (self._throttle.name(name), self._throttle.address(address))
        with passwords.one_at_a_time():
            nobody = self._nobody  # made at the first try of all, whoever it is
            self._throttle.check(names, self._now())
            row = self._row(name)
            typed = passwords.plain_one_time(password) if row is not None and row["must_change"] else password
            right = passwords.matches(typed, nobody if row is None else row["verifier"])
            if row is None or not right or row["disabled"]:
                self._throttle.count(names, self._now())
                return None
            self._throttle.forget(names[0])
            if not row["must_change"] and passwords.cost_of(row["verifier"]) != self._cost:
                with self._store.writing():
                    self._store.write(
                        "update account set verifier = ? where name = ? and verifier = ?",
                        (passwords.make_verifier(password, self._cost), name, row["verifier"]),
                    )
            return _account(row)

    def _row(self, name: str) -> sqlite3.Row | None:
        if not is_account_name(name):  # anything may have been typed, even what SQLite cannot take
            return None
        return self._store.row(f"select {_ACCOUNT}, verifier from account where name = ?", (name,))

    def _new_session(self, account: Account, address: str) -> SignedIn:
        token, now = secrets.token_urlsafe(32), self._now()
        with self._store.writing():
            self._store.write("delete from session where created <= ? or seen <= ?", (now - SESSION_MS, now - IDLE_MS))
            self._store.write(
                "insert into session (token_hash, name, created, seen, address) values (?, ?, ?, ?, ?)",
                (_hash(token), account.name, now, now, address[:64]),
            )
        return SignedIn(token, account)

    def _set(self, name: str, column: str, value: str | int) -> None:
        with self._store.writing():
            self._store.write(f"update account set {column} = ? where name = ?", (value, name))
            self._store.write("delete from session where name = ?", (name,))

    def _set_verifier(self, name: str, verifier: str, *, must_change: bool) -> None:
        with self._store.writing():
            self._store.write(
                "update account set verifier = ?, must_change = ? where name = ?", (verifier, must_change, name)
            )
            self._store.write("delete from session where name = ?", (name,))

    def _known(self, name: str) -> Account:
        if (account := self.get(name)) is None:
            raise UnknownAccount(f"There is no account {name[:40]!r}. `user list` shows those there are.")
        return account

    def _one_time(self) -> tuple[str, str]:
        one_time = passwords.one_time_password()
        with passwords.one_at_a_time():
            return one_time, passwords.make_verifier(passwords.plain_one_time(one_time), self._cost)

    @cached_property
    def _nobody(self) -> str:
        """A verifier of the usual cost that no password matches: unknown names take as long as known ones."""
        return passwords.make_verifier(secrets.token_urlsafe(32), self._cost)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _account(row: sqlite3.Row) -> Account:
    return Account(
        row["name"], row["display_name"], row["role"], bool(row["must_change"]), bool(row["disabled"]), row["created"]
    )


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise UnknownRole(f"{role[:40]!r} is not a role. Use one of: {', '.join(ROLES)}.")
    return role


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
