"""What the intake commands share: options, and errors as one message with an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, NoReturn, ParamSpec

import click

from diwan_core.dictionary import UnknownType
from diwan_core.intake.faults import MappingError, Unreadable
from diwan_core.intake.run import sample
from diwan_core.intake.run.agreements import UnknownAgreement
from diwan_core.intake.sources.tables import Unwritable
from diwan_core.leaving import NoTemplate
from diwan_core.leaving.maps import TemplateError
from diwan_core.node import NodeError
from diwan_core.processes.private import make_private
from diwan_core.register import RegisterError, UnknownRecord
from diwan_core.trust.access_log.log import AuditUnusable

FAILED: Final = 1
USAGE: Final = 2
SOME_REFUSED: Final = 3
NOT_HERE: Final = 4

P = ParamSpec("P")

node_folder = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    required=True,
    envvar="DIWAN_DIR",
    help="The node's data folder.",
)
json_option = click.option("--json", "as_json_text", is_flag=True, help="Print one JSON object instead of text.")


def stop(message: str, code: int, as_json_text: bool, **more: object) -> NoReturn:
    """End the command with one message and its remedy: on standard error, and with --json also as the object a
    program waits for."""
    if as_json_text:
        click.echo(json.dumps({"error": message, **more}, ensure_ascii=False))
    else:
        click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def explain_errors(command: Callable[Concatenate[bool, P], None]) -> Callable[P, None]:
    """Turns what can go wrong into one message and an exit code. Gives the command `as_json_text` as first argument."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        as_json_text = bool(kwargs.pop("as_json_text", False))
        make_private()
        try:
            command(as_json_text, *args, **kwargs)
        except MappingError as error:
            said = [str(problem) for problem in error.problems]
            stop(f"mapping {error.name} is wrong:\n  " + "\n  ".join(said), USAGE, as_json_text, problems=said)
        except TemplateError as error:
            wrong = "\n  ".join(error.problems)
            stop(f"template {error.name} is wrong:\n  {wrong}", USAGE, as_json_text, problems=error.problems)
        except (Unreadable, Unwritable, NodeError, UnknownType, sample.UnknownSample) as error:
            stop(str(error), USAGE, as_json_text)
        except NoTemplate as error:
            stop(f"{error} With --nominal they are exported whole, which is logged.", USAGE, as_json_text)
        except UnknownAgreement as error:
            stop(str(error), USAGE, as_json_text)
        except UnknownRecord as error:
            stop(str(error), NOT_HERE, as_json_text)
        except (RegisterError, AuditUnusable) as error:
            stop(str(error), FAILED, as_json_text)

    return run


def a_date(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A day given to an option."""
    try:
        return value and date.fromisoformat(value).isoformat()
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a date such as 2026-07-01") from None


def write_new(output: Path, text: str, as_json_text: bool) -> None:
    """Write a proposal into a file that is not there yet; a file of somebody's is never written over. Raises
    Unwritable."""
    try:
        with output.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        stop(f"{output} is there already; name another file with --output", USAGE, as_json_text)
    except OSError as error:
        raise Unwritable(f"{output} cannot be written ({error.strerror}); name another with --output") from error
