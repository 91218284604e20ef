"""`diwan audit`: check what a node holds, export one case as evidence, check such a file anywhere."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.group()
def audit() -> None:
    """Prove that records are what their authors wrote."""


@audit.command()
@folder_option
@json_option
@plain_errors
def verify(folder: Path, as_json: bool) -> None:
    """Recompute everything a node holds, and name what was altered, removed or inserted. Exit code 2 if
    anything was."""
    from diwan_core.audit.verify import verify_node

    found = verify_node(folder)
    if as_json:
        findings = [finding.as_json() for finding in found.findings]
        click.echo(json.dumps({"whole": found.whole, **found.counts, "findings": findings, "notes": found.notes}))
    else:
        for finding in found.findings:
            click.echo(f"{finding.kind}: {finding}")
        for note in dict.fromkeys(found.notes):
            click.echo(f"note: {note}")
        counted = ", ".join(f"{count} {name}" for name, count in found.counts.items())
        click.echo(f"{'whole' if found.whole else f'{len(found.findings)} findings'}: {counted}")
    sys.exit(0 if found.whole else 2)


@audit.command("hand-in")
@folder_option
@click.option("-o", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@json_option
@plain_errors
def hand_in(folder: Path, target: Path, as_json: bool) -> None:
    """Write the log of reads of a post into a file that only its centre can open, without the words people typed.
    Anchored in the journal first, so that the centre can see that no row is missing."""
    from diwan_core.register import Register
    from diwan_core.trust.access_log.handed_in import sealed_log
    from diwan_core.trust.files import write_private

    config = node.load(folder, role="post")
    with Register.open(folder, role="writer") as register:
        register.anchor(at_once=True)
    content, rows = sealed_log(folder, config.id)
    write_private(target, content)
    text = f"{rows} rows; the centre takes them with `central subject take-log`, after it has heard from this post"
    say(as_json, text, rows=rows, file=str(target))


@audit.command()
@click.argument("case")
@folder_option
@click.option("-o", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@click.option("--without-personal-data", "reduced", is_flag=True, help="Only what may leave, as a signed statement.")
@json_option
@plain_errors
def export(case: str, folder: Path, target: Path, reduced: bool, as_json: bool) -> None:
    """Write CASE (a record's id) with everything that proves it into one file. It holds the case in clear.

    Without personal data it is a statement that this node signs: what may leave of the case (docs/privacy.md), and the
    hashes of its rows. It proves nothing by itself, but a whole file given later can be compared with it.
    """
    from diwan_core.audit.export import export as write
    from diwan_core.audit.statement import write_statement
    from diwan_core.intake.run.access_note import note
    from diwan_core.leaving import NoTemplate
    from diwan_core.leaving.held_back import HeldBack
    from diwan_core.trust.access_log.events import event

    node.load(folder)
    if reduced:

        def note_level(level: int) -> None:
            note(folder, [event("record.reduced", record=case, form="json", level=level)])

        try:
            counts = write_statement(folder, case, target, datetime.now(UTC).date(), note_level)
        except (NoTemplate, HeldBack) as error:
            raise click.ClickException(str(error)) from error
        say(as_json, f"{target}: {counts['fields']} fields, {counts['rows']} rows, signed", file=str(target), **counts)
        return
    note(folder, [event("case.exported_by_command", record=case)])  # it names people, as their page does
    counts = write(folder, case, target)
    text = f"{target}: {', '.join(f'{count} {name}' for name, count in counts.items())}"
    say(as_json, text, file=str(target), **counts)


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--authority", help="The centre's fingerprint as the administration publishes it, to compare.")
@click.option("--statement", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Also whether this statement without personal data was made from the same case.")  # fmt: skip
@json_option
@plain_errors
def check(file: Path, authority: str | None, statement: Path | None, as_json: bool) -> None:
    """Verify a case file offline, with nothing but the file. Exit code 2 where it does not prove the case.

    Of a statement without personal data it says whether it is as its node signed it.
    """
    from diwan_core.audit.casefile import BadCaseFile
    from diwan_core.audit.check import check as examine
    from diwan_core.audit.statement import is_statement, missing_rows, read_statement

    try:
        if is_statement(file):
            _tell_statement(file, as_json)
            return
        missing = missing_rows(read_statement(statement), file) if statement is not None else []
        done = examine(file, authority)
    except BadCaseFile as error:
        raise click.ClickException(str(error)) from error
    if missing:
        done.find("statement", f"{len(missing)} rows of the statement are not in the file", name="statement")
    elif statement is not None:
        done.say("The statement was made from rows that are in this file.")
    if as_json:
        found = [finding.as_json() for finding in done.findings]
        click.echo(
            json.dumps(
                {
                    "proven": done.proven, "record": done.record, "centre": done.fingerprint,
                    "statements": done.statements, "changes": done.changes, "values": done.values, "findings": found,
                    "keys": done.keys,
                }
            )
        )  # fmt: skip
        sys.exit(0 if done.proven else 2)
    click.echo(f"Case {done.record}, under the centre {done.fingerprint or 'unknown'}")
    for change in done.changes:
        erased = " (erased)" if change["erased"] else ""
        click.echo(
            f"  {change['time']}  {change['author']} at {change['origin']}: {change['type']} {change['record']}{erased}"
        )
    for sentence in done.statements:
        click.echo(f"- {sentence}")
    for finding in done.findings:
        click.echo(f"NOT AS WRITTEN: {finding}")
    if not authority and done.fingerprint:
        click.echo(f"Compare the centre's fingerprint {done.fingerprint} with the one the administration publishes.")
    click.echo("PROVEN" if done.proven else "NOT PROVEN")
    sys.exit(0 if done.proven else 2)


def _tell_statement(file: Path, as_json: bool) -> None:
    """Say what a statement without personal data holds. Raises BadCaseFile."""
    from diwan_core.audit.statement import read_statement

    found = read_statement(file)
    if as_json:
        told = {"signed": True, "type": found.type, "values": found.values, "rows": found.rows}
        click.echo(json.dumps({**told, "key": found.fingerprint}, ensure_ascii=False))
        return
    click.echo(f"A {found.type} without personal data, as the node with the key {found.fingerprint} signed it")
    click.echo(json.dumps(found.values, ensure_ascii=False, indent=1))
    click.echo(
        "Compare the key with the fingerprint that the administration publishes; made at the centre, it is that."
    )
    click.echo("SIGNED, NOT PROVEN: a proof needs the whole case file; compare it with --statement.")
