"""The commands `diwan codes unit|units`: what the units of the country are in units of UNECE Recommendation 20.

Exit codes: 0 done, or said so already; 1 the register failed; 2 wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import click

from diwan_core import node
from diwan_core.intake.cli.command_kit import USAGE, a_date, explain_errors, json_option, node_folder, stop
from diwan_core.register import Refused, Register
from diwan_core.register.national_units import NoUnit, declare_unit, national_units, read_unit


@click.command("unit")
@click.argument("code")
@click.argument("factor")
@click.argument("base")
@node_folder
@click.option("--valid-from", default="", callback=a_date, help="For what happened from this day on. [default: always]")
@click.option("--label", default="", help="What people call it.")
@click.option("--author", default="import", show_default=True, help="User name it is saved under.")
@json_option
@explain_errors
def declare_unit_command(
    as_json_text: bool, code: str, factor: str, base: str, folder: Path, valid_from: str, label: str, author: str
) -> None:
    """Say that one CODE is FACTOR of the unit BASE (a code of Recommendation 20), at the centre.

    For example: diwan codes unit tola 11.6638038 GRM. Every node works out again what is measured in it.
    """
    if node.load(folder).role != "central":
        stop("units are declared at the centre; posts receive them from there", USAGE, as_json_text)
    try:
        code, number = read_unit(code, factor, base)
    except NoUnit as error:
        stop(f"{ {'code': code, 'factor': factor, 'base': base}[error.field]!r}: {error}", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        try:
            unit, is_new = declare_unit(register, code, number, base, valid_from=valid_from, label=label, author=author)
        except Refused as error:
            stop(str(error), USAGE, as_json_text)
    if as_json_text:
        click.echo(json.dumps({**unit._asdict(), "new": is_new}, ensure_ascii=False))
    else:
        since = f" from {unit.valid_from} on" if unit.valid_from else ""
        click.echo(f"1 {unit.code} = {unit.factor} {unit.base_unit}{since}{'' if is_new else ', as was said before'}")


@click.command("units")
@node_folder
@json_option
@explain_errors
def list_units(as_json_text: bool, folder: Path) -> None:
    """List the units of the country that this node knows."""
    with Register.open(folder, role="reader") as register:
        known = national_units(register.store)
    if as_json_text:
        click.echo(json.dumps([unit._asdict() for unit in known], ensure_ascii=False))
        return
    for unit in known:
        days = f"  from {unit.valid_from}" if unit.valid_from else ""
        days += f"  until {unit.valid_until}" if unit.valid_until else ""
        click.echo(f"1 {unit.code} = {unit.factor} {unit.base_unit}{days}")
    if not known:
        click.echo("The country has declared no units of its own.")
