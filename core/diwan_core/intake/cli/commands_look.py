"""The commands that only read: search, show and dictionary."""

from __future__ import annotations

import json
from pathlib import Path

import click

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.cli import show
from diwan_core.intake.cli.command_kit import USAGE, explain_errors, json_option, node_folder, stop
from diwan_core.intake.run.access_note import note
from diwan_core.intake.run.export import as_json
from diwan_core.register import Register, UnknownRecord
from diwan_core.trust.access_log.events import event


@click.command("search")
@click.argument("words", nargs=-1)
@node_folder
@click.option("--identifier", metavar="FRAGMENT", help="Part of a plate, container, document, telephone number …")
@click.option("--type", "kinds", multiple=True, help="Only records of this type.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most so many records.")
@json_option
@explain_errors
def search_command(
    as_json_text: bool, words: tuple[str, ...], folder: Path, identifier: str | None, kinds: tuple[str, ...], limit: int
) -> None:
    """Search all records for WORDS (accents, case and script variants apart; the last one may be a beginning)."""
    if bool(words) == bool(identifier):
        stop("give words to look for, or --identifier with a part of a number", USAGE, as_json_text)
    for kind in kinds:
        DICTIONARY.type(kind)
    with Register.open(folder, role="reader") as register:
        note(folder, [event("register.searched_by_command", words=identifier or " ".join(words))])
        if identifier:
            found = register.search_identifier(identifier, kinds or None, limit)
        else:
            found = register.search(" ".join(words), kinds or None, limit)
    if as_json_text:
        click.echo(json.dumps({"found": [show.row_json(row) for row in found]}, ensure_ascii=False))
        return
    for line in show.row_lines(found):
        click.echo(line)
    if words and not found and any(letter.isdigit() for letter in "".join(words)):
        click.echo("With --identifier, a piece of a plate, container, document or telephone number is found.")
    click.echo(f"{len(found)} found" + (" (the limit; there may be more)" if len(found) == limit else ""))


@click.command("show")
@click.argument("record_id", metavar="ID")
@node_folder
@click.option("--history", is_flag=True, help="Every change of every field, oldest first.")
@json_option
@explain_errors
def show_command(as_json_text: bool, record_id: str, folder: Path, history: bool) -> None:
    """Show one record, with --history also every change of it."""
    read: set[str] = set()
    with Register.open(folder, role="reader") as register:
        register.on_read = read.add
        record = register.get(record_id.strip().lower())
        if record is None:
            raise UnknownRecord(f"no record {record_id} is here; `diwan search` finds ids")
        entries = register.history(record.id) if history else []
        erased = register.erased(record.id)
        note(folder, [event("record.shown_by_command", record=one) for one in read])
    if as_json_text:
        shown = as_json(record)
        shown["standing"] = record.standing
        shown["conflicts"] = sorted(record.conflicts)
        if history:
            shown["history"] = [
                {
                    "ref": list(entry.ref),
                    "when": show.moment(entry.when),
                    "author": entry.author,
                    "origin": entry.origin,
                    "standing": entry.standing,
                    "changes": {path: list(change) for path, change in entry.changes.items()},
                }
                for entry in entries
            ]
        click.echo(json.dumps(shown, ensure_ascii=False))
        return
    for line in show.record_lines(record):
        click.echo(line)
    if erased:
        click.echo(f"  {show.HALVES[erased[0]]} was erased under the law: {erased[1]}")
    if history:
        click.echo("History")
        for line in show.history_lines(entries):
            click.echo(line)


@click.command("dictionary")
@click.argument("kind", metavar="[TYPE]", required=False)
@json_option
@explain_errors
def dictionary_command(as_json_text: bool, kind: str | None) -> None:
    """Describe the record types, or the fields of one TYPE."""
    types = [DICTIONARY.type(kind)] if kind else list(DICTIONARY.types.values())
    if as_json_text:
        described = {declared.name: show.type_json(declared) for declared in types}
        click.echo(
            json.dumps(
                {"version": DICTIONARY.version, "digest": DICTIONARY.digest.hex(), "types": described},
                ensure_ascii=False,
            )
        )
    elif kind:
        for line in show.type_lines(types[0]):
            click.echo(line)
    else:
        click.echo(f"Dictionary {DICTIONARY.version} ({DICTIONARY.digest.hex()})")
        for declared in types:
            click.echo(f"  {declared.name:20} {declared.label}")
