"""`diwan provision new|check`."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core.console_line import json_option, say

from diwan_provisioning.inventory.check import check as faults_of
from diwan_provisioning.inventory.country import UnreadableCountry, read
from diwan_provisioning.inventory.new import FILE, Answers, CannotWrite, Place, write
from diwan_provisioning.verify.commands import asks_command, sheet_command


@click.group()
def provision() -> None:
    """Set up a country's machines from this laptop."""


@provision.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--country", prompt="Country (two letters, ISO 3166-1)", help="Two letters of ISO 3166-1.")
@click.option("--administration", prompt="Name of the administration", help="As it stands on reports.")
@click.option("--domain", prompt="Domain of the administration", help="Names in it get console certificates.")
@click.option("--language", "languages", multiple=True, default=("en",), help="A language of the consoles; repeat it.")
@click.option("--timezone", default="Etc/UTC", show_default=True, help="As in /usr/share/zoneinfo.")
@click.option("--key", "keys", multiple=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="File with a technician's SSH public key; without it, ~/.ssh/id_ed25519.pub.")  # fmt: skip
@click.option("--network", "networks", multiple=True, default=("10.0.0.0/8", "192.168.0.0/16"),
              help="A network from which people open consoles; repeat it.")  # fmt: skip
@click.option("--central", "centre", prompt="Address of the central server", help="IP address of the central server.")
@click.option("--public-name", default="", help="Name at which posts and browsers reach it; without it, the address.")
@click.option("--label", default="Headquarters", show_default=True, help="What people call the centre.")
@click.option("--post", "posts", multiple=True, metavar="LABEL,OFFICE,ADDRESS", help="A post; repeat it.")
@json_option
def new(
    folder: Path, country: str, administration: str, domain: str, languages: tuple[str, ...], timezone: str,
    keys: tuple[Path, ...], networks: tuple[str, ...], centre: str, public_name: str, label: str,
    posts: tuple[str, ...], as_json: bool,
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
        country.upper(), administration, domain, languages, timezone, texts, networks, Place(label, "", centre),
        public_name or centre, places,
    )  # fmt: skip
    try:
        path = write(folder, answers)
    except (CannotWrite, OSError) as error:
        raise click.ClickException(str(error)) from error
    found = faults_of(read(path))
    for fault in found:
        click.echo(f"{path}: {fault}", err=True)
    text = f"{path} is written. Move {folder / 'vault-key'} to a stick you keep; next: `diwan provision check {path}`"
    say(as_json, text, inventory=str(path), faults=[str(fault) for fault in found])


@provision.command()
@click.argument("inventory", type=click.Path(path_type=Path), default=Path(FILE))
@json_option
def check(inventory: Path, as_json: bool) -> None:
    """Refuse a wrong inventory before any machine is touched; every fault in a line. Exit code 1 when there are any."""
    path = inventory / FILE if inventory.is_dir() else inventory
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


def _place(text: str) -> Place:
    label, *rest = [part.strip() for part in text.split(",")]
    if len(rest) != 2:
        raise click.UsageError(f"--post {text!r}: give LABEL,OFFICE,ADDRESS, such as Airport,XA002,10.1.2.3")
    return Place(label, *rest)


provision.add_command(asks_command)
provision.add_command(sheet_command)
