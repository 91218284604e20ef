"""The commands for authors of mappings: propose one for a file, and check one."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.cli.command_kit import USAGE, explain_errors, json_option, stop, write_new
from diwan_core.intake.mapping.answers import DATES, DECIMALS, Answers
from diwan_core.intake.mapping.mapping_file import load
from diwan_core.intake.mapping.model import IMPORTED
from diwan_core.intake.mapping.proposal import likeliest, propose_mapping
from diwan_core.intake.sources.reader import Source
from diwan_core.intake.sources.uploaded import columns_of, source_of


@click.group("mapping")
def mapping_group() -> None:
    """Mappings: the files that say which column of a source becomes which field."""


@mapping_group.command("new")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--type",
    "kind",
    type=click.Choice(IMPORTED),
    help="What a row becomes.  [default: what most columns are called like]",
)
@click.option("--sheet", default="", help="The sheet of a workbook by its name.  [default: the first]")
@click.option("--dates", type=click.Choice(list(DATES)), help="How dates such as 05/03/2026 are meant.")
@click.option("--decimal", type=click.Choice(list(DECIMALS)), help="Which mark begins decimals, as in 48,000.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write. [default: standard output]")
@json_option
@explain_errors
def new_command(
    as_json_text: bool,
    file: Path,
    kind: str | None,
    sheet: str,
    dates: str | None,
    decimal: str | None,
    output: Path | None,
) -> None:
    """Propose a mapping for FILE, with comments: look at every line, correct it, and try it with import --check."""
    if not file.is_file():
        stop(f"{file} cannot be read: check its name and who may read it", USAGE, as_json_text)
    with TemporaryDirectory() as aside:
        table, source = source_of(file, Path(aside), sheet)
        columns = columns_of(Path(aside) / table, Source(**source))
    text = propose_mapping(
        file.name, columns, source, kind or likeliest(columns, IMPORTED), Answers(dates or "", decimal or "")
    )
    if output is None:
        click.echo(
            json.dumps({"mapping": text}, ensure_ascii=False) if as_json_text else text, nl=not text.endswith("\n")
        )
        return
    write_new(output, text, as_json_text)
    click.echo(
        json.dumps({"file": str(output)}) if as_json_text else f"written to {output}: look at every line, then try it"
    )


@mapping_group.command("check")
@click.argument("mapping_name", metavar="MAPPING")
@json_option
@explain_errors
def check_command(as_json_text: bool, mapping_name: str) -> None:
    """Check MAPPING, a shipped one's name or a .toml file, against the dictionary; name everything wrong at once."""
    mapping = load(mapping_name, DICTIONARY)
    facts = {"mapping": mapping.name, "type": mapping.type.name, "columns": list(mapping.columns)}
    said = f"{mapping.name} is fine: a row becomes a {mapping.type.name}; it reads {', '.join(mapping.columns)}"
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json_text else said)
