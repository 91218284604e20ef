"""The people of a centre: one account for each role, named after it, added the way two people add somebody."""

from __future__ import annotations

from diwan_core.trust.people.accounts import ROLES, Accounts

from tests.web.conftest import PASSWORD, let_in


def add_everybody(accounts: Accounts) -> None:
    """All roles, all with PASSWORD."""
    first = ("administrator", "supervisor")
    for name in first:
        accounts.change_password(name, accounts.add(name, name, name.capitalize()), PASSWORD)
    for name in (role for role in ROLES if role not in first):
        accounts.change_password(name, let_in(accounts, name, name, name.capitalize()), PASSWORD)
