"""The commands that list the imports that were run, and take one back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from diwan_core.intake.cli.command_kit import USAGE, explain_errors, json_option, node_folder, stop
from diwan_core.intake.cli.progress_line import progress_line
from diwan_core.intake.run.undo_import import plan_of, undo_import
from diwan_core.processes.memory import prepare_for_bulk
from diwan_core.register import Register
from diwan_core.register.records.import_runs import ImportRun


@click.group("imports")
def imports_group() -> None:
    """The imports this node has run, and undoing one of them."""


@imports_group.command("list")
@node_folder
@json_option
@explain_errors
def list_command(as_json_text: bool, folder: Path) -> None:
    """List the latest imports: the file of each, and the outcome of its rows."""
    with Register.open(folder, role="reader") as register:
        found = register.import_runs()
    if as_json_text:
        click.echo(json.dumps({"imports": [facts_of(run) for run in found]}, ensure_ascii=False))
        return
    for run in found:
        click.echo(line_of(run))
    if not found:
        click.echo("nothing has been imported here")


@imports_group.command("undo")
@click.argument("run_id", metavar="ID")
@node_folder
@click.option("--author", default="import", show_default=True, help="User name the undoing is saved under.")
@click.option("--check", is_flag=True, help="Say what would be taken back; change nothing.")
@json_option
@explain_errors
def undo_command(as_json_text: bool, run_id: str, folder: Path, author: str, check: bool) -> None:
    """Take back the import ID: its records are withdrawn; records edited or used since stay and are named.

    Nothing is deleted: the undoing stands in the history, and can itself be undone. The same file can be imported again
    afterwards.
    """
    with Register.open(folder, role="reader" if check else "writer") as register:
        run = register.import_run(run_id)
        if run is None:
            stop(f"there is no import {run_id} here; `diwan imports list` names them", USAGE, as_json_text)
        if check:
            plan = plan_of(register, run)
            taken_back, left, refused = len(plan.edits), [record for record, _key in plan.left], []
        else:
            prepare_for_bulk()
            with progress_line(f"undoing {run.file}") as progress:
                done = undo_import(register, run, author=author, progress=progress)
            taken_back, left, refused = done.taken_back, done.left, done.refused
    if as_json_text:
        facts = {"import": run.id, "taken_back": taken_back, "left": left, "refused": refused, "tried": check}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"{run.file}: {taken_back} records {'would be ' if check else ''}taken back")
    if left:
        click.echo(f"  {len(left)} left as they are: they were edited since, or other records name them")
    for record in [*left, *refused][:20]:
        click.echo(f"    {record}")


def facts_of(run: ImportRun) -> dict[str, object]:
    """A run for programs."""
    return {
        "id": run.id,
        "what": run.what,
        "began": moment(run.began),
        "ended": moment(run.ended) if run.ended else None,
        "author": run.author,
        "file": run.file,
        "mapping": run.mapping,
        "type": run.type,
        **run.summary,
        "undoes": run.undoes,
        "undone": run.undone,
    }


def line_of(run: ImportRun) -> str:
    """A run on a line."""
    counted = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in run.summary.items() if count)
    state = "undone" if run.undone else "broken off" if run.ended is None else ""
    facts = [moment(run.began), run.id[:18], run.what, run.file, f"by {run.author}", counted, state]
    return "  ".join(fact for fact in facts if fact)


def moment(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
