"""What the inventory says of a machine, and one check of the sheet that compares it with what was found."""

from __future__ import annotations

from dataclasses import dataclass

from diwan_core.acceptance.sheet import Check, Outcome, clean


@dataclass(frozen=True)
class Promised:
    """What the inventory says of a machine."""

    name: str
    role: str
    release: str
    encrypted: bool
    """Whether its data was set up to be encrypted."""


def check(
    name: str,
    title: str,
    holds: bool,
    expected: object = "",
    found: object = "",
    remedy: str = "",
    bad: Outcome = "fail",
) -> Check:
    return Check(name, title, "pass" if holds else bad, clean(expected), clean(found), "" if holds else clean(remedy))


def again(playbook: str) -> str:
    return f"Run the playbook {playbook} for this machine, then verify again."
