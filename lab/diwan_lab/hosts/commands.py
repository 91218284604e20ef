"""The commands `diwan lab up|status|shell|down`: the example country on this machine, set up from bare Debian by the
real playbooks."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import click

from diwan_lab.command import CommandFailed
from diwan_lab.hosts import country as countries
from diwan_lab.hosts.base import SUITES, LabUnavailable

FOLDER: Final = Path("lab-data")

folder_option = click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True,
    help="Where the lab keeps its hosts.",
)  # fmt: skip


@click.group()
def lab() -> None:
    """A country of systemd hosts on this machine, for trying the playbooks. Needs root."""


@lab.command()
@folder_option
@click.option("--posts", default=2, show_default=True, type=click.IntRange(1, 20), help="How many posts.")
@click.option("--suite", default="bookworm", show_default=True, type=click.Choice(SUITES), help="Which Debian.")
@click.option("--bare", is_flag=True, help="Only start the hosts; run no playbook.")
def up(folder: Path, posts: int, suite: str, bare: bool) -> None:
    """Start a centre and posts from bare Debian, and run the playbooks on them."""
    try:
        started = time.monotonic()
        made = countries.create(folder, suite)
        names = [f"post-{number}" for number in range(1, posts + 1)]
        click.echo("starting hosts", err=True)
        for name in ("central", *names):
            made.add(name)
        made.write_inventory(names)
        if not bare:
            click.echo("making the bundle", err=True)
            countries.make_bundle(made)
            click.echo("running the playbooks", err=True)
            made.set_up("site")
        _show(made)
        click.echo(f"up after {time.monotonic() - started:.0f} s; end it with `diwan lab down --dir {folder}`")
    except (LabUnavailable, CommandFailed, countries.PlayFailed) as error:
        raise click.ClickException(str(error)) from error


@lab.command()
@folder_option
def status(folder: Path) -> None:
    """Show the hosts of the lab, their addresses, and the state of their services."""
    try:
        _show(countries.load(folder))
    except LabUnavailable as error:
        raise click.ClickException(str(error)) from error


def _show(made: countries.Country) -> None:
    def state(name: str) -> str:
        host = made.hosts[name]
        if not host.running:
            return "not running"
        said = host.run("systemctl is-system-running; systemctl is-active diwan.target", 20).out.split()
        return ", ".join(said) or "does not answer"

    with ThreadPoolExecutor(8) as pool:
        for name, said in zip(made.hosts, pool.map(state, made.hosts), strict=True):
            click.echo(f"{name:20} {made.hosts[name].address:16} {said}")


@lab.command()
@folder_option
@click.argument("name")
@click.argument("command", nargs=-1)
def shell(folder: Path, name: str, command: tuple[str, ...]) -> None:
    """Open a root shell on host NAME, or run one COMMAND there."""
    try:
        host = countries.load(folder).hosts[name]
    except (LabUnavailable, KeyError) as error:
        raise click.ClickException(f"no host {name}: {error}") from error
    inside = host.entering()
    if inside is None:
        raise click.ClickException(f"host {name} is not running: start the lab anew (`lab down`, `lab up`)")
    os.execvp(inside[0], [*inside, *(("/bin/sh", "-c", " ".join(command)) if command else ("/bin/bash", "-l"))])  # noqa: S606  the process becomes the program


@lab.command()
@folder_option
def down(folder: Path) -> None:
    """End the lab and delete its hosts."""
    try:
        countries.load(folder).remove()
    except LabUnavailable as error:
        raise click.ClickException(str(error)) from error
    click.echo("the lab is gone")
