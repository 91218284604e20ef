"""The panels of those who look after machine, people and log."""

from collections.abc import Mapping
from typing import Any, Final

from diwan_core.health.present import present
from diwan_core.health.words import severity_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.machine_checks import said_of
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.trusted_moment import now

SHOWN: Final = 3
LOOKS_COUNTED: Final = 1000
_DAY_MS: Final = 24 * 3600 * 1000


def machine() -> Mapping[str, Any] | None:
    """What is wrong with this machine; for people who report, only where something is."""
    found, reports = present(console().folder), signed_in_person().may(Action.READ_RECORDS)
    wrong = [one for one in said_of(found) if one[0] != "notice"]
    if reports and all(severity_of(one) == "notice" for one in found):
        return None
    return {"wrong": wrong[:SHOWN], "more": max(0, len(wrong) - SHOWN)}


def people() -> Mapping[str, Any]:
    """The accounts of this node, as far as somebody has to do something about them."""
    accounts = console().accounts.all()
    live = [account for account in accounts if not account.disabled]
    return {"live": len(live), "unused": sum(account.must_change for account in live)}


def approvals() -> Mapping[str, Any]:
    """What was asked for that needs a second person."""
    return {"waiting": len(console().accounts.requests())}


def log_of_reads() -> Mapping[str, Any]:
    """How much was looked at in the last day, and by how many people."""
    since = int(now().timestamp() * 1000) - _DAY_MS
    rows = console().reads.page(since=since, limit=LOOKS_COUNTED + 1)
    return {
        "looks": min(len(rows), LOOKS_COUNTED),
        "more": len(rows) > LOOKS_COUNTED,
        "people": len({row.person for row in rows if row.person}),
    }
