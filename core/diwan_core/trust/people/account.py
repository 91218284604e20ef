"""An account of a node, and the errors about its name and role."""

from dataclasses import dataclass
from typing import Final

from diwan_core import roles
from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.accounts_db import Row

ROLES: Final = tuple(roles.ROLES)
COLUMNS: Final = "name, display_name, role, must_change, disabled, created, one_time_until, vouched"


class AccountExists(TrustError):
    """The name is taken."""

    code = "account_exists"


class UnknownAccount(TrustError):
    """There is no account of this name."""

    code = "unknown_account"


class UnknownRole(TrustError):
    """The text is not one of ROLES."""

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
    vouched: str = ""
    """How the account came by its role: "first" (one of the first two of the node), "approved" (by a second person),
    "alone" (at the machine, without one), "free" (the role needs none), "" (before two people were needed)."""


def account_of(row: Row) -> Account:
    """The account of a row with COLUMNS."""
    return Account(
        row["name"],
        row["display_name"],
        row["role"],
        bool(row["must_change"]),
        bool(row["disabled"]),
        row["created"],
        row["one_time_until"],
        row["vouched"],
    )


def check_role(role: str) -> str:
    """Returns the role. Raises UnknownRole."""
    if role not in ROLES:
        raise UnknownRole(f"{role[:40]!r} is not a role. Use one of: {', '.join(ROLES)}.")
    return role
