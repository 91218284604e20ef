"""What the tests of accounts share: cheap verifiers and a clock that stands."""

from diwan_core.trust.people.accounts import Accounts, Actor
from diwan_core.trust.people.passwords import Cost

CHEAP = Cost(memory_kib=64, iterations=1)


GOOD = "three words together"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_795_000_000.0

    def __call__(self) -> float:
        return self.seconds


def root() -> Actor:
    """Whoever is at the machine."""
    return Actor("root", "command line")


def approver(accounts: Accounts) -> Actor:
    """A supervisor with a password of their own, made where there is none."""
    if accounts.get("sana") is None:
        accounts.change_password("sana", accounts.add("sana", "supervisor"), GOOD)
    return accounts.actor("sana")


def reset(accounts: Accounts, name: str) -> str:
    """A new one-time password, as two people give it."""
    by = approver(accounts)
    return accounts.approve(accounts.ask("reset", name, root()).number, by)[1]
