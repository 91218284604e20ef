"""`diwan central operation`: which posts take part in an operation, and from which day to which."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.group()
def operation() -> None:
    """Operations: posts that read in full, from one day to another, what is reported and written in the operation."""


@operation.command("list")
@folder_option
@json_option
@plain_errors
def list_operations(folder: Path, as_json: bool) -> None:
    """List the operations, each with its days and members."""
    from diwan_central.network import running

    node.load(folder, role="central")
    found = running.known(folder)
    lines = [
        f"{one.code or one.record} {one.name}: {one.state}, {one.starts or '?'} to {one.ends or '?'}; "
        f"{', '.join(labels) or 'no members'}"
        for one, labels in found
    ]
    facts = [{**one._asdict(), "members": [member._asdict() for member in one.members]} for one, _ in found]
    say(as_json, "\n".join(lines) or "no operations", operations=facts)


@operation.command()
@click.argument("code")
@click.argument("name")
@click.option("--first-day", required=True, metavar="DAY", help="Its first day, such as 2029-03-01.")
@click.option("--last-day", required=True, metavar="DAY", help="Its last day: then its members drop what is in it.")
@click.option("--coordinator", required=True, help="User name of who runs it.")
@folder_option
@json_option
@plain_errors
def plan(code: str, name: str, first_day: str, last_day: str, coordinator: str, folder: Path, as_json: bool) -> None:
    """Plan an operation with a CODE and a NAME. It is open from its first day to its last."""
    from diwan_core.trust.access_log.at_machine import person_at_machine

    from diwan_central.network import running

    node.load(folder, role="central")
    record = running.plan(folder, code, name, first_day, last_day, coordinator, author=person_at_machine())
    say(as_json, f"{code} is planned from {first_day} to {last_day}", operation=record)


@operation.command()
@click.argument("code")
@click.argument("posts", nargs=-1, required=True)
@folder_option
@json_option
@plain_errors
def add(code: str, posts: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Let POSTS (ids or labels) take part in the operation with this CODE. They read what is in it in full."""
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.network import running

    node.load(folder, role="central")
    scope = running.add(folder, code, posts, author=person_at_machine())
    note_at_machine(folder, "scope.joined", scope=scope, posts=", ".join(posts))
    say(as_json, f"now in {code}, from its first day to its last: {', '.join(posts)}", scope=scope, posts=posts)


@operation.command()
@click.argument("code")
@click.argument("posts", nargs=-1, required=True)
@folder_option
@json_option
@plain_errors
def remove(code: str, posts: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Let POSTS (ids or labels) take part no longer. They drop what others wrote in the operation when they hear of
    it; the operation has a new key at once."""
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.network import running

    node.load(folder, role="central")
    scope = running.remove(folder, code, posts, author=person_at_machine())
    note_at_machine(folder, "scope.left", scope=scope, posts=", ".join(posts))
    say(as_json, f"no longer in {code}: {', '.join(posts)}", scope=scope, posts=posts)


@operation.command()
@click.argument("code")
@folder_option
@json_option
@plain_errors
def end(code: str, folder: Path, as_json: bool) -> None:
    """End an operation before its last day: its members drop what others wrote in it."""
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.network import running

    node.load(folder, role="central")
    scope = running.end(folder, code, author=person_at_machine())
    note_at_machine(folder, "scope.left", scope=scope, posts="*")
    say(as_json, f"{code} has ended", scope=scope)
