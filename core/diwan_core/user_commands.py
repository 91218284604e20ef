"""`diwan central user …` and `diwan post user …`: the accounts of a node, at its machine.

Whatever is done here is written into the log of reads, with the login at the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diwan_core.console_line import folder_option, json_option, plain_errors, say

if TYPE_CHECKING:
    from diwan_core.trust.accounts import Accounts


def user_group(role: str) -> click.Group:
    """The commands for the accounts of a post or a centre."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Accounts]:
        from diwan_core import node
        from diwan_core.trust.accounts import Accounts

        node.load(folder, role="central" if role == "central" else "post")
        accounts = Accounts.open(folder)
        try:
            yield accounts
        finally:
            accounts.close()

    @click.group(name="user")
    def user() -> None:
        """The people who may sign in at this node."""

    @user.command()
    @folder_option
    @click.argument("name")
    @click.option(
        "--role", "person", required=True, help="officer, supervisor, analyst, administrator, technician or auditor."
    )
    @click.option("--display-name", default="", help="The name as people read it.")
    @json_option
    @plain_errors
    def add(folder: Path, name: str, person: str, display_name: str, as_json: bool) -> None:
        """Add a person; prints the one-time password, which is shown only now and ends after three days."""
        from diwan_core.trust.at_machine import note_at_machine

        with opened(folder) as accounts:
            password = accounts.add(name, person, display_name)
            note_at_machine(folder, "account.added", account=name.casefold(), role=person)
            say(as_json, password, name=name, role=person, one_time_password=password)

    @user.command()
    @folder_option
    @click.argument("name")
    @json_option
    @plain_errors
    def reset(folder: Path, name: str, as_json: bool) -> None:
        """A new one-time password for somebody who forgot theirs; ends their sessions."""
        from diwan_core.trust.at_machine import note_at_machine

        with opened(folder) as accounts:
            password = accounts.reset_password(name)
            note_at_machine(folder, "account.password_reset", account=name.casefold())
            say(as_json, password, name=name, one_time_password=password)

    @user.command()
    @folder_option
    @click.argument("name")
    @json_option
    @plain_errors
    def unlock(folder: Path, name: str, as_json: bool) -> None:
        """Forget wrong tries at somebody's account, so that nobody has to wait for it."""
        from diwan_core.trust.at_machine import note_at_machine

        with opened(folder) as accounts:
            counts = accounts.lift_throttle(name)
            note_at_machine(folder, "account.throttle_lifted", account=name.casefold())
            say(as_json, f"nobody has to wait for {name.casefold()}", name=name.casefold(), counts=counts)

    @user.command(name="list")
    @folder_option
    @json_option
    @plain_errors
    def list_users(folder: Path, as_json: bool) -> None:
        """The accounts of this node."""
        with opened(folder) as accounts:
            people = [(account.name, account.role, account.display_name) for account in accounts.all()]
            names = ("name", "role", "display_name")
            text = "\n".join("\t".join(person) for person in people)
            say(as_json, text, users=[dict(zip(names, person, strict=True)) for person in people])

    return user
