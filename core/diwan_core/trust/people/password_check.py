"""Checks one password: throttled, at the same cost for known and unknown names, and counted when it is wrong."""

from collections.abc import Callable
from functools import cached_property

from diwan_core import world
from diwan_core.trust.names import is_account_name
from diwan_core.trust.people import passwords
from diwan_core.trust.people.accounts_db import Row, Store
from diwan_core.trust.people.familiar_devices import Familiar, device_hash
from diwan_core.trust.people.passwords import Cost
from diwan_core.trust.people.throttle import Throttle, Who


class PasswordCheck:
    """Checks the passwords of a node. `now` gives UTC milliseconds."""

    def __init__(
        self, store: Store, throttle: Throttle, familiar: Familiar, cost: Cost, now: Callable[[], int]
    ) -> None:
        self._store = store
        self._throttle = throttle
        self._familiar = familiar
        self._cost = cost
        self._now = now

    def row(self, name: str, password: str, columns: str, address: str, device: str) -> Row | None:
        """These columns of the account when the password is right and the account is not disabled; all in one turn, so
        that no two tries pass the throttle at once. Raises TooManyTries, SignInBusy."""
        name = name.casefold()
        with passwords.one_at_a_time():
            nobody = self._nobody  # made at the first try of all, whoever it is
            row = self._account(name, columns)
            counted = self._counted(name, address, device, account=row is not None)
            self._throttle.check(counted, self._now())
            typed = passwords.plain_one_time(password) if row is not None and row["must_change"] else password
            right = passwords.matches(typed, nobody if row is None else row["verifier"])
            if row is None or not right or row["disabled"]:
                self._throttle.count(counted, self._now())
                return None
            self._throttle.forget(counted[0])
            if not row["must_change"] and passwords.cost_of(row["verifier"]) != self._cost:
                with self._store.writing():
                    self._store.write(
                        "update account set verifier = ? where name = ? and verifier = ?",
                        (passwords.make_verifier(password, self._cost), name, row["verifier"]),
                    )
            return row

    def is_one_time(self, name: str, typed: str) -> bool:
        """Whether this is the one-time password of an account."""
        with passwords.one_at_a_time():
            row = self._account(name, "name")
            return row is not None and passwords.matches(passwords.plain_one_time(typed), row["verifier"])

    def _counted(self, name: str, address: str, device: str, *, account: bool) -> list[Who]:
        """Under what this try is counted, should it be wrong: the same questions are asked for unknown names."""
        now, asked = self._now(), name if is_account_name(name) else ""
        known_device = self._familiar.has_device(asked, device, now)
        known_address = self._familiar.has_address(asked, self._throttle.address_hash(address), now)
        if known_device:
            return [self._throttle.device(name, device_hash(device))]
        counted = [self._throttle.address(name, address, account=account)]
        return counted if known_address else [*counted, self._throttle.anywhere(name, account=account)]

    def _account(self, name: str, columns: str) -> Row | None:
        if not is_account_name(name):  # anything may have been typed, even what SQLite cannot take
            return None
        return self._store.row(
            f"select {columns}, must_change, disabled, verifier from account where name = ?", (name,)
        )

    @cached_property
    def _nobody(self) -> str:
        """A verifier of the usual cost that no password matches: unknown names take as long as known ones."""
        return passwords.make_verifier(world.random_text(32), self._cost)
