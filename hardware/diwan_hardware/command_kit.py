"""What the commands of this unit share: the folder of profiles, errors in lines with their remedy, and writing files
whole."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from diwan_hardware.asset_tag import BadTag
from diwan_hardware.check.job import CannotCheck
from diwan_hardware.load import FOLDER, BadProfile
from diwan_hardware.paper.html import NoPaper
from diwan_hardware.paper.labels import BadSheet
from diwan_hardware.prices import BadPrices
from diwan_hardware.purchase import BadOrder

P = ParamSpec("P")
R = TypeVar("R")

profiles_option = click.option(
    "--profiles", "profile_folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER,
    help="Folder of profiles, where not those of this release.",
)  # fmt: skip
out_file: Final = click.Path(path_type=Path, dir_okay=False)


def plain(command: Callable[P, R]) -> Callable[P, R]:
    """Say this unit's errors in lines, each with its remedy, and end with code 2: nothing was judged."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (BadProfile, BadPrices, BadOrder, BadTag, BadSheet, CannotCheck, NoPaper) as error:
            raise Refused(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise Refused(f"{where}{error.strerror or error}") from error

    return wrapped


class Refused(click.ClickException):
    """The command did nothing."""

    exit_code = 2


def write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all. Raises OSError."""
    passing = file.with_name(f".{file.name}.part")
    try:
        passing.write_bytes(content)
        os.replace(passing, file)
    finally:
        passing.unlink(missing_ok=True)
