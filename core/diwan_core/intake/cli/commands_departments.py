"""The commands `diwan codes department|departments`: how the administration is made up.

Exit codes: 0 done, or said so already; 1 the register failed; 2 wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import click

from diwan_core import node
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.cli.command_kit import USAGE, explain_errors, json_option, node_folder, stop
from diwan_core.register import Refused, Register
from diwan_core.register.departments import NoDepartment, declare_department, departments


@click.command("department")
@click.argument("code")
@click.argument("name")
@node_folder
@click.option("--kind", default="", type=click.Choice(["", *DICTIONARY.codes("unit_kind").codes]), help="What it is.")
@click.option("--parent", default="", metavar="CODE", help="Code of the department it belongs to.")
@click.option("--office", default="", help="UN/LOCODE or national code of its customs office.")
@click.option("--author", default="import", show_default=True, help="User name it is saved under.")
@json_option
@explain_errors
def declare_command(
    as_json_text: bool, code: str, name: str, folder: Path, kind: str, parent: str, office: str, author: str
) -> None:
    """Add the department CODE, called NAME, at the centre, or change it. Every node receives it.

    For example: diwan codes department AQJ-PORT "Aqaba port" --parent SOUTH --office JOAQJ.
    """
    if node.load(folder).role != "central":
        stop("departments are declared at the centre; posts receive them from there", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        try:
            is_new = declare_department(
                register, code, name, kind=kind, parent=parent, office=office, author=author
            )  # fmt: skip
        except NoDepartment:
            stop(f"{parent!r} cannot be what it belongs to; see `diwan codes departments`", USAGE, as_json_text)
        except Refused as error:
            stop(str(error), USAGE, as_json_text)
    if as_json_text:
        click.echo(json.dumps({"code": code, "name": name, "new": is_new}, ensure_ascii=False))
    else:
        click.echo(f"{code}  {name}{'' if is_new else ', as it was before'}")


@click.command("departments")
@node_folder
@json_option
@explain_errors
def list_command(as_json_text: bool, folder: Path) -> None:
    """List the departments that this node knows, each below the one it belongs to."""
    with Register.open(folder, role="reader") as register:
        known = departments(register.store)
    if as_json_text:
        click.echo(json.dumps([one._asdict() for one in known], ensure_ascii=False))
        return
    for one in known:
        click.echo(f"{'  ' * one.depth}{one.code}  {one.name}{f'  {one.office}' if one.office else ''}")
    if not known:
        click.echo("There are no departments yet.")
