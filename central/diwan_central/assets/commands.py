"""`diwan central assets …`: the register of machines from the command line."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core.acceptance.signature import SIGNERS
from diwan_core.console_line import folder_option, json_option, plain_errors, say

from diwan_central.days import today


@click.group("assets")
def assets() -> None:
    """The machines of the country: acceptance sheets taken in, a list as CSV."""


@assets.command("take")
@folder_option
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--signers", type=click.Path(path_type=Path), default=SIGNERS, show_default=True,
              help="File of the technicians' public keys (ssh-keygen's allowed signers).")  # fmt: skip
@json_option
@plain_errors
def take_files(folder: Path, files: tuple[Path, ...], signers: Path, as_json: bool) -> None:
    """Take signed sheets of machines (SHEET, with SHEET.sig beside it). Refused ones are named, the others are taken.
    Exit code 1 when any was refused."""
    from diwan_core import node
    from diwan_core.acceptance.sheet import LARGEST
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.assets.sheets import SheetRefused, take_sheet
    from diwan_central.assets.store import AssetsUnusable

    node.load(folder, role="central")
    took: list[dict[str, object]] = []
    refused: dict[str, str] = {}
    for file in files:
        try:
            with file.open("rb") as opened:
                content = opened.read(LARGEST + 1)
            beside = file.with_name(f"{file.name}.sig")
            signature = beside.read_bytes() if beside.exists() else b""
            taken, found = take_sheet(folder, content, signature, person_at_machine(), signers)
        except (SheetRefused, AssetsUnusable, OSError) as error:
            refused[str(file)] = str(error)
            click.echo(f"{file}: {error}", err=True)
            continue
        if not taken.was_here:
            note_at_machine(folder, "asset.sheet_taken", machine=taken.machine, label=found.tag, signer=found.signer)
        words = "was here already" if taken.was_here else "is new" if taken.is_new else "is known, the sheet is added"
        took.append({"file": str(file), "machine": taken.machine, "new": taken.is_new, "was_here": taken.was_here})
        if not as_json:
            click.echo(f"{file}: machine #{taken.machine} ({found.tag or found.serial}) {words}")
    if as_json:
        say(True, "", taken=took, refused=refused)
    if refused:
        raise SystemExit(1)


@assets.command("refresh")
@folder_option
@click.option("--signers", type=click.Path(path_type=Path), default=SIGNERS, show_default=True,
              help="File of the technicians' public keys (ssh-keygen's allowed signers).")  # fmt: skip
@json_option
@plain_errors
def refresh(folder: Path, signers: Path, as_json: bool) -> None:
    """Note the machines of all sheets kept here, after `assets.db` was lost. Machines that are noted already stay as
    they are."""
    from diwan_core import node
    from diwan_core.trust.access_log.at_machine import person_at_machine

    from diwan_central.assets.sheets import note_all

    node.load(folder, role="central")
    new = note_all(folder, person_at_machine(), signers)
    say(as_json, f"{new} machines became known", new=new)


@assets.command("list")
@folder_option
@click.option("--csv", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the list as CSV.")
@json_option
@plain_errors
def list_machines(folder: Path, file: Path | None, as_json: bool) -> None:
    """List the machines, by place."""
    from diwan_core import node
    from diwan_core.trust.files import write_private

    from diwan_central.assets.notices import plain_words
    from diwan_central.assets.store import AssetStore
    from diwan_central.assets.table import as_csv, rows

    node.load(folder, role="central")
    with AssetStore.open(folder) as store:
        found = list(rows(store, today()))
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
