"""What the commands of all units share: the folder option, errors as one line with the remedy, accounts, status,
running parts."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar

import click

from diwan_core.processes.private import make_private

if TYPE_CHECKING:
    from diwan_core import node

P = ParamSpec("P")
R = TypeVar("R")


PARTS: Final[dict[node.Role, tuple[str, ...]]] = {
    "post": ("agent", "web"),
    "central": ("broker", "ingest", "relay", "web"),
}
"""The processes of each kind of node, in the order they are started."""


class FolderRefused(click.ClickException):
    """The folder cannot be used: it is missing, is no node's, is one of another role, or has such a process already."""

    exit_code = 2


folder_option = click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),  # what it has to be is said by `node.load`, in one line
    required=True,
    help="The node's data folder.",
)


json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON object.")


def say(as_json: bool, text: str, **facts: object) -> None:
    """Print what a command did: words for a person, or the same facts as one JSON object."""
    click.echo(json.dumps(facts) if as_json else text)


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn this product's errors into one line on standard error and exit code 1, or 2 where the folder is the matter;
    and keep what the command writes to its owner."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        make_private()
        try:
            return command(*args, **kwargs)
        except Exception as error:
            refused = _in_one_line(error)
            if refused is None:
                raise
            raise refused from error

    return wrapped


def _in_one_line(error: Exception) -> click.ClickException | None:
    """One of this product's errors, or one of the system's, as the line that a person reads; None for any other.

    What it needs is imported here, after the command: a process that runs for months does not hold the register for
    the names of its errors."""
    if isinstance(error, click.ClickException):
        return None
    from diwan_core.broker import BrokerMissing
    from diwan_core.node import FolderNotUsable, NodeError, NotANode, WrongRole
    from diwan_core.processes.lock import AlreadyRunning
    from diwan_core.register import RegisterError
    from diwan_core.trust import TrustError

    said = " ".join(str(error).split())
    if isinstance(error, NotANode | WrongRole | FolderNotUsable | AlreadyRunning):
        return FolderRefused(said)
    if isinstance(error, NodeError | RegisterError | TrustError | BrokerMissing):
        return click.ClickException(said)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return click.ClickException(f"{where}{error.strerror or error}")
    return None


def node_status(role: str) -> click.Command:
    """`status` of a node: counters, never case data."""

    @click.command()
    @folder_option
    @json_option
    @plain_errors
    def status(folder: Path, as_json: bool) -> None:
        """Show the counters of this node: records, what reached the centre, what waits, what was refused."""
        from diwan_core import node
        from diwan_core.health.present import present
        from diwan_core.health.words import say_finding
        from diwan_core.processes.lock import running
        from diwan_core.register import Register, RegisterError
        from diwan_core.status_lines import finding_lines, status_lines

        node.load(folder, role="central" if role == "central" else "post")
        parts = running(folder, PARTS["central" if role == "central" else "post"])
        findings = [(finding.code, *say_finding(finding)) for finding in present(folder)]
        try:
            with Register.open(folder) as register:
                found = register.status()
                if role != "central":
                    from diwan_core.register.standing import standing_of_post

                    found |= standing_of_post(register)._asdict()
        except RegisterError as error:
            if as_json:
                told = [{"code": code, "what": what, "remedy": remedy} for code, what, remedy in findings]
                click.echo(json.dumps({"error": str(error), "running": parts, "findings": told}))
            else:
                click.echo("\n".join(finding_lines(findings)))
            raise
        if as_json:
            told = [{"code": code, "what": what, "remedy": remedy} for code, what, remedy in findings]
            click.echo(json.dumps({**found, "running": parts, "findings": told}))
            return
        click.echo("\n".join(status_lines(found, parts, findings)))

    return status


def migrate_command(role: str) -> click.Command:
    """`migrate` of a node: bring its databases to this release's schema before its services start with it."""

    @click.command()
    @folder_option
    @plain_errors
    def migrate(folder: Path) -> None:
        """Bring this node's databases to this release. Migrations only add, so that the previous release still runs."""
        from diwan_core import node
        from diwan_core.register import Register
        from diwan_core.register.drafts import Drafts
        from diwan_core.trust.access_log.log import ReadLog
        from diwan_core.trust.people.accounts import Accounts

        node.load(folder, role="central" if role == "central" else "post")
        Register.open(folder, role="writer").close()
        for opened in (Accounts, Drafts, ReadLog):
            opened.open(folder).close()
        click.echo(f"{folder} is ready for this release")

    return migrate


def run_parts(group: node.Role, folder: Path) -> None:
    """Run a node's processes together; one that dies is started again; all end with this one. Raises NotANode,
    WrongRole, FolderNotUsable, AlreadyRunning."""
    from diwan_core import node
    from diwan_core.processes.private import mend
    from diwan_core.processes.running import Parts

    node.load(folder, role=group)
    mend(folder)
    Parts(group, PARTS[group], folder, lambda text: click.echo(text, err=True)).run()
