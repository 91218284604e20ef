"""The command `diwan post salvage`: makes a new register from a damaged one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from diwan_core.console_line import PARTS, folder_option, json_option, plain_errors, say

if TYPE_CHECKING:
    from diwan_core.salvage.salvage import Salvaged


@click.command()
@folder_option
@click.option("--onto", type=click.Path(path_type=Path), help="Save onto another disk: a new folder for all.")
@click.option("--force", is_flag=True, help="Also where SQLite finds nothing wrong: after `diwan audit verify` did.")
@click.option(
    "--finish",
    is_flag=True,
    help="Write anew what waits, without asking the centre: the mirror is there, or lost.",
)
@json_option
@plain_errors
def salvage(folder: Path, onto: Path | None, force: bool, finish: bool, as_json: bool) -> None:
    """Make a new register from what can be read of a damaged one. Stop the node first.

    The damaged file is kept aside. Everything the centre has receipted comes again from there; what it has not, and can
    be read, is kept and sent. Where nothing is damaged, nothing is done."""
    from diwan_core import node
    from diwan_core.salvage import salvage as work
    from diwan_core.salvage import swap

    config = node.load(folder, role="post")

    def tell(text: str) -> None:
        click.echo(f"{text} …", err=True)

    with work.alone(folder, PARTS["post"]):
        if finish:
            _write_anew(folder, as_json)
            return
        if swap.is_begun(folder):
            swap.finish(folder)
            work.unmark_damage(folder)
            say(as_json, f"{folder} was salvaged before a power cut; the new register is in its place", finished=True)
            return
        if onto is None:
            work.needs_restart(folder)
        if onto is None and not force and work.looks_whole(folder):
            what = "its search index was made anew" if work.mend_marked(folder) else "nothing was done"
            say(as_json, f"SQLite finds nothing wrong with the register in {folder}; {what}", damaged=False)
            return
        target = folder if onto is None else onto
        unreadable = [] if onto is None else work.copy_folder(folder, onto, tell)
        done = work.salvage(folder, target, config, tell)
    _report(target, done, unreadable, as_json)


def _write_anew(folder: Path, as_json: bool) -> None:
    from diwan_core.health.findings import Findings
    from diwan_core.register import Register
    from diwan_core.salvage.pending import PART, WAITS, settle_all

    with Register.open(folder, role="writer") as register:
        done = settle_all(register)
    if not done.left:
        Findings(folder, PART).clear(WAITS)
    text = f"{done.anew} rows were written anew, {done.known} had come back, {done.refused} cannot be used"
    say(as_json, text, anew=done.anew, known=done.known, refused=done.refused, left=done.left)


def _report(folder: Path, done: Salvaged, unreadable: list[str], as_json: bool) -> None:
    rebuilt, pictures = done.rebuilt, done.pictures
    lines = [
        f"{folder} has a new register; the damaged one is in {done.aside}",
        f"{done.broken} of {done.pages} pages were damaged; {rebuilt.rows} rows of the journal are proven and kept, "
        f"{rebuilt.own_unsent} of them not yet at the centre",
        f"{pictures.whole} pictures are whole, {pictures.damaged} damaged ones are aside",
    ]
    if rebuilt.beside:
        lines.append(
            f"{rebuilt.beside} rows stand behind rows that are lost: they are written anew once the centre has said "
            "that it does not have them; without a line, to see them at once: --finish"
        )
    lines += [f"LOST, unless a mirror stick holds it: {stretch}" for stretch in rebuilt.lost]
    if pictures.missing_unsent:
        lines.append(f"LOST: {pictures.missing_unsent} pictures that the centre does not have")
    for name, (rows, tables) in done.beside.items():
        lines.append(f"{name}: {rows} rows were saved; {tables} tables had rows that are lost")
    lines += [f"cannot be read, and is not in the new folder: {name}" for name in unreadable]
    lines.append("start the node again; it fetches the rest from the centre")
    facts = {
        **dataclasses.asdict(rebuilt), "aside": str(done.aside), "pages": done.pages, "broken": done.broken,
        "databases": done.beside, "pictures": dataclasses.asdict(pictures),
    }  # fmt: skip
    say(as_json, "\n".join(lines), folder=str(folder), unreadable=unreadable, **facts)
