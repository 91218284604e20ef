"""`diwan release`: the releases of an installed machine."""

from __future__ import annotations

import os

import click

from diwan_core.console_line import json_option, say
from diwan_core.release.layout import Layout, ReleaseError
from diwan_core.release.switch import use as switch


@click.group()
def release() -> None:
    """The releases installed on this machine, and which one is in use."""


@release.command(name="list")
@json_option
def list_releases(as_json: bool) -> None:
    """List every installed release; an asterisk marks the one in use."""
    layout = Layout()
    try:
        found, current = layout.installed(), layout.current()
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error
    lines = [
        f"{'*' if current and each.version == current.version else ' '} {each.version}  built {each.built}"
        for each in found
    ]
    text = "\n".join(lines) or f"no release is installed in {layout.releases}"
    say(as_json, text, releases=[each.version for each in found], current=current.version if current else None)


@release.command()
@click.argument("version")
@json_option
def use(version: str, as_json: bool) -> None:
    """Use release VERSION: migrate the data, switch, restart, check. If it does not become healthy, the previous
    release is put back and the exit code is 1."""
    if os.geteuid() != 0:
        raise click.UsageError("run it as root: sudo diwan release use VERSION")
    try:
        done = switch(Layout(), version)
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error
    if done.reason:
        kept = f"; release {done.now} is in use" if done.now != version else ""
        raise click.ClickException(f"release {version} is not healthy: {done.reason}{kept}")
    say(as_json, f"release {done.now} is in use", before=done.before, current=done.now)
