"""The options of commands that need the agreement of custodians."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., object])


def act_options(command: _F) -> _F:
    """`--ask FILE` and `--act FILE`, given to the command as `ask` and `act`."""
    path = click.Path(path_type=Path)
    command = click.option("--act", type=path, metavar="FILE", help="The act that two custodians have signed.")(command)
    return click.option("--ask", type=path, metavar="FILE", help="Only write the act that two custodians sign.")(
        command
    )


def words_to_sign(path: Path) -> str:
    """The sentence that says what to do with an act that was just written."""
    return (
        f"{path} holds for seven days: let two custodians sign it with `diwan custodian sign {path} --key KEY`, then "
        f"run this command again with --act {path} in place of --ask"
    )
