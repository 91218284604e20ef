"""The commands `diwan backup escrow make|rotate|confirm|open|status`."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core.console_line import folder_option, json_option
from diwan_core.custody.options import act_options, words_to_sign

from diwan_backup.command_kit import LOOK, WELL, finish, report_errors
from diwan_backup.escrow.making import Made

_out = click.Path(path_type=Path)
_pdf = click.option("--pdf/--no-pdf", default=True, help="Sheets as PDF also; without, print the pages from a browser.")


@click.group("escrow")
def escrow_group() -> None:
    """The recovery key in three sheets: any two open it, one opens nothing."""


@escrow_group.command("make")
@folder_option
@click.option("--out", type=_out, required=True, help="A folder for the sheets, in memory or on a stick.")
@_pdf
@json_option
@report_errors
def make_command(folder: Path, out: Path, pdf: bool, as_json: bool) -> None:
    """Make the first three sheets, one for each custodian of the ledger. Print them, and type the words back."""
    from diwan_backup.escrow.making import make
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        _told(make(backups, out, pdf=pdf), folder, as_json)


@escrow_group.command("rotate")
@folder_option
@click.option("--out", type=_out, help="A folder for the sheets, in memory or on a stick.")
@_pdf
@act_options
@json_option
@report_errors
def rotate_command(
    folder: Path, out: Path | None, pdf: bool, ask: Path | None, act: Path | None, as_json: bool
) -> None:
    """Make three new sheets, because a sheet was lost or seen, or a custodian left. Two custodians must agree."""
    from diwan_backup.errors import BackupError
    from diwan_backup.escrow.making import ask_to_rotate, make
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        if ask is not None:
            ask_to_rotate(backups, ask)
            finish(as_json, [words_to_sign(ask)], WELL, act=str(ask))
        if out is None:
            raise BackupError("name a folder for the sheets with --out, in memory or on a stick")
        _told(make(backups, out, rotate=True, act=act, pdf=pdf), folder, as_json)


def _told(made: Made, folder: Path, as_json: bool) -> None:
    lines = [f"the sheets of this set begin with “{made.begins}”"]
    lines += [f"{name}: {', '.join(str(path) for path in files)}" for name, files in made.files.items()]
    if made.not_printed:
        lines.append(f"no PDF could be made ({made.not_printed}): print the pages from a browser")
    lines.append("Give each custodian the sheet with their name and nobody else's. Each types the words back:")
    lines.append(f'  diwan backup escrow confirm "NAME" --dir {folder}')
    lines.append("which also deletes that sheet's files. Until all three have done so, what was before stays in use.")
    files = {name: [str(path) for path in paths] for name, paths in made.files.items()}
    code = LOOK if made.not_printed else WELL
    finish(as_json, lines, code, begins=made.begins, files=files, before=made.before, not_printed=made.not_printed)


@escrow_group.command("confirm")
@click.argument("name")
@folder_option
@json_option
@report_errors
def confirm_command(name: str, folder: Path, as_json: bool) -> None:
    """Type back the words of the sheet of NAME. They are asked for, or come on standard input, on one line or more."""
    from diwan_backup.escrow.making import confirm
    from diwan_backup.escrow.typed import sheet
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        done = confirm(backups, name, sheet(all_lines=True))
    lines = [f"these are the words of the sheet of {done.name}"]
    if done.waiting:
        lines.append(f"still to be typed back: {', '.join(done.waiting)}")
    else:
        lines.append("all three were typed back: from now on any two of these sheets open the keys of this centre")
        if done.away:
            lines.append(f"run `diwan backup run` with each of these disks plugged in: {', '.join(done.away)}")
        when = "After that destroy" if done.away else "Destroy"
        older = f"the sheets that begin with “{done.before}”" if done.before else "the paper with the recovery key"
        lines.append(f"{when} {older}, with which only older copies still open")
    finish(as_json, lines, LOOK if done.waiting or done.away else WELL,
           name=done.name, waiting=done.waiting, away=done.away, before=done.before)  # fmt: skip


@escrow_group.command("open")
@click.argument("sealed", type=_out)
@click.option("--out", type=_out, required=True, help="A new folder for the keys.")
@json_option
@report_errors
def open_command(sealed: Path, out: Path, as_json: bool) -> None:
    """Open the sealed keys in the file SEALED (beside the repository on each backup disk) with two sheets.

    Their words are asked for, or come on standard input, a sheet on each line."""
    from diwan_core.trust.custodians.recovery import RecoveryKey
    from diwan_core.trust.files import make_private_folder

    from diwan_backup.errors import BackupError
    from diwan_backup.escrow.typed import key_of_two

    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BackupError(f"{out} is not empty: name a new folder")
    content = sealed.read_bytes()
    key = RecoveryKey(key_of_two())
    key.identity(content)
    make_private_folder(out)
    key.restore(content, out)
    files = sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file())
    finish(as_json, [f"{len(files)} files with keys are in {out}: keep them from everybody else"], WELL, files=files)


@escrow_group.command("status")
@folder_option
@json_option
@report_errors
def status_command(folder: Path, as_json: bool) -> None:
    """Show which sheets there are, who has them, and whether their words were typed back."""
    from diwan_core import node
    from diwan_core.custody.standing import escrow

    node.load(folder)
    held = escrow(folder)
    lines, rows = [], []
    for state, found in (("in use", held.current), ("waiting", held.pending)):
        for one in found.sheets if found else ():
            typed = "typed back" if one.confirmed_ms else "NOT typed back"
            lines.append(f"{one.name}: {state}, {typed}, begins with “{found.begins if found else ''}”")
            rows.append({"name": one.name, "state": state, "confirmed_ms": one.confirmed_ms})
    code = WELL if held.current and not held.pending else LOOK
    finish(as_json, lines or ["there are no sheets: diwan backup escrow make"], code, sheets=rows)
