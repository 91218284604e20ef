"""What the commands of `diwan backup` share: options, errors, exit codes.

Exit codes, for a monitor: 0 all is well; 1 done, and something is to be looked at; 2 it failed, or was used
wrongly."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import click
from diwan_core.console_line import folder_option, json_option, plain_errors

P = ParamSpec("P")
R = TypeVar("R")
WELL: Final = 0
LOOK: Final = 1
FAILED: Final = 2

repository_option = click.option("--repository", default="", metavar="NAME", help="Only this repository.")
quiet_option = click.option("--quiet", is_flag=True, help="No lines of progress.")

__all__ = ["FAILED", "LOOK", "WELL", "finish", "folder_option", "json_option", "quiet_option", "report_errors",
           "repository_option"]  # fmt: skip


class Failed(click.ClickException):
    """A command that did not do what it was asked to."""

    exit_code = FAILED


def report_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Errors of the product as one line on standard error and exit code 2."""
    inner = plain_errors(command)

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return inner(*args, **kwargs)
        except click.UsageError:
            raise
        except click.ClickException as error:
            raise Failed(error.message) from error

    return wrapped


def finish(as_json: bool, lines: list[str], code: int, **facts: object) -> None:
    """Say what was done and end with an exit code."""
    click.echo(json.dumps({**facts, "exit": code}, ensure_ascii=False) if as_json else "\n".join(lines))
    sys.exit(code)
