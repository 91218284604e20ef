"""The commands `diwan post export-parcels`, `import-parcels` and `mirror`: the exchange by USB stick at a post."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say

stick_argument = click.argument("dir_of_stick", type=click.Path(path_type=Path, file_okay=False))


@click.command("export-parcels")
@stick_argument
@folder_option
@json_option
@plain_errors
def export_parcels(dir_of_stick: Path, folder: Path, as_json: bool) -> None:
    """Write what the centre has not receipted onto the stick at DIR_OF_STICK. Any stick can be used, any number of
    times."""
    from diwan_core.exchange.carriers.folder import NoStick, Stick
    from diwan_core.exchange.post.post_stick import export_to_stick
    from diwan_core.register import Register
    from diwan_core.trust import NodeKeys

    node.load(folder, role="post")
    with Register.open(folder, role="writer") as register:
        try:
            moved = export_to_stick(register, NodeKeys.load(folder), Stick(dir_of_stick))
        except NoStick as error:
            raise click.ClickException(str(error)) from error
    say(as_json, moved.said(), **dataclasses.asdict(moved))


@click.command("import-parcels")
@stick_argument
@folder_option
@json_option
@plain_errors
def import_parcels(dir_of_stick: Path, folder: Path, as_json: bool) -> None:
    """Take what the centre wrote for this post off the stick at DIR_OF_STICK. Files that are not right are named and
    left."""
    from diwan_core.exchange.carriers.folder import Stick
    from diwan_core.exchange.erasure import tidy
    from diwan_core.exchange.post.post_stick import import_from_stick
    from diwan_core.register import Register
    from diwan_core.trust import NodeKeys

    node.load(folder, role="post")
    with Register.open(folder, role="writer") as register:
        keys = NodeKeys.load(folder)
        moved = import_from_stick(register, keys, Stick(dir_of_stick))
        tidy(register, keys)
    say(as_json, moved.said(), **dataclasses.asdict(moved))


@click.command()
@click.argument("dir_of_stick", type=click.Path(path_type=Path, file_okay=False), required=False)
@folder_option
@json_option
@plain_errors
def mirror(dir_of_stick: Path | None, folder: Path, as_json: bool) -> None:
    """Keep a mirror of what is not yet safe at the centre on the stick at DIR_OF_STICK; without an argument, stop
    doing so.

    The agent reads this when it starts."""
    from diwan_core.exchange.carriers.folder import NoStick, Stick

    config = node.load(folder, role="post")
    if dir_of_stick is not None:
        try:
            Stick(dir_of_stick).make()
        except NoStick as error:
            raise click.ClickException(str(error)) from error
    place = "" if dir_of_stick is None else str(dir_of_stick.resolve())
    node.save(folder, dataclasses.replace(config, mirror=place))
    say(as_json, f"mirrored to {place}; start the post again" if place else "not mirrored any more", mirror=place)
