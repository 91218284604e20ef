"""`diwan audit`: check what a node holds, export one case as evidence, check such a file anywhere."""

from __future__ import annotations

import json
import sys
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


@audit.command()
@click.argument("case")
@folder_option
@click.option("-o", "target", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")
@json_option
@plain_errors
def export(case: str, folder: Path, target: Path, as_json: bool) -> None:
    """Write CASE (a record's id) with everything that proves it into one file. It holds the case in clear."""
    from diwan_core.audit.export import export as write
    from diwan_core.intake.run.access_note import note
    from diwan_core.trust.access_log.events import event

    node.load(folder)
    note(folder, [event("case.exported_by_command", record=case)])  # it names people, as their page does
    counts = write(folder, case, target)
    text = f"{target}: {', '.join(f'{count} {name}' for name, count in counts.items())}"
    say(as_json, text, file=str(target), **counts)


@audit.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--authority", help="The centre's fingerprint as the administration publishes it, to compare.")
@json_option
@plain_errors
def check(file: Path, authority: str | None, as_json: bool) -> None:
    """Verify a case file offline, with nothing but the file. Exit code 2 where it does not prove the case."""
    from diwan_core.audit.casefile import BadCaseFile
    from diwan_core.audit.check import check as examine

    try:
        done = examine(file, authority)
    except BadCaseFile as error:
        raise click.ClickException(str(error)) from error
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
    for statement in done.statements:
        click.echo(f"- {statement}")
    for finding in done.findings:
        click.echo(f"NOT AS WRITTEN: {finding}")
    if not authority and done.fingerprint:
        click.echo(f"Compare the centre's fingerprint {done.fingerprint} with the one the administration publishes.")
    click.echo("PROVEN" if done.proven else "NOT PROVEN")
    sys.exit(0 if done.proven else 2)
