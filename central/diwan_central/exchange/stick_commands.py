"""The commands `diwan central export-parcels` and `import-parcels`: the exchange by USB stick at the centre."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say

stick_argument = click.argument("dir_of_stick", type=click.Path(path_type=Path, file_okay=False))


@click.command("import-parcels")
@stick_argument
@folder_option
@json_option
@plain_errors
def import_parcels(dir_of_stick: Path, folder: Path, as_json: bool) -> None:
    """Admit what posts wrote onto the stick at DIR_OF_STICK. Files that are not right are named and left."""
    from diwan_core.exchange.carriers.folder import Stick
    from diwan_core.exchange.centre.central_stick import import_from_stick
    from diwan_core.register import Register
    from diwan_core.trust import NodeKeys

    from diwan_central.privacy.handed_in_logs import KeptLogs

    node.load(folder, role="central")
    with Register.open(folder, role="writer") as register:
        keys = NodeKeys.load(folder)
        moved = import_from_stick(register, keys, Stick(dir_of_stick), KeptLogs(folder, keys))
    say(as_json, moved.said(), **dataclasses.asdict(moved))


@click.command("export-parcels")
@stick_argument
@folder_option
@json_option
@plain_errors
def export_parcels(dir_of_stick: Path, folder: Path, as_json: bool) -> None:
    """Write what posts need onto the stick at DIR_OF_STICK, for every post that ever sent one: receipts, ledger, what
    others reported, pictures asked for."""
    from diwan_core.exchange import ledger
    from diwan_core.exchange.carriers.folder import NoStick, Stick
    from diwan_core.exchange.centre.central_stick import export_to_stick
    from diwan_core.register import Register
    from diwan_core.trust import NodeKeys

    from diwan_central.privacy.handed_in_logs import KeptLogs
    from diwan_central.setup import scope_key

    node.load(folder, role="central")
    with Register.open(folder, role="writer") as register:
        key = scope_key(folder, ledger.load(register))
        try:
            keys = NodeKeys.load(folder)
            moved = export_to_stick(register, keys, key, Stick(dir_of_stick), logs=KeptLogs(folder, keys))
        except NoStick as error:
            raise click.ClickException(str(error)) from error
    say(as_json, moved.said(), **dataclasses.asdict(moved))
