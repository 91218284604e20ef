"""The commands `diwan disks list|examine|prepare|open|close|arrived|gone`: disks of this machine, and backup disks.

Exit codes: 0 done; 1 a program of the system failed; 2 wrong usage, or the disk must not be erased (examine: 3)."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from diwan_core import node
from diwan_core.disks import luks, mounting
from diwan_core.disks.backup_disk import Made, WrongWord, check_erasable, check_label, is_backup_disk, prepare
from diwan_core.disks.command_kit import explain_errors, json_option, tell
from diwan_core.disks.data_commands import data_group
from diwan_core.disks.examine import disks, examine
from diwan_core.health.findings import Findings

_device = click.argument("device", type=click.Path(path_type=Path))
_folder = click.option(
    "--dir", "folder", type=click.Path(path_type=Path), required=True, help="The node's data folder."
)
PART = "disks"
HERE = "backup_disk_here"
_NOT_BLANK = 3


@click.group("disks")
def disks_group() -> None:
    """Disks of this machine, and encrypted backup disks."""


@disks_group.command("list")
@json_option
@explain_errors
def list_command(as_json: bool) -> None:
    """List every disk, what it holds, and whether it could become a backup disk."""
    rows = []
    for disk in disks():
        _, reasons = examine(Path(disk.path))
        codes = [reason.code for reason in reasons]
        rows.append(
            {"path": disk.path, "size": disk.size, "model": disk.model, "serial": disk.serial, "reasons": codes}
        )
        if not as_json:
            click.echo(f"{disk.said}: {'blank' if not codes else ', '.join(codes).replace('_', ' ')}")
    if as_json:
        click.echo(json.dumps(rows))


@disks_group.command("examine")
@_device
@json_option
@explain_errors
def examine_command(device: Path, as_json: bool) -> None:
    """Say whether DEVICE is blank and free; if it is not, give every reason. Exit code 3 where it is not."""
    disk, reasons = examine(device)
    if as_json:
        told = [{"code": reason.code, "text": reason.text} for reason in reasons]
        click.echo(
            json.dumps(
                {"disk": disk and disk.path, "said": disk and disk.said, "serial": disk and disk.proof, "reasons": told}
            )
        )
    for reason in [] if as_json else reasons:
        click.echo(reason.text, err=True)
    if reasons:
        sys.exit(_NOT_BLANK)
    if not as_json and disk:
        click.echo(f"{disk.said} is blank and free")


@disks_group.command("prepare")
@_device
@click.option("--label", required=True, help="diwan-backup- and one to three letters or digits.")
@click.option(
    "--serial",
    default="",
    help="The disk's serial number, typed to show that this disk is meant; asked for when left out.",
)
@click.option(
    "--key-file", type=click.Path(path_type=Path), required=True, help="File with the disk's key; - is standard input."
)
@click.option("--check", is_flag=True, help="Only say whether it would be done.")
@json_option
@explain_errors
def prepare_command(device: Path, label: str, serial: str, key_file: Path, check: bool, as_json: bool) -> None:
    """Erase DEVICE and make it an encrypted backup disk, unless it holds data, is in use or is the system's own."""
    check_label(label)
    if is_backup_disk(device, label):
        tell(as_json, f"{device} is {label} already", changed=False, label=label)
        return
    disk = check_erasable(device, label)
    if check:
        tell(as_json, f"{disk.said} would become {label}", changed=True, label=label)
        return
    typed = serial or click.prompt(f"Everything on {disk.said} is erased. Type {disk.proof} to go on", err=True)
    if not serial:
        _confirm(disk.said, label)
    key = (sys.stdin.buffer.read(4096) if str(key_file) == "-" else key_file.read_bytes()).strip()
    made = prepare(device, label, typed, key)
    tell(as_json, _words(made), changed=True, label=label, paper_key=made.paper_key)


def _confirm(said: str, label: str) -> None:
    word = click.prompt(f"Once more: type the label {label} to erase {said}", err=True)
    if word.strip() != label:
        raise WrongWord(f"{word.strip()!r} is not {label}; nothing was changed")


def _words(made: Made) -> str:
    return (
        f"{made.disk.said} is the backup disk {made.label}.\n"
        f"Write this on paper for whoever keeps the paper keys; it is not shown again:\n\n    {made.paper_key}\n"
    )


@disks_group.command("open")
@click.argument("label")
@click.option(
    "--key-file", type=click.Path(path_type=Path), required=True, help="File with the disk's key; - is standard input."
)
@click.option("--paper", is_flag=True, help="The key is the one on paper, however it is typed.")
@json_option
@explain_errors
def open_command(label: str, key_file: Path, paper: bool, as_json: bool) -> None:
    """Open the backup disk LABEL and mount it at /run/diwan/backup/LABEL."""
    check_label(label)
    key = (sys.stdin.buffer.read(4096) if str(key_file) == "-" else key_file.read_bytes()).strip()
    place = mounting.mount(label, luks.paper_key_bytes(key.decode(errors="replace")) if paper else key)
    tell(as_json, f"{label} is at {place}", place=str(place))


@disks_group.command("close")
@click.argument("label")
@json_option
@explain_errors
def close_command(label: str, as_json: bool) -> None:
    """Write out and close the backup disk LABEL, so that it can be taken away."""
    check_label(label)
    mounting.unmount(label)
    tell(as_json, f"take disk {label.rpartition('-')[2].upper()} home", label=label)


@disks_group.command("arrived")
@click.argument("label")
@_folder
@json_option
@explain_errors
def arrived_command(label: str, folder: Path, as_json: bool) -> None:
    """Note that the backup disk LABEL is plugged in: `status` and the console say so."""
    node.load(folder)
    check_label(label)
    Findings(folder, PART).note(f"{HERE}:{label}", label=label)
    tell(as_json, f"{label} is plugged in", label=label)


@disks_group.command("gone")
@click.argument("label")
@_folder
@json_option
@explain_errors
def gone_command(label: str, folder: Path, as_json: bool) -> None:
    """Note that the backup disk LABEL was unplugged."""
    node.load(folder)
    check_label(label)
    Findings(folder, PART).clear(f"{HERE}:{label}")
    tell(as_json, f"{label} is unplugged", label=label)


disks_group.add_command(data_group)
