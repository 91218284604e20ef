"""The commands that fill templates of other administrations from the records of a node."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

from diwan_core.dictionary import N_
from diwan_core.intake.cli.command_kit import (
    SOME_REFUSED,
    USAGE,
    explain_errors,
    json_option,
    node_folder,
    stop,
    write_new,
)
from diwan_core.intake.cli.commands_agreements import agree_command, agreements_command, end_agreement_command
from diwan_core.intake.cli.conditions import conditions_of
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.mapping.map_proposal import heads_in, propose_map
from diwan_core.intake.run.access_note import note
from diwan_core.intake.run.agreements import agreement_named
from diwan_core.intake.run.export_map import make_map, write_map, write_refused
from diwan_core.intake.run.map_forms import MAP_FORMS, MapForm
from diwan_core.intake.sources.reader import Source
from diwan_core.intake.sources.uploaded import columns_of, source_of
from diwan_core.intake.sources.workbook import is_workbook
from diwan_core.leaving.maps import Made, load, parse, shipped, what_leaves
from diwan_core.leaving.maps.check_columns import COLUMNS_MOST
from diwan_core.register import Register
from diwan_core.trust.access_log.events import event, filters

_LONGEST_HEADER: Final = 100_000
"""Characters read of a pasted text."""


@click.group("export-map")
def export_map_group() -> None:
    """Export maps: templates of other administrations, filled with what may leave without personal data."""


export_map_group.add_command(agree_command)
export_map_group.add_command(agreements_command)
export_map_group.add_command(end_agreement_command)


@export_map_group.command("list")
@json_option
@explain_errors
def list_command(as_json_text: bool) -> None:
    """Name the templates in the package."""
    titles = {name: load(name).title for name in shipped()}
    if as_json_text:
        click.echo(json.dumps({"templates": titles}, ensure_ascii=False))
        return
    for name, title in titles.items():
        click.echo(f"{name:22} {title}")


@export_map_group.command("show")
@click.argument("template_name", metavar="TEMPLATE")
@json_option
@explain_errors
def show_map_command(as_json_text: bool, template_name: str) -> None:
    """Show what leaves by TEMPLATE, a shipped one's name or a .toml file: each column, its fields, and how they leave.

    The template is checked first, and everything wrong with it is named with its line.
    """
    template = load(template_name)
    columns = list(what_leaves(template))
    if as_json_text:
        shown = {"template": template.name, "title": template.title, "columns": [one._asdict() for one in columns]}
        shown |= {"single_cases": template.single_cases} if template.single_cases else {}
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    row_of = "record" if template.rows == "record" else f"line of {template.rows}"
    needed = "; ".join(" or ".join(group) for group in template.needs) or "nothing"
    click.echo(template.title)
    click.echo(f"A row for each {row_of} of the type {template.type.name}. Needed: {needed}.")
    if template.single_cases:
        click.echo(f"Few cases are not made coarser, since each single case is asked for by: {template.single_cases}")
    for one in columns:
        said = "; ".join(filter(None, (one.leaves, one.how)))
        click.echo(f"  {one.head}: {' '.join(filter(None, (one.fields, f'({said})' if one.fields else said)))}")


@export_map_group.command("new")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--title", default="", help="What the form is called. [default: the name of FILE]")
@click.option("--sheet", default="", help="The sheet of a workbook by its name.  [default: the first]")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write. [default: standard output]")
@json_option
@explain_errors
def new_map_command(as_json_text: bool, file: Path, title: str, sheet: str, output: Path | None) -> None:
    """Propose a template for the header row of a form: of FILE, a workbook or a text, or with - as it is pasted.

    Columns are known by the names and synonyms that imports know. What the head does not tell stays blank, and so does
    what may not leave. Look at every column before you use it.
    """
    heads = _heads_of(file, sheet)
    if not heads:
        stop("there is no header row: the first line has to name the columns", USAGE, as_json_text)
    if len(heads) > COLUMNS_MOST:
        stop(f"the row has {len(heads)} heads; a form has at most {COLUMNS_MOST}", USAGE, as_json_text)
    text = propose_map(title or ("Form" if str(file) == "-" else file.stem), heads)
    parse(text, str(output or "the proposal"))
    if output is None:
        said = json.dumps({"template": text}, ensure_ascii=False)
        click.echo(said if as_json_text else text, nl=as_json_text)
        return
    write_new(output, text, as_json_text)
    said = f"written to {output}: {len(heads)} columns; look at each, then `diwan export-map show {output}`"
    click.echo(json.dumps({"file": str(output), "columns": len(heads)}) if as_json_text else said)


def _heads_of(file: Path, sheet: str) -> list[str]:
    if str(file) == "-":
        return heads_in(sys.stdin.read(_LONGEST_HEADER))
    try:
        if is_workbook(file):
            with TemporaryDirectory() as aside:
                table, source = source_of(file, Path(aside), sheet)
                return [column.name for column in columns_of(Path(aside) / table, Source(**source))]
        with file.open(encoding="utf-8-sig") as lines:
            return heads_in(lines.read(_LONGEST_HEADER))
    except OSError as error:
        raise Unreadable(N_("{path} cannot be read: {error}"), path=str(file), error=str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise Unreadable(N_("the file is not UTF-8; save it as UTF-8")) from error


@export_map_group.command("write")
@click.argument("template_name", metavar="TEMPLATE")
@node_folder
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write. [default: TEMPLATE.csv here]")
@click.option("--format", "form", type=click.Choice(MAP_FORMS), default="csv", show_default=True,
              help="The form of the file.")  # fmt: skip
@click.option("--refused", type=click.Path(path_type=Path), help="Where refused rows go. [default: beside the file]")
@click.option("--year", type=click.IntRange(1900, 2200), help="Only records of this year.")
@click.option(
    "--where", multiple=True, metavar="COLUMN=VALUE", help="Only records with this value; LOW..HIGH for a range."
)
@click.option("--agreement", "agreement_name", default="", metavar="AGREEMENT",
              help="Id or title of the agreement a template with personal data is filled under.")  # fmt: skip
@click.option("--demonstration", is_flag=True, help="Demonstration cases too: for training, never for a real report.")
@click.option("--check", is_flag=True, help="Say what would be written and refused, with the first row; write nothing.")
@json_option
@explain_errors
def write_map_command(
    as_json_text: bool,
    template_name: str,
    folder: Path,
    output: Path | None,
    form: MapForm,
    refused: Path | None,
    year: int | None,
    where: tuple[str, ...],
    agreement_name: str,
    demonstration: bool,
    check: bool,
) -> None:
    """Fill TEMPLATE from the records of a node. Only what may leave without personal data is written, and the export
    is logged.

    A template with personal data is filled only under an AGREEMENT that is in force, with the fields that it names,
    from records that somebody released under it. Each such record is logged.

    A row that lacks what the template needs is refused: the file of refused rows names record, field and reason. It
    stays inside. Exercises, drafts and withdrawn records are left out.

    Exit code: 0 all good, 3 some rows refused, 2 the template, file or folder cannot be used, 1 the register failed.
    """
    template = load(template_name)
    kind = template.type.name
    words = (*where, *((f"date={year}-01-01..{year}-12-31",) if year else ()))
    conditions = conditions_of(kind, words)
    if template.agreement and not agreement_name:
        stop("this template names persons: say under which agreement, with --agreement", USAGE, as_json_text)
    today = datetime.now(UTC).date()
    with Register.open(folder, role="reader") as register:
        agreement = agreement_named(register, agreement_name) if template.agreement else None
        sure = register.sure_day()
        if agreement is not None and sure is None:
            stop(
                "this machine does not know the date for sure, and agreements have dates: use the centre",
                USAGE,
                as_json_text,
            )
        today = sure or today
        if agreement is not None and (reason := agreement.why_not_in_force(today)):
            stop(f"nothing leaves under {agreement.title}: {reason}", USAGE, as_json_text)
        made = make_map(register, template, today, where=conditions, demonstration=demonstration, agreement=agreement)
    path = output or Path(f"{Path(template.name).stem}.{form}")
    beside = refused or path.with_name(f"{path.stem}-refused.csv")
    if not check:
        given = filters((column, value) for column, _, value in (one.partition("=") for one in words))
        personal = agreement is not None
        looks = [event("list.exported_by_command", type=kind, form=form, personal=personal, filters=given)]
        if agreement is not None:
            looks += [event("record.given", record=record, agreement=agreement.title) for record in made.given]
        note(folder, looks)
        write_map(template, made, path, form)
        if made.refused:
            write_refused(made.refused, beside)
    heads = [] if template.agreement else [column.head for column in template.columns]  # what is shown is not logged
    _say(as_json_text, made, heads, None if check else path, beside)
    sys.exit(SOME_REFUSED if made.refused else 0)


def _say(as_json_text: bool, made: Made, heads: list[str], path: Path | None, beside: Path) -> None:
    """What was written, or would be, and why rows were refused."""
    first = {head: cell for head, cell in zip(heads, made.rows[0], strict=True) if cell} if made.rows and heads else {}
    if as_json_text:
        said = {"rows": len(made.rows), "refused": made.refused_rows, "left_out": dict(made.left_out)}
        files = {"file": str(path), "refused_file": str(beside) if made.refused else None} if path else {"first": first}
        click.echo(json.dumps({**said, **files}, ensure_ascii=False))
        return
    click.echo(f"{len(made.rows)} rows written to {path}" if path else f"{len(made.rows)} rows would be written")
    if made.coarser is not None and made.rows:
        changed, coarsest = made.coarser.coarser, made.coarser.coarsest
        click.echo(f"small cells: {changed} cases made coarser, of these {coarsest} to country and year")
    for reason, count in made.left_out.items():
        click.echo(f"left out: {count} {reason}")
    if made.refused:
        click.echo(f"{made.refused_rows} rows refused" + (f", see {beside}, which stays inside" if path else ""))
        for (column, reason), count in Counter((one.column, one.reason) for one in made.refused).most_common(10):
            click.echo(f"  {count:6} {column}: {reason}")
    if not path and first:
        click.echo("the first row:")
        for head, cell in first.items():
            click.echo(f"  {head}: {cell}")
