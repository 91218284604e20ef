"""`diwan central scope` and `diwan central reach`: who reads what of a unit, and how far what names people travels."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say
from diwan_core.trust.network.ledger_facts import REACHES


@click.group()
def scope() -> None:
    """Scopes: the posts of a unit, which read what the others of their unit report in full."""


@scope.command("list")
@folder_option
@json_option
@plain_errors
def list_scopes(folder: Path, as_json: bool) -> None:
    """List the scopes, each with its members."""
    from diwan_central.network import scopes

    node.load(folder, role="central")
    found = scopes.members(folder)
    lines = [f"{name}: {', '.join(fact.label for fact in held) or 'no members'}" for name, held in found.items()]
    say(as_json, "\n".join(lines), scopes={name: [fact.node for fact in held] for name, held in found.items()})


@scope.command()
@click.argument("unit")
@click.argument("posts", nargs=-1, required=True)
@folder_option
@json_option
@plain_errors
def add(unit: str, posts: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Make POSTS (ids or labels) members of the scope of UNIT. What they have reported belongs to it from now on."""
    from diwan_core.trust.access_log.at_machine import note_at_machine

    from diwan_central.network import scopes

    node.load(folder, role="central")
    name = scopes.add(folder, unit, posts)
    note_at_machine(folder, "scope.joined", scope=name, posts=", ".join(posts))
    words = f"now in {name}: {', '.join(posts)}. They receive what the others reported the next time they connect."
    say(as_json, words, scope=name, posts=posts)


@scope.command()
@click.argument("unit")
@click.argument("posts", nargs=-1, required=True)
@folder_option
@json_option
@plain_errors
def remove(unit: str, posts: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Have POSTS (ids or labels) leave the scope of UNIT. They drop what they held by it when they hear of it; the
    scope has a new key at once, which they never get."""
    from diwan_core.trust.access_log.at_machine import note_at_machine

    from diwan_central.network import scopes

    node.load(folder, role="central")
    name = scopes.remove(folder, unit, posts)
    note_at_machine(folder, "scope.left", scope=name, posts=", ".join(posts))
    say(as_json, f"no longer in {name}: {', '.join(posts)}", scope=name, posts=posts)


@click.command()
@click.argument("types", nargs=-1)
@click.option(
    "--nominal",
    type=click.Choice(REACHES),
    help="To all posts; to all, but letters to one post only to it, and messages of an operation only to its posts "
    "(addressed); to those of the unit of the post that reported; or to the centre only.",
)
@folder_option
@json_option
@plain_errors
def reach(types: tuple[str, ...], nominal: str | None, folder: Path, as_json: bool) -> None:
    """Show how far what identifies people in records travels, by their type; with TYPES and --nominal, change it. A
    post keeps what it has reported itself."""
    from diwan_core.trust.access_log.at_machine import note_at_machine

    from diwan_central.network import scopes

    node.load(folder, role="central")
    if (nominal is None) != (not types):
        raise click.UsageError("to change it, give record types and --nominal; to see it, neither")
    if nominal is not None:
        scopes.set_reach(folder, types, nominal)
        note_at_machine(folder, "reach.said", types=", ".join(types), reach=nominal)
    found = scopes.reaches(folder)
    say(as_json, "\n".join(f"{kind}: {far}" for kind, far in found.items()), reach=found)
