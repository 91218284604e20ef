"""`diwan central acceptance add|list|show`: the signed sheets of machines that technicians have accepted."""

from __future__ import annotations

import json
from pathlib import Path

import click
from diwan_core import node
from diwan_core.acceptance.signature import SIGNERS
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.group()
def acceptance() -> None:
    """Acceptance sheets: what was checked on each machine, by whom."""


@acceptance.command("add")
@click.argument("sheet", type=click.Path(path_type=Path))
@folder_option
@click.option("--signature", type=click.Path(path_type=Path), help="Its signature.  [default: SHEET.sig]")
@click.option("--signers", type=click.Path(path_type=Path), default=SIGNERS, show_default=True,
              help="File of the technicians' public keys (ssh-keygen's allowed signers).")  # fmt: skip
@json_option
@plain_errors
def add(sheet: Path, folder: Path, signature: Path | None, signers: Path, as_json: bool) -> None:
    """Keep SHEET if a known technician has signed it. Adding the same sheet again changes nothing."""
    from diwan_core.acceptance import kept
    from diwan_core.acceptance.sheet import LARGEST, BadSheet
    from diwan_core.acceptance.signature import NotSigned
    from diwan_core.trust.access_log.at_machine import note_at_machine, person_at_machine

    from diwan_central.assets.sheets import note

    node.load(folder, role="central")
    beside = signature or sheet.with_name(f"{sheet.name}.sig")
    with sheet.open("rb") as file:
        content = file.read(LARGEST + 1)
    try:
        signed = beside.read_bytes() if beside.exists() else b""
        made, is_new = kept.keep(folder, content, signed, signers)
    except (BadSheet, NotSigned) as error:
        raise click.ClickException(f"{sheet} is not kept: {error}") from error
    except kept.TooManySheets as error:
        raise click.ClickException(str(error)) from error
    if is_new:
        facts = {"machine": made.sheet.machine, "sheet": made.name, "by": made.signer}
        note_at_machine(folder, "acceptance.kept", passed=made.sheet.passed, **facts)
    note(folder, made, person_at_machine())  # also of a sheet that was kept while the register could not be written
    text = f"{made.sheet.machine}: {'kept' if is_new else 'was here already'}, signed by {made.signer}"
    say(as_json, text, name=made.name, new=is_new, signer=made.signer, passed=made.sheet.passed)


@acceptance.command("list")
@folder_option
@json_option
@plain_errors
def list_sheets(folder: Path, as_json: bool) -> None:
    """List every sheet, the newest first."""
    from diwan_core.acceptance import kept
    from diwan_core.acceptance.sheet import outcomes

    node.load(folder, role="central")
    found = kept.all_kept(folder)
    if as_json:
        rows = [
            {"name": one.name, "machine": one.sheet.machine, "kind": one.sheet.kind, "taken": one.sheet.taken,
             "by": one.sheet.by, "passed": one.sheet.passed, "checks": one.sheet.counts()}
            for one in found
        ]  # fmt: skip
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one in found:
        verdict = "accepted" if one.sheet.passed else "NOT accepted"
        click.echo(
            f"{one.sheet.taken}  {one.sheet.machine:20} {one.sheet.kind:14} {verdict}: {outcomes(one.sheet.checks)}"
        )
        click.echo(f"    {one.name}")
    if not found:
        click.echo("No machine was accepted yet: the playbook verify makes and sends the sheets.")


@acceptance.command("show")
@click.argument("name")
@folder_option
@click.option("--html", is_flag=True, help="As a page for printing.")
@plain_errors
def show(name: str, folder: Path, html: bool) -> None:
    """Print the sheet NAME, as it was signed."""
    from diwan_core.acceptance import kept
    from diwan_core.acceptance.page import page
    from diwan_core.acceptance.sheet import decode

    node.load(folder, role="central")
    found = kept.read(folder, name)
    if found is None:
        raise click.ClickException(f"there is no sheet {name!r} here; see `diwan central acceptance list`")
    click.echo(page(decode(found[0])) if html else found[0].decode(), nl=False)
