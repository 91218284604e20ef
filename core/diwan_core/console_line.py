"""What every unit's commands share: the folder option, errors as one line with the remedy, accounts, status,
running parts."""

from __future__ import annotations

import functools
import gc
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import click

from diwan_core import process_log
from diwan_core.stumble import hide_messages

P = ParamSpec("P")
R = TypeVar("R")
EXIT_REFUSED: Final = 1
RESTART_S: Final = 2.0

folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The node's data folder.",
)


json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


def say(as_json: bool, text: str, **facts: object) -> None:
    """What a command did: words for a person, or the same facts as one JSON object."""
    click.echo(json.dumps(facts) if as_json else text)


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn this product's errors into one line on standard error and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        from diwan_core.broker import BrokerMissing
        from diwan_core.node import NodeError
        from diwan_core.register import RegisterError
        from diwan_core.trust import TrustError

        try:
            return command(*args, **kwargs)
        except (NodeError, RegisterError, TrustError, BrokerMissing) as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error

    return wrapped


def prepare_for_bulk() -> None:
    """Collect garbage seldom: a batch is tens of thousands of small dictionaries, none of them in a cycle, and looking
    through them every few hundred costs a tenth of the whole."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def say_ready() -> None:
    """For whoever started this process: it is up. Log lines go to standard error."""
    prepare_for_bulk()
    hide_messages()
    process_log.configure()
    click.echo("ready")
    sys.stdout.flush()


def node_status(role: str) -> click.Command:
    """`status` of a node: counters, never case data."""

    @click.command()
    @folder_option
    @json_option
    @plain_errors
    def status(folder: Path, as_json: bool) -> None:
        """Records, what reached the centre, what waits, what was refused."""
        from diwan_core import node
        from diwan_core.register import Register

        node.load(folder, role="central" if role == "central" else "post")
        with Register.open(folder) as register:
            found = register.status()
        if as_json:
            click.echo(json.dumps(found))
            return
        sticks = found.pop("stick_ms")
        found["sticks"] = {key.removesuffix("_ms"): _age(moment) for key, moment in sticks.items()}
        for name, value in found.items():
            if name != "nodes":
                shown = ", ".join(f"{key} {item}" for key, item in value.items()) if isinstance(value, dict) else value
                click.echo(f"{name:16} {shown if shown not in ('', None) else '-'}")
        for item in found["nodes"]:
            click.echo(f"{'node':16} {item['id']} {item['label']}: {item['stored']} rows stored")

    return status


def migrate_command(role: str) -> click.Command:
    """`migrate` of a node: bring its databases to this release's schema before its services start with it."""

    @click.command()
    @folder_option
    @plain_errors
    def migrate(folder: Path) -> None:
        """Bring this node's databases to this release. Migrations only add, so that the release before still runs."""
        from diwan_core import node
        from diwan_core.register import Register
        from diwan_core.register.drafts import Drafts
        from diwan_core.trust.accounts import Accounts
        from diwan_core.trust.reads import ReadLog

        node.load(folder, role="central" if role == "central" else "post")
        Register.open(folder, role="writer").close()
        for opened in (Accounts, Drafts, ReadLog):
            opened.open(folder).close()
        click.echo(f"{folder} is ready for this release")

    return migrate


def _age(moment_ms: int) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int(time.time() - moment_ms / 1000))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def run_parts(group: str, parts: Sequence[str], folder: Path) -> None:
    """Run a node's processes together; one that dies is started again; all end with this one."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    ending = False

    def end(_number: int, _frame: object) -> None:
        nonlocal ending
        ending = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        while not ending:
            for part in parts:
                process = running.get(part)
                if process is None or process.poll() is not None:
                    if process is not None:
                        click.echo(f"{group} {part} ended ({process.returncode}); starting it again", err=True)
                        time.sleep(RESTART_S)
                    running[part] = subprocess.Popen([sys.argv[0], group, part, "--dir", str(folder)])
            time.sleep(0.5)
    finally:
        for process in reversed(running.values()):
            process.terminate()
        for process in running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
