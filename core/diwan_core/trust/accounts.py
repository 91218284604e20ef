"""Who may sign in at this node: accounts, roles, revocable sessions. Each node holds its own verifiers.

Passwords are checked one at a time and unknown names cost as much as known ones. Wrong tries are slowed down where they
come from (`throttle`). A new account gets a one-time password, which ends after three days and must be replaced at the
first sign-in.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import passwords
from .errors import TrustError
from .familiar import Familiar
from .names import check_account_name, check_label, is_account_name
from .password_check import PasswordCheck
from .password_rules import About, PasswordRefused, check_new_password
from .passwords import Cost, CurrentPasswordWrong, SignInBusy
from .saved_views import SavedViews
from .sessions import Sessions
from .store import AccountsUnusable, Store
from .throttle import Throttle, TooManyTries

__all__ = [
    "ROLES",
    "Account",
    "AccountExists",
    "Accounts",
    "AccountsUnusable",
    "CurrentPasswordWrong",
    "OneTimeEnded",
    "PasswordRefused",
    "SignInBusy",
    "SignInRefused",
    "SignedIn",
    "TooManyTries",
    "UnknownAccount",
    "UnknownRole",
]

ROLES = ("officer", "supervisor", "analyst", "administrator", "technician", "auditor")

_ACCOUNT = "name, display_name, role, must_change, disabled, created, one_time_until"


class SignInRefused(TrustError):
    """Wrong name or password, or the account is disabled: never says which."""

    code = "sign_in_refused"


class OneTimeEnded(TrustError):
    """The one-time password is right and has ended: only who has it is told."""

    code = "one_time_ended"


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
    one_time_until: int = 0
    """When the one-time password ends, UTC milliseconds, while `must_change`."""


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` is for the browser's cookie only; the node keeps its hash. `device` is what the browser
    is known by from now on, for a cookie that outlives the session."""

    token: str
    account: Account
    device: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"SignedIn({self.account.name})"


class Accounts:
    """The accounts of a node. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Callable[[], float], cost: Cost) -> None:
        self._store = store
        self._clock = clock
        self._cost = cost
        self._throttle = Throttle(store)
        self._familiar = Familiar(store)
        self._sessions = Sessions(store)
        self._check = PasswordCheck(store, self._throttle, self._familiar, cost, self._now)

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
        now = self._now()
        row = (name, display_name or name, _check_role(role), verifier, now, now + passwords.ONE_TIME_MS)
        try:
            with self._store.writing():
                self._store.write(
                    "insert into account (name, display_name, role, verifier, created, must_change, one_time_until) "
                    "values (?, ?, ?, ?, ?, 1, ?)",
                    row,
                )
        except sqlite3.IntegrityError as error:
            raise AccountExists(f"There is an account {name} already. Choose another name, or reset it.") from error
        return one_time

    def get(self, name: str) -> Account | None:
        """The account of this name, None where there is none."""
        name = name.casefold()
        if not is_account_name(name):  # anything may have been typed, even what SQLite cannot take
            return None
        row = self._store.row(f"select {_ACCOUNT} from account where name = ?", (name,))
        return None if row is None else _account(row)

    def all(self) -> list[Account]:
        """Every account, by name."""
        return [_account(row) for row in self._store.rows(f"select {_ACCOUNT} from account order by name")]

    def sign_in(self, name: str, password: str, *, address: str = "", device: str = "") -> SignedIn:
        """Start a session. `device` is what the browser is known by, "" for a new one. Raises SignInRefused,
        OneTimeEnded, TooManyTries (with `.seconds`), SignInBusy."""
        account = self._checked(name, password, address, device)
        if account is None:
            raise SignInRefused("The user name or the password is wrong. Check both, or ask your supervisor for help.")
        if account.must_change and passwords.one_time_ended(account.one_time_until, self._now()):
            raise OneTimeEnded("This one-time password has ended. Ask your administrator for a new one.")
        return self._new_session(account, address, device)

    def knows_device(self, name: str, device: str) -> bool:
        """Whether this account signed in with this browser before."""
        return is_account_name(name.casefold()) and self._familiar.has_device(name.casefold(), device, self._now())

    def session(self, token: str) -> Account | None:
        """Whose session this is; None when it is unknown, has ended or was revoked, or the account is disabled."""
        row = self._sessions.of(token, _ACCOUNT, self._now())
        return None if row is None else _account(row)

    def sign_out(self, token: str) -> None:
        """End this session."""
        self._sessions.end(token)

    def end_sessions(self, name: str) -> int:
        """End every session of an account; how many there were. Raises UnknownAccount."""
        account = self._known(name)
        with self._store.writing():
            return self._sessions.end_all(account.name)

    def change_password(
        self,
        name: str,
        current: str,
        new: str,
        *,
        address: str = "",
        device: str = "",
        node_words: tuple[str, ...] = (),
    ) -> SignedIn:
        """Set a new password; ends every session of the account and starts a new one. `node_words`: what this node and
        its office are called, of which a password must not be made.

        Raises PasswordRefused (the new one breaks a rule), its kind CurrentPasswordWrong, TooManyTries, SignInBusy.
        """
        self._check_new(name, new, node_words)
        if new == current:
            raise PasswordRefused("same")
        if (account := self._checked(name, current, address, device)) is None:
            raise CurrentPasswordWrong
        return self._choose(account, new, address, device)

    def choose_password(
        self, token: str, new: str, *, address: str = "", device: str = "", node_words: tuple[str, ...] = ()
    ) -> SignedIn:
        """Replace the one-time password that the session `token` was begun with: it was just typed, and is not asked
        for again. Ends every session of the account and starts a new one.

        Raises PasswordRefused, SignInBusy; SignInRefused where the session is none of a one-time password.
        """
        account = self.session(token)
        if account is None or not account.must_change:
            raise SignInRefused("This needs a session that was begun with a one-time password. Sign in again.")
        self._check_new(account.name, new, node_words)
        if self._check.is_one_time(account.name, new):
            raise PasswordRefused("one_time")
        return self._choose(account, new, address, device)

    def _check_new(self, name: str, new: str, node_words: tuple[str, ...]) -> None:
        account = self.get(name)
        check_new_password(new, About(name, account.display_name if account else "", node_words))

    def _choose(self, account: Account, new: str, address: str, device: str) -> SignedIn:
        with passwords.one_at_a_time():
            verifier = passwords.make_verifier(new, self._cost)
        self._set_verifier(account.name, verifier, one_time_until=0)
        return self._new_session(self._known(account.name), address, device)

    def reset_password(self, name: str) -> str:
        """A new one-time password for someone who forgot theirs; ends their sessions. Raises UnknownAccount."""
        account = self._known(name)
        one_time, verifier = self._one_time()
        self._set_verifier(account.name, verifier, one_time_until=self._now() + passwords.ONE_TIME_MS)
        self._throttle.lift(account.name)
        return one_time

    def lift_throttle(self, name: str) -> int:
        """Forget the wrong tries at an account: nobody has to wait for it; how many counts there were. Raises
        UnknownAccount."""
        return self._throttle.lift(self._known(name).name)

    def is_slowed_down(self, name: str) -> bool:
        """Whether somebody who tries to be this account may have to wait now."""
        return self._throttle.waiting(name.casefold(), self._now())

    def set_role(self, name: str, role: str) -> None:
        """Change a role; ends the sessions that had the old one. Raises UnknownAccount, UnknownRole."""
        self._set(self._known(name).name, "role", _check_role(role))

    def disable(self, name: str) -> None:
        """Nobody signs in as this account any more; its sessions end. Raises UnknownAccount."""
        self._set(self._known(name).name, "disabled", 1)

    def enable(self, name: str) -> None:
        """Undo `disable`; the password is as before. Raises UnknownAccount."""
        self._set(self._known(name).name, "disabled", 0)

    def _checked(self, name: str, password: str, address: str, device: str) -> Account | None:
        row = self._check.row(name, password, _ACCOUNT, address, device)
        return None if row is None else _account(row)

    def _new_session(self, account: Account, address: str, device: str) -> SignedIn:
        now = self._now()
        with self._store.writing():
            token = self._sessions.begin(account.name, address, now)
            known = self._familiar.signed_in(account.name, device, self._throttle.address_hash(address), now)
        return SignedIn(token, account, known)

    def _set(self, name: str, column: str, value: str | int) -> None:
        with self._store.writing():
            self._store.write(f"update account set {column} = ? where name = ?", (value, name))
            self._sessions.end_all(name)

    def _set_verifier(self, name: str, verifier: str, *, one_time_until: int) -> None:
        """A new password; a one-time one where it has an end."""
        with self._store.writing():
            self._store.write(
                "update account set verifier = ?, must_change = ?, one_time_until = ? where name = ?",
                (verifier, one_time_until > 0, one_time_until, name),
            )
            self._sessions.end_all(name)

    def _known(self, name: str) -> Account:
        if (account := self.get(name)) is None:
            raise UnknownAccount(f"There is no account {name[:40]!r}. `user list` shows those there are.")
        return account

    def _one_time(self) -> tuple[str, str]:
        one_time = passwords.one_time_password()
        with passwords.one_at_a_time():
            return one_time, passwords.make_verifier(passwords.plain_one_time(one_time), self._cost)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _account(row: sqlite3.Row) -> Account:
    return Account(
        row["name"],
        row["display_name"],
        row["role"],
        bool(row["must_change"]),
        bool(row["disabled"]),
        row["created"],
        row["one_time_until"],
    )


def _check_role(role: str) -> str:
    if role not in ROLES:
        raise UnknownRole(f"{role[:40]!r} is not a role. Use one of: {', '.join(ROLES)}.")
    return role
