"""Acts that need a second person: giving somebody the right to read cases, or the power to give it.

Who may add accounts could otherwise add one that reads cases, or take over one by giving it a new password, and sign in
as it. So such an act is first asked for and then approved by somebody else: another administrator, or a supervisor.
Roles that read no case and add nobody need one person only, and taking rights away never needs a second.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from diwan_core.roles import ROLES, Action, holders, reads_cases, takes_in
from diwan_core.trust.errors import TrustError
from diwan_core.trust.people.accounts_db import Row

Deed = Literal["add", "role", "reset", "enable"]
DEEDS: Final[tuple[str, ...]] = get_args(Deed)

APPROVERS: Final = frozenset(holders(Action.APPROVE))
GUARDED: Final = APPROVERS | {role for role in ROLES if reads_cases(role)} | set(holders(Action.MANAGE_PEOPLE))
"""Roles that only two people give: they read cases, or give others such a role."""
FIRST: Final = 2
"""So many accounts of a node are added without a second person: there is none yet."""
OPEN_MS: Final = 7 * 24 * 3600 * 1000
"""A request that nobody decided is over after a week."""


class SecondPersonNeeded(TrustError):
    """This is asked for with `ask`, and done when another person approves."""

    code = "second_person_needed"


class RequestRefused(TrustError):
    """A request cannot be made or decided so: the message says why and what to do."""

    code = "request_refused"


@dataclass(frozen=True)
class Actor:
    """The person who asks or decides: an account, or the person at the machine (`role` is then "command line").
    `place` and `device` are hashes of the address and the browser, b"" where there is none."""

    name: str
    role: str
    place: bytes = b""
    device: bytes = b""


@dataclass(frozen=True)
class Request:
    """Something asked for. Times are UTC milliseconds; `decision` is "" while it is open, then "approved", "refused",
    "withdrawn" or "alone" (approved at the machine, by nobody else). `alike` says what asker and approver had in
    common: "browser", "address" or nothing; `age_ms` is how old the approver's account was."""

    number: int
    what: Deed
    account: str
    display_name: str
    before: str
    role: str
    asked_by: str
    asked_role: str
    asked: int
    decision: str
    decided_by: str
    decided: int
    age_ms: int
    alike: str
    reason: str


COLUMNS: Final = (
    "no, what, account, display_name, before, role, asked_by, asked_role, asked, decision, decided_by, decided, age, "
    "alike, reason"
)


def request_of(row: Row) -> Request:
    """The request of a row with COLUMNS."""
    return Request(*tuple(row)[:15])


def needs_second(what: Deed, before: str, role: str) -> bool:
    """Whether a deed needs a second person: `before` is the account's role, "" for a new one, `role` the one it has
    afterwards."""
    if what == "role" and takes_in(before, role):  # who gives up rights needs nobody
        return False
    return role in GUARDED


def alike(asker: tuple[bytes, bytes], decider: Actor) -> str:
    """What the person who asks (place, device) and the one who decides have in common."""
    place, device = asker
    if device and device == decider.device:
        return "browser"
    return "address" if place and place == decider.place else ""
