"""`diwan central erase`: an erasure under the law."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.command()
@click.argument("record")
@folder_option
@click.option("--basis", required=True, help="The law and the order it happens under; it stays in the ledger for ever.")
@click.option(
    "--half",
    type=click.Choice(["both", "nominal", "rest"]),
    default="both",
    show_default=True,
    help="Everything, what names people (with pictures and documents), or everything else.",
)
@json_option
@plain_errors
def erase(record: str, folder: Path, basis: str, half: str, as_json: bool) -> None:
    """Erase the values of RECORD (its id) at every node, for ever. What remains proves that the record existed."""
    from diwan_core.exchange.erasure import order, pictures_that_stay
    from diwan_core.register import Register
    from diwan_core.register.erasure.erase import BOTH, NOMINAL, REST
    from diwan_core.register.erasure.purge import is_due
    from diwan_core.trust import NodeKeys

    from diwan_central.privacy.holds import none_held

    node.load(folder, role="central")
    keys = NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        halves = {"both": BOTH, "nominal": NOMINAL, "rest": REST}[half]
        stay = pictures_that_stay(register, record, halves)
        with none_held(folder, register, record):
            records = order(register, keys, record, halves, basis)
        clean = not is_due(register.store)
    text = f"erased here: {', '.join(records)}; every post follows when it hears of it"
    for name, others in stay.items():
        text += f"\npicture {name[:12]} stays, since other records name it too: {', '.join(others)}"
    if not clean:
        text += "\nthe database was in use: the centre writes its files anew when it is started next"
    say(as_json, text, records=records, files_clean=clean, basis=basis, pictures_that_stay=stay)
