"""The command `diwan backup tail`, which writes what the centre itself wrote to a second disk.

Exit codes: 0 done; 1 done, but on the disk of the data itself; 2 not done."""

from __future__ import annotations

from pathlib import Path

import click

from diwan_backup.command_kit import LOOK, WELL, finish, folder_option, json_option, report_errors


@click.command("tail")
@folder_option
@click.option("--to", "place", type=click.Path(path_type=Path, file_okay=False),
              help="Folder on the second disk, instead of the one that was agreed.")  # fmt: skip
@json_option
@report_errors
def tail_command(folder: Path, place: Path | None, as_json: bool) -> None:
    """Write what the centre itself wrote since its last verified backup to a second disk, sealed to the centre.

    A restored centre takes it in again with `diwan central import-parcels`, when its posts have shown their ledgers."""
    from diwan_backup.tail import write

    done = write(folder, place)
    lines = [f"{done.files} files written in {done.place}; what else belongs there was there"]
    if done.same_disk:
        lines.append(f"{done.place} is on the disk of the data itself: a second disk is what helps")
    code = LOOK if done.same_disk else WELL
    finish(as_json, lines, code, files=done.files, place=str(done.place), same_disk=done.same_disk)
