"""The command `diwan technician`: a numbered menu that runs the playbooks, for people who do not do so every day.

Each step shows the command it runs, so that the menu teaches the commands. It takes no secret: what is secret lies in
the vault, whose key Ansible asks for. What was run, and how it ended, is added to a log beside the inventory."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from diwan_provisioning.inventory.check import check
from diwan_provisioning.inventory.country import UnreadableCountry, read
from diwan_provisioning.running import CannotRun, Run, Start, find_bundle, run, start_here


@dataclass(frozen=True)
class Step:
    """One line of the menu."""

    title: str
    playbook: str = ""
    """Empty: the inventory is only checked."""
    limit: str = ""
    """What is asked for to choose machines; empty where all are meant."""
    asks: tuple[tuple[str, str], ...] = ()
    """Variables that are asked for: name, question."""


STEPS: Final = (
    Step("Check the inventory"),
    Step("Set up the centre", "central"),
    Step("Set up posts", "post", "Which post (its name in the inventory; Enter for all)"),
    Step("Enrol posts at the centre", "enrol", "Which post (Enter for all)"),
    Step("Make the first accounts, with their letters", "people", "At which machine (Enter for all)"),
    Step("Verify machines and send their acceptance sheets", "verify", "Which machine (Enter for all)"),
    Step("Make a backup disk", "backup_disk", "Which disk (Enter for all)"),
    Step("Set up laptops", "laptop", "Which laptop (Enter for all)"),
    Step("Cut off a stolen or lost post", "revoke", asks=(
        ("diwan_node", "Id of the post, from the centre's page Posts"), ("diwan_reason", "Why (stolen, lost, retired)"),
    )),
)  # fmt: skip


@click.command()
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), show_default="here",
              help="The country's folder, with country.yml.")  # fmt: skip
@click.option(
    "--bundle", type=click.Path(path_type=Path, file_okay=False),
    help="The bundle.  [default: FOLDER/bundle, or bundle beside it]",
)  # fmt: skip
@click.option("--vault-key", type=click.Path(path_type=Path, dir_okay=False),
              help="The file with the vault's key.  [default: FOLDER/vault-key if it is there]")  # fmt: skip
def technician(folder: Path, bundle: Path | None, vault_key: Path | None) -> None:
    """Set up and look after a country's machines, from a menu."""
    menu(folder, find_bundle(folder, bundle), start_here, vault_key)


def menu(folder: Path, bundle: Path, start: Start, vault_key: Path | None = None) -> None:
    """Ask, run, and ask again, until the person leaves."""
    while True:
        click.echo(f"\nDiwan: {folder.resolve()}\n")
        for number, step in enumerate(STEPS, 1):
            click.echo(f"  {number}  {step.title}")
        click.echo("  0  Leave\n")
        answer = _asked("Number")
        if answer in ("0", "q", ""):
            return
        if not answer.isdigit() or not 1 <= int(answer) <= len(STEPS):
            click.echo(f"{answer!r} is not one of the numbers above.")
            continue
        take(STEPS[int(answer) - 1], folder, bundle, start, vault_key)


def take(step: Step, folder: Path, bundle: Path, start: Start, vault_key: Path | None = None) -> None:
    """One step: the inventory is checked first, the command is shown, and a yes is asked for."""
    inventory = folder / "country.yml"
    if not _is_fine(inventory) or not step.playbook:
        return
    only = ""
    if step.limit and (only := _asked(step.limit)):
        known = {machine.name for machine in read(inventory).machines}
        if only not in known:
            click.echo(f"{only!r} is not in {inventory}. There are: {', '.join(sorted(known))}.")
            return
    variables = {}
    for variable, question in step.asks:
        value = _asked(question)
        if not value or len(value.split()) != 1:
            click.echo("Give one word.")
            return
        variables[variable] = value
    what = Run(folder, bundle, (step.playbook,), only, variables, vault_key)
    try:
        argv = what.command()
    except CannotRun as error:
        click.echo(str(error))
        return
    click.echo(f"\n{shlex.join(argv)}\n")
    if _asked("Run this? (yes)").casefold() not in ("yes", "y"):
        click.echo("Nothing was run.")
        return
    try:
        code = run(what, start)
    except CannotRun as error:
        click.echo(str(error))
        return
    click.echo(
        "Done."
        if code == 0
        else f"It failed (code {code}). Put right what stands under “To put right”, and run it again."
    )


def _is_fine(inventory: Path) -> bool:
    try:
        faults = check(read(inventory))
    except UnreadableCountry as error:
        click.echo(str(error))
        return False
    for fault in faults:
        click.echo(f"{inventory}: {fault}")
    click.echo("Correct these lines first." if faults else f"{inventory}: nothing wrong")
    return not faults


def _asked(question: str) -> str:
    try:
        return str(click.prompt(question, default="", show_default=False)).strip()
    except click.Abort:
        raise SystemExit(0) from None
