"""The commands `diwan provision new|check|add-post|run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from diwan_core.console_line import json_option, say

from diwan_provisioning import running
from diwan_provisioning.inventory.adding import add_post as add
from diwan_provisioning.inventory.check import check as faults_of
from diwan_provisioning.inventory.country import UnreadableCountry, read
from diwan_provisioning.inventory.new import FILE, Answers, CannotWrite, Laptop, Place, write
from diwan_provisioning.verify.commands import asks_command, sheet_command


@click.group()
def provision() -> None:
    """Set up a country's machines from this laptop."""


folder_argument = click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
bundle_option = click.option(
    "--bundle", type=click.Path(path_type=Path, file_okay=False),
    help="The bundle.  [default: FOLDER/bundle, or bundle beside it]",
)  # fmt: skip
vault_option = click.option(
    "--vault-key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the vault's key.  [default: FOLDER/vault-key if it is there]",
)


@provision.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--country", prompt="Country (two letters, ISO 3166-1)", help="Two letters of ISO 3166-1.")
@click.option("--administration", default="Customs administration", show_default=True,
              help="As it stands on reports.")  # fmt: skip
@click.option("--domain", default="customs.internal", show_default=True,
              help="Names in it get console certificates. Names under .internal belong to nobody outside.")  # fmt: skip
@click.option("--timezone", default="Etc/UTC", show_default=True, help="As in /usr/share/zoneinfo.")
@click.option("--key", "keys", multiple=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="File with a technician's SSH public key; without it, ~/.ssh/id_ed25519.pub.")  # fmt: skip
@click.option("--network", "networks", multiple=True, default=("10.0.0.0/8", "192.168.0.0/16"),
              help="A network from which people open consoles; repeat it.")  # fmt: skip
@click.option("--central", "centre", prompt="Address of the central server", help="IP address of the central server.")
@click.option("--public-name", default="", help="Name at which posts and browsers reach it; without it, the address.")
@click.option("--label", default="Headquarters", show_default=True, help="What people call the centre.")
@click.option("--post", "posts", multiple=True, metavar="LABEL,OFFICE,ADDRESS", help="A post; repeat it.")
@click.option("--laptop", "laptops", multiple=True, metavar="NAME,KIND,ADDRESS",
              help="A laptop of an officer or technician; repeat it.")  # fmt: skip
@click.option("--run", "now", is_flag=True, help="Set the country up at once, as `diwan provision run` does.")
@bundle_option
@json_option
def new(
    folder: Path, country: str, administration: str, domain: str, timezone: str,
    keys: tuple[Path, ...], networks: tuple[str, ...], centre: str, public_name: str, label: str,
    posts: tuple[str, ...], laptops: tuple[str, ...], now: bool,
    bundle: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Write a new country into FOLDER: its inventory, and a vault for its secrets."""
    places = [_place(text) for text in posts]
    files = keys or (Path("~/.ssh/id_ed25519.pub").expanduser(),)
    try:
        texts = [line.strip() for path in files for line in path.read_text().splitlines() if line.strip()]
    except OSError as error:
        raise click.ClickException(
            f"{error.filename} cannot be read: make a key with `ssh-keygen -t ed25519`, or name one with --key"
        ) from error
    answers = Answers(
        country.upper(), administration, domain, timezone, texts, networks, Place(label, "", centre),
        public_name or centre, places, [_laptop(text) for text in laptops],
    )  # fmt: skip
    try:
        path = write(folder, answers)
    except (CannotWrite, OSError) as error:
        raise click.ClickException(str(error)) from error
    found = faults_of(read(path))
    for fault in found:
        click.echo(f"{path}: {fault}", err=True)
    first = "Correct these lines first, and then" if found else "Next"
    text = f"{path} is written. {first}: `diwan provision run {folder}`. Keep {folder / 'vault-key'} on a stick."
    say(as_json, text, inventory=str(path), faults=[str(fault) for fault in found])
    if found:
        raise SystemExit(1)
    if now:
        _run(folder, ("site", "verify"), "", bundle, None)


@provision.command()
@click.argument("inventory", type=click.Path(path_type=Path), default=Path(FILE))
@json_option
def check(inventory: Path, as_json: bool) -> None:
    """Check an inventory before any machine is changed; every fault on a line. Exit code 1 when there are any."""
    path = inventory / FILE if inventory.is_dir() or inventory.suffix not in (".yml", ".yaml") else inventory
    try:
        country = read(path)
    except UnreadableCountry as error:
        raise click.ClickException(str(error)) from error
    found = faults_of(country)
    if as_json:
        say(True, "", faults=[str(fault) for fault in found], machines=len(country.machines))
    for fault in found if not as_json else []:
        click.echo(f"{path}: {fault}", err=True)
    if found:
        raise SystemExit(1)
    if not as_json:
        click.echo(f"{path}: {len(country.machines)} machines, nothing wrong")


@provision.command()
@folder_argument
@click.argument("playbooks", nargs=-1)
@click.option("--only", default="", metavar="NAME", help="One machine of the inventory; without it, all.")
@bundle_option
@vault_option
def run(folder: Path, playbooks: tuple[str, ...], only: str, bundle: Path | None, vault_key: Path | None) -> None:
    """Set up the country in FOLDER: check its inventory, run PLAYBOOKS on its machines.

    Without PLAYBOOKS: `site` (centre, posts, enrolment, first people, laptops) and `verify`. What was cut off is
    finished by running it again. Exit code 1 where the inventory is wrong, otherwise Ansible's."""
    _run(folder, playbooks or ("site", "verify"), only, bundle, vault_key)


@provision.command("add-post")
@folder_argument
@click.argument("post", metavar="LABEL,OFFICE,ADDRESS")
@click.option("--run", "now", is_flag=True, help="Set it up at once, enrol it, and verify it.")
@bundle_option
@vault_option
@json_option
def add_post(folder: Path, post: str, now: bool, bundle: Path | None, vault_key: Path | None, as_json: bool) -> None:
    """Add a post to the country in FOLDER; what people wrote into its inventory stays."""
    try:
        name = add(folder / FILE, _place(post))
    except (CannotWrite, UnreadableCountry, OSError) as error:
        raise click.ClickException(str(error)) from error
    say(as_json, f"{name} is added to {folder / FILE}", name=name, inventory=str(folder / FILE))
    if now:
        _run(folder, ("site", "verify"), name, bundle, vault_key)


def _run(folder: Path, playbooks: Sequence[str], only: str, bundle: Path | None, vault_key: Path | None) -> None:
    path = folder / FILE
    try:
        country = read(path)
        found = faults_of(country)
        for fault in found:
            click.echo(f"{path}: {fault}", err=True)
        if found:
            raise click.ClickException("nothing was touched. Correct these lines first.")
        names = sorted({machine.name for machine in country.machines})
        if only and only not in names:
            raise click.ClickException(f"{only!r} is not in {path}. There are: {', '.join(names)}.")
        chosen = running.find_bundle(folder, bundle)
        code = running.run(running.Run(folder, chosen, playbooks, only, vault_key=vault_key))
    except (UnreadableCountry, running.CannotRun) as error:
        raise click.ClickException(str(error)) from error
    if code:
        click.echo(f"It failed (code {code}). Put right what stands under “To put right”, and run it again.", err=True)
        raise SystemExit(code)
    letters = sorted((folder / "letters").glob("*.txt"))
    if letters:
        click.echo(f"Letters with one-time passwords are in {letters[0].parent}: print, hand over closed, delete.")


def _laptop(text: str) -> Laptop:
    name, *rest = [part.strip() for part in text.split(",")]
    if len(rest) != 2 or rest[0] not in ("technician", "officer"):
        raise click.UsageError(f"--laptop {text!r}: give NAME,KIND,ADDRESS, such as laptop-1,officer,10.1.0.31")
    return Laptop(name, *rest)


def _place(text: str) -> Place:
    label, *rest = [part.strip() for part in text.split(",")]
    if len(rest) != 2:
        raise click.UsageError(f"--post {text!r}: give LABEL,OFFICE,ADDRESS, such as Airport,XA002,10.1.2.3")
    return Place(label, *rest)


provision.add_command(asks_command)
provision.add_command(sheet_command)
