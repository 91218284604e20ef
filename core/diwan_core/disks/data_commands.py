"""`diwan disks data make|add-stick|wait|page`: the encrypted disk that holds a machine's data."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import click

from diwan_core.disks import data_disk, luks
from diwan_core.disks.command_kit import explain_errors, json_option, tell
from diwan_core.disks.unlock_page import Gate, Server

CERTIFICATE = Path("/etc/diwan/unlock")


@click.group("data")
def data_group() -> None:
    """The encrypted disk that holds this machine's data."""


@data_group.command("make")
@click.argument("device", type=click.Path(path_type=Path))
@json_option
@explain_errors
def make_command(device: Path, as_json: bool) -> None:
    """Make the blank DEVICE this machine's data disk. The passphrase comes through standard input."""
    try:
        found = data_disk.load()
        tell(as_json, f"the data disk is {found.uuid} already", changed=False, uuid=found.uuid)
        return
    except data_disk.NotSetUp:
        pass
    found, paper = data_disk.make(device, _typed())
    text = f"the data disk is {found.uuid}.\nWrite this on paper; it is not shown again:\n\n    {paper}\n"
    tell(as_json, text, changed=True, uuid=found.uuid, paper_key=paper)


@data_group.command("add-stick")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@json_option
@explain_errors
def add_stick_command(folder: Path, as_json: bool) -> None:
    """Write a new key onto the stick at FOLDER, labelled DIWANKEY. The passphrase comes through standard input."""
    path = data_disk.add_stick(data_disk.load(), _typed(), folder)
    tell(
        as_json,
        f"{path.name} is on the stick: give it to a custodian, and keep it apart from the machine",
        file=str(path),
    )


@data_group.command("open")
@json_option
@explain_errors
def open_command(as_json: bool) -> None:
    """Open the data disk with the key that comes through standard input: passphrase, paper key, or that of a stick."""
    if not data_disk.open_with(data_disk.load(), _typed()):
        raise luks.DiskFailed("this is not a key of this machine's data disk")
    tell(as_json, f"the data is at {data_disk.PLACE}", place=str(data_disk.PLACE))


@data_group.command("wait")
@explain_errors
def wait_command() -> None:
    """Wait until a stick or the page has brought a key, and open the data disk. For the system's start."""
    disk = data_disk.load()
    data_disk.SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    data_disk.SOCKET.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data_disk.SOCKET))
        os.chmod(data_disk.SOCKET, 0o666)  # noqa: S103  whoever is on this machine may try a key
        listener.listen(4)
        data_disk.wait_for_a_key(disk, listener)


@data_group.command("page")
@click.option("--port", type=int, default=8443, show_default=True, help="Port of the page.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address on which it listens.")  # noqa: S104  every address is meant
@click.option("--certificate", type=click.Path(path_type=Path), default=CERTIFICATE / "page.crt", show_default=True,
              help="The page's own certificate, never the console's.")  # fmt: skip
@click.option("--key", type=click.Path(path_type=Path), default=CERTIFICATE / "page.key", show_default=True,
              help="The key of that certificate.")  # fmt: skip
@click.option("--name", default="", help="What the page calls this machine.  [default: its host name]")
@click.option("--socket", "path", type=click.Path(path_type=Path), default=data_disk.SOCKET, show_default=True,
              help="Where what opens the disk listens.")  # fmt: skip
@explain_errors
def page_command(port: int, host: str, certificate: Path, key: Path, name: str, path: Path) -> None:
    """Serve the page on which a key is typed."""
    with Server((host, port), name or socket.gethostname(), Gate(path), certificate, key) as server:
        server.serve_forever()


def _typed() -> bytes:
    return sys.stdin.buffer.read(data_disk.LONGEST + 1).strip()
