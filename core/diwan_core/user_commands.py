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
from diwan_core.roles import ROLES

if TYPE_CHECKING:
    from diwan_core.trust.access_log.events import Value
    from diwan_core.trust.people.accounts import Accounts, Actor, Request


def user_group(role: str) -> click.Group:  # noqa: C901  the commands are functions inside it
    """The commands for the accounts of a post or a centre."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Accounts]:
        from diwan_core import node
        from diwan_core.trust.people.accounts import Accounts

        node.load(folder, role="central" if role == "central" else "post")
        accounts = Accounts.open(folder)
        try:
            yield accounts
        finally:
            accounts.close()

    def note(folder: Path, code: str, /, **parameters: Value) -> None:
        from diwan_core.trust.access_log.at_machine import note_at_machine

        note_at_machine(folder, code, **parameters)

    def at_machine() -> Actor:
        from diwan_core.trust.access_log.at_machine import ROLE, person_at_machine
        from diwan_core.trust.people.accounts import Actor

        return Actor(person_at_machine(), ROLE)

    def asked(folder: Path, made: Request, as_json: bool) -> None:
        note(folder, "grant.asked", account=made.account, what=made.what, role=made.role)
        text = (
            f"request {made.number} waits for a second person: an administrator or a supervisor approves it in the "
            f"console, or with `user approve {made.number} --by NAME`, and hands over the one-time password"
        )
        say(as_json, text, request=made.number, name=made.account, role=made.role)

    @click.group(name="user")
    def user() -> None:
        """The people who may sign in at this node."""

    @user.command()
    @folder_option
    @click.argument("name")
    @click.option("--role", "person", required=True, help=f"{', '.join([*ROLES][:-1])} or {[*ROLES][-1]}.")
    @click.option("--display-name", default="", help="The name as people read it.")
    @json_option
    @plain_errors
    def add(folder: Path, name: str, person: str, display_name: str, as_json: bool) -> None:
        """Add a person; prints the one-time password, which is shown only now and ends after three days.

        The first two accounts of a node are added at once. From the third on, a role that reads cases or adds people
        is only asked for here, and a second person approves it in the console."""
        from diwan_core.trust.people.accounts import SecondPersonNeeded

        with opened(folder) as accounts:
            try:
                password = accounts.add(name, person, display_name)
            except SecondPersonNeeded:
                asked(folder, accounts.ask("add", name, at_machine(), role=person, display_name=display_name), as_json)
                return
            note(folder, "account.added", account=name.casefold(), role=person)
            say(as_json, password, name=name, role=person, one_time_password=password)

    @user.command()
    @folder_option
    @click.argument("name")
    @json_option
    @plain_errors
    def reset(folder: Path, name: str, as_json: bool) -> None:
        """Give a new one-time password to somebody who forgot theirs; ends their sessions.

        For a role that reads cases or adds people it is only asked for here: a second person approves it in the
        console and hands the password over."""
        from diwan_core.trust.people.accounts import SecondPersonNeeded

        with opened(folder) as accounts:
            try:
                password = accounts.reset_password(name)
            except SecondPersonNeeded:
                asked(folder, accounts.ask("reset", name, at_machine()), as_json)
                return
            note(folder, "account.password_reset", account=name.casefold())
            say(as_json, password, name=name, one_time_password=password)

    @user.command()
    @folder_option
    @json_option
    @plain_errors
    def requests(folder: Path, as_json: bool) -> None:
        """List what waits for a second person."""
        with opened(folder) as accounts:
            waiting = accounts.requests()
            lines = [
                f"{held.number}\t{held.what}\t{held.account}\t{held.role}\tasked for by {held.asked_by}"
                for held in waiting
            ]
            say(as_json, "\n".join(lines) or "nothing waits", requests=[vars(held) for held in waiting])

    @user.command()
    @folder_option
    @click.argument("number", type=int)
    @click.option("--by", default="", metavar="NAME", help="The administrator or supervisor who approves.")
    @click.option("--alone", default="", metavar="REASON", help="Nobody else can: the auditor reads why.")
    @json_option
    @plain_errors
    def approve(folder: Path, number: int, by: str, alone: str, as_json: bool) -> None:
        """Approve request NUMBER; prints the one-time password, where there is one, to be handed over."""
        from diwan_core.trust.access_log.log import ReadLog, note_event

        if bool(by) == bool(alone):
            raise click.UsageError("give either --by NAME or --alone REASON")
        with opened(folder) as accounts:
            if by:
                accounts.confirm(by, click.prompt("Password", hide_input=True, err=True))
                done, password = accounts.approve(number, accounts.actor(by))
                facts: dict[str, Value] = {"age": done.age_ms // 60_000, "alike": done.alike}
                code, person, role = "grant.approved", done.decided_by, accounts.known(by).role
            else:
                done, password = accounts.approve_alone(number, at_machine(), alone)
                facts, code = {"reason": done.reason}, "grant.alone"
                person, role = done.decided_by, at_machine().role
            log = ReadLog.open(folder)
            try:
                note_event(
                    log, person, role, code, account=done.account, what=done.what, role=done.role,
                    asked_by=done.asked_by, **facts,
                )  # fmt: skip
            finally:
                log.close()
            text = password or f"approved: {done.what} {done.account}"
            say(as_json, text, number=number, name=done.account, role=done.role, one_time_password=password)

    @user.command()
    @folder_option
    @click.argument("name")
    @json_option
    @plain_errors
    def unlock(folder: Path, name: str, as_json: bool) -> None:
        """Clear wrong passwords at somebody's account, so that nobody has to wait for it."""
        with opened(folder) as accounts:
            counts = accounts.lift_throttle(name)
            note(folder, "account.throttle_lifted", account=name.casefold())
            say(as_json, f"nobody has to wait for {name.casefold()}", name=name.casefold(), counts=counts)

    @user.command(name="list")
    @folder_option
    @json_option
    @plain_errors
    def list_users(folder: Path, as_json: bool) -> None:
        """List the accounts of this node, and whose password is their own by now."""
        with opened(folder) as accounts:
            people = [
                (account.name, account.role, account.display_name, "one-time" if account.must_change else "own")
                for account in accounts.all()
            ]
            names = ("name", "role", "display_name", "password")
            text = "\n".join("\t".join((*person, f"{password} password")) for *person, password in people)
            say(as_json, text, users=[dict(zip(names, person, strict=True)) for person in people])

    return user
