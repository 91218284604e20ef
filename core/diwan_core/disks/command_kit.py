"""What the commands for disks share: the option --json, errors as lines with their remedy, and their output."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import click

from diwan_core.disks import luks, mounting
from diwan_core.disks.backup_disk import DiskRefused, WrongWord
from diwan_core.disks.data_disk import NotSetUp
from diwan_core.disks.examine import CannotExamine
from diwan_core.node import NodeError

P = ParamSpec("P")
R = TypeVar("R")
REFUSED: Final = 2

json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


def explain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Errors as lines on standard error, each with its remedy."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (DiskRefused, WrongWord, NodeError) as error:
            click.echo("\n".join(" ".join(line.split()) for line in str(error).splitlines()), err=True)
            sys.exit(REFUSED)
        except (CannotExamine, NotSetUp, luks.DiskFailed, mounting.NoSuchDisk) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'the disk'}: {error.strerror}") from error

    return wrapped


def tell(as_json: bool, text: str, **facts: object) -> None:
    """Print what a command did: words for a person, or the same facts as one JSON object."""
    click.echo(json.dumps(facts) if as_json else text)
