"""The command `diwan codes prices`: the national price table, listed, or read from a file at the centre.

Exit codes: 0 done; 1 the register failed; 2 wrong usage; 3 done, and some lines were not taken."""

from __future__ import annotations

import json
from pathlib import Path

import click

from diwan_core.intake.cli.command_kit import explain_errors, json_option, node_folder
from diwan_core.intake.cli.national_table import NationalTable, Take, read_into
from diwan_core.register import Refused, Register
from diwan_core.register.national_prices import FIELDS, declare_price, known_prices, national_prices, read_price

_NEEDED = ("product_group", "per", "price", "currency", "valid_from")


@click.command("prices")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@node_folder
@click.option("--author", default="import", show_default=True, help="User name they are saved under.")
@json_option
@explain_errors
def prices_command(as_json_text: bool, file: Path | None, folder: Path, author: str) -> None:
    """List the national price table, or read prices from a CSV FILE into it, at the centre.

    The first line of FILE names the columns: product_group, per (the unit), price, currency and valid_from, and perhaps
    sub_group, hs_code, value_kind, valid_until and source. A line for the same goods, unit, kind and first day
    corrects what was said. Exit code 3 where lines were not taken.
    """
    if file is not None:
        table = NationalTable("prices", "price", _NEEDED, FIELDS, lambda register: _taker(register, author))
        read_into(table, file, folder, as_json_text)
    with Register.open(folder, role="reader") as register:
        known = national_prices(register.store)
    if as_json_text:
        click.echo(json.dumps([price._asdict() for price in known], ensure_ascii=False))
        return
    for price in known:
        goods = "/".join(filter(None, (price.product_group, price.sub_group, price.hs_code)))
        until = f" to {price.valid_until}" if price.valid_until else ""
        kind = f" ({price.value_kind})" if price.value_kind else ""
        click.echo(f"{goods}: 1 {price.per} = {price.price} {price.currency}{kind} from {price.valid_from}{until}")
    if not known:
        click.echo("The country has no price table yet.")


def _taker(register: Register, author: str) -> Take:
    known = known_prices(register.store)

    def take(cells: dict[str, str]) -> bool:
        price, problems = read_price(cells)
        if price is None:
            raise Refused(problems)
        return declare_price(register, price, author=author, known=known)

    return take
