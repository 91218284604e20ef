"""The command `diwan codes equivalents`: the national table of doses and equivalents, listed, written as a file for
review, or read from one at the centre.

Exit codes: 0 done; 1 the register failed; 2 wrong usage; 3 done, and some lines were not taken."""

from __future__ import annotations

import json
from pathlib import Path

import click

from diwan_core.intake.cli.command_kit import explain_errors, json_option, node_folder, write_new
from diwan_core.intake.cli.national_table import NationalTable, Take, read_into
from diwan_core.intake.run.equivalents_file import as_csv
from diwan_core.register import Refused, Register
from diwan_core.register.national_equivalents import (
    FIELDS,
    declare_equivalent,
    known_equivalents,
    national_equivalents,
    read_equivalent,
)

_NEEDED = ("product_group", "counted", "typical", "lowest", "highest", "size_unit", "valid_from", "source")


@click.command("equivalents")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@node_folder
@click.option("--output", type=click.Path(path_type=Path), help="Write the table into this new CSV file, for review.")
@click.option("--author", default="import", show_default=True, help="User name they are saved under.")
@json_option
@explain_errors
def equivalents_command(as_json_text: bool, file: Path | None, folder: Path, output: Path | None, author: str) -> None:
    """List the national table of doses and equivalents, or read entries from a CSV FILE into it, at the centre.

    The first line of FILE names the columns: product_group, counted (E27 is a dose), typical, lowest, highest,
    size_unit, valid_from and source, and perhaps sub_group, drug_form and valid_until. A line that says
    something else of the same thing and first day as an entry is refused: reports name the entry that they are from,
    so none is corrected.
    """
    if file is not None:
        table = NationalTable("entries", "equivalent", _NEEDED, FIELDS, lambda register: _taker(register, author))
        read_into(table, file, folder, as_json_text)
    with Register.open(folder, role="reader") as register:
        known = national_equivalents(register.store)
    if output is not None:
        write_new(output, as_csv(known), as_json_text)
    if as_json_text:
        click.echo(json.dumps([entry._asdict() for entry in known], ensure_ascii=False))
        return
    for entry in known:
        goods = "/".join(filter(None, (entry.product_group, entry.sub_group, entry.drug_form)))
        days = entry.valid_from + (f" to {entry.valid_until}" if entry.valid_until else "")
        size = f"{entry.typical} ({entry.lowest} to {entry.highest}) {entry.size_unit}"
        click.echo(f"{goods}: 1 {entry.counted} = {size} from {days} (entry {entry.edition}); {entry.source}")
    if not known:
        click.echo("The country has no table of doses and equivalents yet.")


def _taker(register: Register, author: str) -> Take:
    known = known_equivalents(register.store)

    def take(cells: dict[str, str]) -> bool:
        entry, problems = read_equivalent(cells)
        if entry is None:
            raise Refused(problems)
        return declare_equivalent(register, entry, author=author, known=known)

    return take
