"""The commands `diwan bundle make|check|serve`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from diwan_core.console_line import json_option, say

from diwan_provisioning.bundle.check import check as check_bundle
from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.make import Order
from diwan_provisioning.bundle.make import make as make_bundle
from diwan_provisioning.bundle.packages import MIRROR, SECURITY
from diwan_provisioning.bundle.serve import server
from diwan_provisioning.bundle.targets import ALL_TARGETS, Target

P = ParamSpec("P")
R = TypeVar("R")

folder_argument = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
signer_option = click.option(
    "--signer", "signers", multiple=True, type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="File with the SSH public keys you trust; without it, ~/.ssh/*.pub.",
)  # fmt: skip


def _plain(command: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BundleError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"{error.filename or ''}: {error.strerror or error}") from error

    return wrapped


@click.group()
def bundle() -> None:
    """The offline bundle: all that machines are made of, in one signed folder."""


@bundle.command()
@folder_argument
@click.option("--target", "targets", multiple=True, help="A kind of machine, such as trixie-arm64; all when not given.")
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True,
              help="Your SSH private key, which signs the bundle.")  # fmt: skip
@click.option("--source", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path("."),
              help="The source tree of the release; this folder when not given.")  # fmt: skip
@click.option("--home", type=click.Path(path_type=Path, file_okay=False),
              default=Path("~/.local/share/diwan").expanduser(), show_default="~/.local/share/diwan",
              help="Where the repository's key and what was fetched before are kept.")  # fmt: skip
@click.option("--mirror", default=MIRROR, show_default=True, help="Debian's packages.")
@click.option("--security", default=SECURITY, show_default=True, help="Debian's security updates.")
@json_option
@_plain
def make(
    folder: Path, targets: tuple[str, ...], key: Path, source: Path, home: Path, mirror: str, security: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Make a bundle in FOLDER. Needs the internet, once."""
    chosen = [Target.parse(text) for text in targets] or list(ALL_TARGETS)
    order = Order(source.resolve(), folder, chosen, key, home, mirror, security)
    made = make_bundle(order, lambda text: click.echo(text, err=True))
    size = sum(size for size, _ in made.files.values())
    text = f"bundle {made.version} in {folder}: {len(made.files)} files, {size / 1e6:.0f} MB"
    say(as_json, text, version=made.version, bytes=size, files=len(made.files), targets=[str(t) for t in made.targets])


@bundle.command()
@folder_argument
@signer_option
@json_option
@_plain
def check(folder: Path, signers: tuple[Path, ...], as_json: bool) -> None:
    """Check who signed the bundle in FOLDER and that every file is as it was signed."""
    found = check_bundle(
        folder, _keys(signers), lambda name: None if as_json else click.echo(f"checking {name}", err=True)
    )
    text = f"bundle {found.version}, made {found.made}, is whole and signed by a key you trust"
    say(as_json, text, version=found.version, made=found.made, targets=[str(target) for target in found.targets])


@bundle.command()
@folder_argument
@signer_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, help="Port to listen on.")
@_plain
def serve(folder: Path, signers: tuple[Path, ...], host: str, port: int) -> None:
    """Offer the bundle in FOLDER to machines of this network, until Ctrl-C."""
    found = check_bundle(folder, _keys(signers))
    with server(folder, host, port) as running:
        click.echo(f"bundle {found.version} at http://{host}:{running.server_address[1]}/bundle.json; Ctrl-C ends it")
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            click.echo("ended")


def _keys(files: tuple[Path, ...]) -> list[str]:
    paths = files or tuple(sorted(Path("~/.ssh").expanduser().glob("*.pub")))
    keys = [line for path in paths for line in path.read_text().splitlines() if line.strip()]
    if not keys:
        raise BundleError("no public key is known to trust: name a file with --signer, such as the bundle maker's .pub")
    return keys
