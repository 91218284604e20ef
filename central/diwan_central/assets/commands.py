"""`diwan central assets …`: the register of machines from the command line."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.group("assets")
def assets() -> None:
    """The machines of the country: acceptance sheets taken in, a list as CSV."""


@assets.command("trust")
@folder_option
@click.argument("name")
@click.argument("key", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@plain_errors
def trust_key(folder: Path, name: str, key: Path, as_json: bool) -> None:
    """Count the signatures of the technician NAME, made with the key whose public half is in the file KEY."""
    from diwan_core import node
    from diwan_core.trust.at_machine import note_at_machine

    from diwan_central.assets.sheets import SheetRefused, trust

    node.load(folder, role="central")
    try:
        trust(folder, name, key.read_text())
    except (SheetRefused, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error
    note_at_machine(folder, "asset.signer_trusted", signer=name)
    say(as_json, f"sheets signed by {name} count from now on", signer=name)


@assets.command("take")
@folder_option
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@json_option
@plain_errors
def take_files(folder: Path, files: tuple[Path, ...], as_json: bool) -> None:
    """Take signed acceptance sheets. What is refused is named, the others are taken. Exit code 1 when any was."""
    from diwan_core import node
    from diwan_core.trust.at_machine import note_at_machine, person_at_machine

    from diwan_central.assets.model import NoResult
    from diwan_central.assets.sheets import SheetRefused, take_sheet
    from diwan_central.assets.store import AssetsUnusable

    node.load(folder, role="central")
    took, refused = [], {}
    for file in files:
        try:
            taken, result = take_sheet(folder, file.read_bytes(), person_at_machine(), time.time_ns() // 1_000_000)
        except (SheetRefused, NoResult, AssetsUnusable) as error:
            refused[str(file)] = str(error)
            click.echo(f"{file}: {error}", err=True)
            continue
        label = result.tag or result.serial
        if not taken.was_here:
            note_at_machine(folder, "asset.result_taken", machine=taken.machine, label=result.tag, signer=result.signer)
        words = "was here already" if taken.was_here else "is new" if taken.is_new else "is known, the sheet is added"
        took.append({"file": str(file), "machine": taken.machine, "new": taken.is_new, "was_here": taken.was_here})
        if not as_json:
            click.echo(f"{file}: machine #{taken.machine} ({label}) {words}")
    if as_json:
        say(True, "", taken=took, refused=refused)
    if refused:
        raise SystemExit(1)


@assets.command("list")
@folder_option
@click.option("--csv", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the list as CSV.")
@json_option
@plain_errors
def list_machines(folder: Path, file: Path | None, as_json: bool) -> None:
    """The machines, by place."""
    from diwan_core import node
    from diwan_core.trust.files import write_private

    from diwan_central.assets.notices import plain_words
    from diwan_central.assets.store import AssetStore
    from diwan_central.assets.table import as_csv, rows

    node.load(folder, role="central")
    with AssetStore.open(folder) as store:
        found = list(rows(store, datetime.now(UTC).date()))
    if file:
        write_private(file, as_csv(iter(found)).encode("utf-8-sig"))
    lines = []
    for row in found:
        machine = row.machine
        lines.append(
            f"#{machine.id:<5} {machine.tag:12} {machine.profile:18} {machine.place:24} {row.outcome:8} {machine.model}"
        )
        lines += [f"       {plain_words(notice)}" for notice in row.notices]
    machines = [
        {
            "id": row.machine.id,
            "tag": row.machine.tag,
            "serial": row.machine.serial,
            "place": row.machine.place,
            "outcome": row.outcome,
            "notices": [notice.code for notice in row.notices],
        }
        for row in found
    ]
    say(as_json, "\n".join(lines) or "no machine was accepted yet", machines=machines)
