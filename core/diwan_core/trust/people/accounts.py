"""Accounts: sign-in, passwords and sessions of the people of one node; each node holds its own verifiers.

Passwords are checked one at a time and unknown names cost as much as known ones. Wrong tries are slowed down where they
come from (`throttle`). A new account gets a one-time password, which ends after three days and must be replaced at the
first sign-in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from diwan_core import world
from diwan_core.trust.errors import TrustError
from diwan_core.trust.names import is_account_name
from diwan_core.trust.people import passwords
from diwan_core.trust.people.account import (
    COLUMNS,
    ROLES,
    Account,
    AccountExists,
    UnknownAccount,
    UnknownRole,
    account_of,
)
from diwan_core.trust.people.accounts_db import AccountsUnusable, Store
from diwan_core.trust.people.familiar_devices import Familiar, device_hash
from diwan_core.trust.people.hints import Hints
from diwan_core.trust.people.password_check import PasswordCheck
from diwan_core.trust.people.password_rules import About, PasswordRefused, check_new_password
from diwan_core.trust.people.passwords import Cost, CurrentPasswordWrong, SignInBusy
from diwan_core.trust.people.roster import Roster
from diwan_core.trust.people.saved_views import SavedViews
from diwan_core.trust.people.second_person import Actor, Request, RequestRefused, SecondPersonNeeded
from diwan_core.trust.people.sessions import OpenSession
from diwan_core.trust.people.throttle import TooManyTries

__all__ = [
    "ROLES",
    "Account",
    "AccountExists",
    "Accounts",
    "AccountsUnusable",
    "Actor",
    "CurrentPasswordWrong",
    "OneTimeEnded",
    "PasswordRefused",
    "Request",
    "RequestRefused",
    "SecondPersonNeeded",
    "SignInBusy",
    "SignInRefused",
    "SignedIn",
    "TooManyTries",
    "UnknownAccount",
    "UnknownRole",
]


class SignInRefused(TrustError):
    """Wrong name or password, or the account is disabled: never says which."""

    code = "sign_in_refused"


class OneTimeEnded(TrustError):
    """The one-time password is right and has ended: only who has it is told."""

    code = "one_time_ended"


@dataclass(frozen=True)
class SignedIn:
    """A new session. `token` is for the browser's cookie only; the node keeps its hash. `device` is what the browser
    is known by from now on, for a cookie that outlives the session."""

    token: str
    account: Account
    device: str = field(default="", repr=False)

    def __repr__(self) -> str:
        return f"SignedIn({self.account.name})"


class Accounts(Roster):
    """The accounts of a node. Safe to use from several threads."""

    def __init__(self, store: Store, clock: Callable[[], float], cost: Cost) -> None:
        super().__init__(store, clock, cost)
        self._familiar = Familiar(store)
        self._check = PasswordCheck(store, self._throttle, self._familiar, cost, self._now)

    @classmethod
    def open(
        cls, folder: Path, *, clock: Callable[[], float] = world.wall_s, cost: Cost = passwords.COST
    ) -> "Accounts":
        """The accounts in a node's data folder. `clock` gives UTC seconds. Raises AccountsUnusable."""
        return cls(Store.open(folder), clock, cost)

    def close(self) -> None:
        self._store.close()

    @property
    def views(self) -> SavedViews:
        """The lists people of this node come back to."""
        return SavedViews(self._store)

    @property
    def hints(self) -> Hints:
        """The first hints of pages that people have closed."""
        return Hints(self._store)

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
        """The account whose session this is; None when the session is unknown, has ended or was revoked, or the
        account is disabled."""
        row = self._sessions.of(token, COLUMNS, self._now())
        return None if row is None else account_of(row)

    def sign_out(self, token: str) -> None:
        """End this session."""
        self._sessions.end(token)

    def confirm(self, name: str, password: str, *, address: str = "", device: str = "") -> None:
        """Check the password of a person who is signed in, before they do something that others rely on. Raises
        SignInRefused, TooManyTries, SignInBusy."""
        account = self._checked(name, password, address, device)
        if account is None or account.must_change:
            raise SignInRefused("The password is wrong. Type it again.")

    def actor(self, name: str, *, address: str = "", device: str = "") -> Actor:
        """This account as one who asks for something or decides. Raises UnknownAccount."""
        known = self._familiar.has_device(name, device, self._now())
        place = self._throttle.address_hash(address) if address else b""
        return Actor(name, self.known(name).role, place, device_hash(device) if known else b"")

    def sessions(self, name: str, token: str) -> list[OpenSession]:
        """The open sessions of an account, as the session `token` sees them."""
        return self._sessions.open(name, token, self._now())

    def end_other_sessions(self, name: str, token: str) -> int:
        """End every session of an account but this one; how many there were."""
        return self._sessions.end_others(name, token)

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
        with self._store.writing():
            self._set_verifier(account.name, verifier, one_time_until=0)
        return self._new_session(self.known(account.name), address, device)

    def _checked(self, name: str, password: str, address: str, device: str) -> Account | None:
        row = self._check.row(name, password, COLUMNS, address, device)
        return None if row is None else account_of(row)

    def _new_session(self, account: Account, address: str, device: str) -> SignedIn:
        now = self._now()
        with self._store.writing():
            token = self._sessions.begin(account.name, address, now)
            known = self._familiar.signed_in(account.name, device, self._throttle.address_hash(address), now)
        return SignedIn(token, account, known)
