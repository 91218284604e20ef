"""`diwan backup drill`: the monthly trial of a restore. Exit codes: 0 it works, 2 it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from diwan_backup.command_kit import FAILED, WELL, finish, folder_option, json_option, report_errors, repository_option


@click.command("drill")
@folder_option
@repository_option
@click.option(
    "--check", type=click.Path(path_type=Path), metavar="FILE", help="Only say whether this report is signed."
)
@json_option
@report_errors
def drill_command(folder: Path, repository: str, check: Path | None, as_json: bool) -> None:
    """Restore the last archive into a scratch node, start it, compare and search it, and write a signed report."""
    from diwan_backup.drill.report import is_signed, write
    from diwan_backup.drill.trial import drill
    from diwan_backup.errors import BackupError
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder, exclusive=check is None) as backups:
        if check is not None:
            signed = is_signed(check.read_bytes(), check.with_suffix(".sig").read_bytes(), backups.identity)
            text = (
                "this node signed this report" if signed else "this report was not signed by this node, or was changed"
            )
            finish(as_json, [text], WELL if signed else FAILED, signed=signed)
        proven = [one for one in backups.chosen(repository) if backups.known().last_verified(one.name)]
        if not proven:
            raise BackupError("no archive that was read back can be reached: plug in a disk, run `diwan backup run`")
        done = drill(backups, proven[0])
        written = write(folder, done)
        backups.note("drill", done.repository, archive=done.archive_id, name=done.archive, text=done.told, ok=done.ok)
    lines = [f"{'done  ' if step.ok else 'FAILED'} {step.name}: {step.found} ({step.seconds} s)" for step in done.steps]
    lines.append(f"the report is {written.folder}/{written.paper or written.page}")
    if written.not_printed:
        lines.append(f"no PDF could be made ({written.not_printed}): print the page from a browser")
    steps = [{"name": one.name, "ok": one.ok, "found": one.found, "seconds": one.seconds} for one in done.steps]
    facts: dict[str, Any] = {
        "ok": done.ok, "archive": done.archive, "repository": done.repository, "steps": steps,
        "report": f"{written.folder}/{written.page}", "paper": written.paper and f"{written.folder}/{written.paper}",
    }  # fmt: skip
    finish(as_json, lines, WELL if done.ok else FAILED, **facts)
