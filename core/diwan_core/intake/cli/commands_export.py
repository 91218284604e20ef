"""The command that exports the records of a type, whole or without personal data."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.cli.command_kit import explain_errors, json_option, node_folder
from diwan_core.intake.cli.conditions import conditions_of
from diwan_core.intake.run.access_note import note
from diwan_core.intake.run.departing import Tally
from diwan_core.intake.run.export import FORMS, Form, export
from diwan_core.intake.run.readable_workbook import export_readable
from diwan_core.intake.run.rows_chosen import READABLE, without_withdrawn
from diwan_core.intake.sources.tables import Unwritable
from diwan_core.leaving import columns_of
from diwan_core.register import Register
from diwan_core.trust.access_log.events import event, filters


@click.command("export")
@click.argument("kind", metavar="TYPE", default="case")
@node_folder
@click.option("--format", "form", type=click.Choice((*FORMS, READABLE)), default="csv", show_default=True,
              help="The form of the file; readable: a workbook with words beside codes.")  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write. [default: standard output]")
@click.option(
    "--where", multiple=True, metavar="COLUMN=VALUE", help="Only records with this value; LOW..HIGH for a range."
)
@click.option("--nominal", is_flag=True, help="Whole records, with what identifies people and businesses; logged.")
@click.option("--withdrawn", is_flag=True, help="Also records that were withdrawn.")
@json_option
@explain_errors
def export_command(
    as_json_text: bool,
    kind: str,
    folder: Path,
    form: Any,
    output: Path | None,
    where: tuple[str, ...],
    nominal: bool,
    withdrawn: bool,
) -> None:
    """Export the records of TYPE (case if not given), reduced to what may leave without personal data, or whole with
    --nominal.

    docs/privacy.md says which columns of which types leave, and how each is reduced. Where few cases are alike,
    region, week and continent stand for office, day and nationality. Only whole files can be imported again as the same
    records.

    In CSV, a cell a spreadsheet would take for a formula gets an apostrophe in front. With --json and --output, says
    how many were written as a JSON object.
    """
    conditions = conditions_of(kind, where)
    conditions = conditions if withdrawn else without_withdrawn(conditions)
    with ExitStack() as stack:
        register = stack.enter_context(Register.open(folder, role="reader"))
        if not nominal:
            columns_of(DICTIONARY.type(kind).name)  # what does not leave is not logged as if it had
        given = filters((column, value) for column, _, value in (one.partition("=") for one in where))
        note(folder, [event("list.exported_by_command", type=kind, form=form, personal=nominal, filters=given)])
        if form == READABLE:
            tally = _readable_to(output, register, kind, conditions, nominal)
        elif output is None:
            tally = export(register, kind, sys.stdout, form, where=conditions, nominal=nominal)
        else:
            tally = _export_to(output, register, kind, form, conditions, nominal)
    if not nominal:
        note(folder, [event("list.reduced", type=kind, form=form, **tally.counts)])
    _say_exported(as_json_text, tally, kind, output, nominal)


def _readable_to(
    output: Path | None, register: Register, kind: str, conditions: Mapping[str, Any], nominal: bool
) -> Tally:
    if output is None:
        raise click.UsageError("a workbook goes into a file; name one with --output FILE.xlsx")
    try:
        return export_readable(register, kind, output, where=conditions, nominal=nominal)
    except OSError as error:
        raise Unwritable(f"{output} cannot be written ({error.strerror}); name another with --output") from error


def _export_to(
    output: Path, register: Register, kind: str, form: Form, conditions: Mapping[str, Any], nominal: bool
) -> Tally:
    try:
        with output.open("w", encoding="utf-8-sig" if form == "csv" else "utf-8", newline="") as out:
            return export(register, kind, out, form, where=conditions, nominal=nominal)
    except OSError as error:
        raise Unwritable(f"{output} cannot be written ({error.strerror}); name another with --output") from error


def _say_exported(as_json_text: bool, tally: Tally, kind: str, output: Path | None, nominal: bool) -> None:
    """Say what was written; beside records on standard output on standard error, and only what is not in them."""
    if output is not None and as_json_text:
        said = {"file": str(output), "records": tally.written, "nominal": nominal}
        more = {} if nominal else {**tally.counts, "held_back": dict(tally.held_back)}
        click.echo(json.dumps({**said, **more}))
        return
    if output is not None:
        reduced = "" if nominal else ", without personal data"
        click.echo(f"{tally.written} records of type {kind} written to {output}{reduced}")
    if tally.coarser:
        told = f"small cells: {tally.coarser} records made coarser, of these {tally.coarsest} to country and year"
        click.echo(told, err=output is None)
    for reason, count in tally.held_back.items():
        click.echo(f"held back: {count} {reason}", err=output is None)
