"""The commands `diwan codes set|settings`: what the country has chosen once for all its nodes.

Exit codes: 0 done, or said so already; 1 the register failed; 2 wrong usage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from diwan_core import node
from diwan_core.dictionary.national import PICTURE_MOST, SETTINGS, NoSetting
from diwan_core.intake.cli.command_kit import USAGE, explain_errors, json_option, node_folder, stop
from diwan_core.media.examine import Unreadable
from diwan_core.media.small import small_copy
from diwan_core.processes.spool import passing_folder
from diwan_core.register import Refused, Register
from diwan_core.register.national_settings import national_settings, set_nationally, set_picture

_WHY: Final = {
    "no_picture": "this is not a picture. Name a JPEG, PNG, WebP, HEIC or TIFF file",
    "no_codec": "this machine cannot open pictures of this kind. Save it as PNG",
    "damaged": "the picture is damaged",
    "too_large": "the picture has too many details for a letterhead. Make it 200 pixels wide",
    "too_slow": "the picture takes too long to open. Save it as PNG",
    "busy": "this machine is busy with other pictures. Try again",
}


@click.command("set")
@click.argument("name", type=click.Choice(list(SETTINGS)))
@click.argument("value")
@node_folder
@click.option("--author", default="import", show_default=True, help="User name it is saved under.")
@json_option
@explain_errors
def set_command(as_json_text: bool, name: str, value: str, folder: Path, author: str) -> None:
    """Choose the national setting NAME at the centre; every node obeys it. A | in VALUE stands for a new line.

    For example: diwan codes set date_format d/m/y. `diwan codes settings` lists names and values. The value of
    letterhead_picture is a file with a picture, which is made small; "" removes the picture.
    """
    if node.load(folder).role != "central":
        stop("national settings are chosen at the centre; posts receive them from there", USAGE, as_json_text)
    with Register.open(folder, role="writer") as register:
        try:
            if SETTINGS[name].picture:
                is_new = set_picture(register, _small_or_stop(value, folder, as_json_text), author=author)
            else:
                is_new = set_nationally(register, name, value, author=author)
        except NoSetting as error:
            choices = ", ".join(SETTINGS[name].choices)
            stop(f"{name}: {error}{f' It holds: {choices}.' if choices else ''}", USAGE, as_json_text)
        except Refused as error:
            stop(str(error), USAGE, as_json_text)
        held = national_settings(register.store)[name]
    if as_json_text:
        click.echo(json.dumps({"name": name, "value": held, "new": is_new}, ensure_ascii=False))
    else:
        click.echo(f"{name} = {held}{'' if is_new else ', as it was before'}")


def _small_or_stop(name: str, folder: Path, as_json_text: bool) -> bytes:
    """The picture of a file, made small by a confined process; nothing where no file is named."""
    if not name:
        return b""
    try:
        with passing_folder(folder) as aside, Path(name).open("rb") as file:
            return small_copy(file, aside, PICTURE_MOST)
    except Unreadable as error:
        stop(f"{name}: {_WHY.get(error.reason, error.reason)}", USAGE, as_json_text)
    except OSError as error:
        stop(f"{name}: {error.strerror}. Name a file with a picture.", USAGE, as_json_text)


@click.command("settings")
@node_folder
@json_option
@explain_errors
def list_settings(as_json_text: bool, folder: Path) -> None:
    """List the national settings that this node obeys."""
    with Register.open(folder, role="reader") as register:
        held = national_settings(register.store)
    if as_json_text:
        click.echo(json.dumps(held, ensure_ascii=False))
        return
    for name, value in held.items():
        click.echo(f"{name} = {value}")
