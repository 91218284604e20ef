"""The commands `diwan backup …`. Exit codes, for a monitor: 0 all is well; 1 done, and something is to be looked at;
2 it failed, or was used wrongly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from diwan_backup.care_commands import (
    configure_command,
    forget_command,
    prune_command,
    repair_command,
    status,
    unlock_command,
)
from diwan_backup.command_kit import (
    FAILED,
    LOOK,
    WELL,
    finish,
    folder_option,
    json_option,
    quiet_option,
    report_errors,
    repository_option,
)
from diwan_backup.disks_command import disks_command
from diwan_backup.drill_command import drill_command
from diwan_backup.escrow.commands import escrow_group
from diwan_backup.restore_commands import key_group, restore_group
from diwan_backup.tail_command import tail_command


@click.group("backup")
def backup() -> None:
    """Backups that are read back and proven."""


@backup.command()
@click.argument("place")
@folder_option
@click.option("--name", default="", help="What the repository is called; by default from its place.")
@click.option("--detached/--attached", default=None, help="Whether it is taken out of the building; disks are.")
@json_option
@report_errors
def init(place: str, folder: Path, name: str, detached: bool | None, as_json: bool) -> None:
    """Make a repository at PLACE: a disk's label (diwan-backup-a), ssh://USER@HOST/PATH, or a folder.

    One that holds this node's archives already is taken over. With the first one a recovery key is made: write it
    down."""
    from diwan_backup.init import init as begin
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        begun = begin(backups, place, name, detached=detached)
    lines = [f"the repository {begun.repository.name} is ready at {place}"]
    if begun.taken_over:
        lines.append(f"{begun.taken_over} archives of this node were in it; read them back with `diwan backup verify`")
    if begun.strangers:
        lines.append(
            f"{len(begun.strangers)} archives in it are not this node's and are left alone: {begun.strangers[0]}"
        )
    if begun.paper_key:
        lines += [
            "Write this recovery key on paper, twice, and keep the papers apart from each other and from the disks. It",
            "brings back this node's keys when the machine is gone, and is not shown again:\n\n    "
            f"{begun.paper_key}\n",
            f"Then type it back: diwan backup key check --dir {folder}",
        ]
    finish(
        as_json, lines, LOOK if begun.strangers else WELL, repository=begun.repository.name, id=begun.repository.id,
        place=place, taken_over=begun.taken_over, strangers=begun.strangers, recovery_key=begun.paper_key,
    )  # fmt: skip


@backup.command()
@folder_option
@repository_option
@click.option("--verify/--no-verify", "and_verify", default=True, help="Read the new archive back at once.")
@click.option("--if-known", is_flag=True, help="Do nothing where there is no such repository, as for a new disk.")
@json_option
@quiet_option
@report_errors
def run(folder: Path, repository: str, and_verify: bool, if_known: bool, as_json: bool, quiet: bool) -> None:
    """Make an archive in each repository that is there, and read it back."""
    from diwan_backup.cycle import cycle
    from diwan_backup.errors import BackupError
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.safety import advance

    with NodeBackups(folder) as backups:
        if if_known and repository not in {one.name for one in backups.settings.repositories}:
            finish(as_json, [f"{repository} is not a repository yet: diwan backup init"], WELL, repositories=[])
        told = [
            cycle(backups, one, and_verify=and_verify, as_json=as_json, quiet=quiet)
            for one in backups.chosen(repository)
        ]
        safe = advance(folder) if any(facts.get("verified") for facts in told) else None
    if not told:
        raise BackupError("no repository can be reached: plug in a backup disk (`diwan backup status` names them)")
    finish(as_json, _run_lines(told), max(_code(facts) for facts in told), repositories=told, safe=safe)


def _run_lines(told: list[dict[str, Any]]) -> list[str]:
    from diwan_backup.progress import size

    lines = []
    for facts in told:
        if "error" in facts:
            lines.append(f"FAILED {facts['repository']}: {facts['error']}")
            continue
        state = (
            "not read back yet" if "verified" not in facts else "read back whole" if facts["verified"] else "DAMAGED"
        )
        lines.append(f"{facts['repository']}: {facts['archive']}, {size(facts['bytes'])}, {state}")
        lines += _warnings(facts)
        if facts.get("verified") and facts["repository"].startswith("diwan-backup-"):
            lines.append(f"take disk {facts['repository'].rpartition('-')[2].upper()} home when it is closed")
    return lines


def _warnings(facts: dict[str, Any]) -> list[str]:
    lines = [f"  {problem}" for problem in facts.get("problems", ())]
    lines += [f"  the archive {name} is gone from the repository" for name in facts.get("missing", ())]
    lines += [f"  the archive {name} was not made by this node" for name in facts.get("unknown", ())]
    return lines + ([f"  {facts['warning']}"] if "warning" in facts else [])


def _code(facts: dict[str, Any]) -> int:
    if "error" in facts or facts.get("problems"):
        return FAILED
    return LOOK if facts.get("missing") or facts.get("unknown") or facts.get("warning") else WELL


@backup.command()
@folder_option
@repository_option
@click.option("--archive", default="", metavar="NAME", help="Another archive than the newest.")
@click.option("--all", "every", is_flag=True, help="Every archive.")
@json_option
@quiet_option
@report_errors
def verify(folder: Path, repository: str, archive: str, every: bool, as_json: bool, quiet: bool) -> None:
    """Read archives back: every byte against the signed manifest, every database opened and checked."""
    from diwan_backup.cycle import read_back
    from diwan_backup.errors import BackupError
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.safety import advance

    told: list[dict[str, Any]] = []
    with NodeBackups(folder) as backups:
        for one in backups.chosen(repository):
            wanted = [each for each in backups.known().of(one.name) if every or each.name == archive]
            if archive and not wanted:
                continue
            told += [read_back(backups, one, each, as_json=as_json, quiet=quiet) for each in wanted or (None,)]
        safe = advance(folder) if any(facts.get("verified") for facts in told) else None
    if not told:
        raise BackupError("nothing was read: no repository can be reached, or none has such an archive")
    finish(as_json, _run_lines(told), max(_code(facts) for facts in told), repositories=told, safe=safe)


@backup.command("list")
@folder_option
@repository_option
@json_option
@report_errors
def list_command(folder: Path, repository: str, as_json: bool) -> None:
    """List the archives this node knows of, the newest last."""
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.progress import size

    backups = NodeBackups(folder, exclusive=False)
    found = [one for one in backups.known().archives if repository in ("", one.repository)]
    rows: list[dict[str, Any]] = [
        {"repository": one.repository, "archive": one.name, "id": one.id, "made_ms": one.made_ms, "bytes": one.bytes,
         "files": one.files, "verified_ms": one.verified_ms, "failed": one.failed}
        for one in found
    ]  # fmt: skip
    lines = [
        f"{_moment(one.made_ms)}  {one.repository:16} {one.name}  {size(one.bytes):>9}  "
        + (f"DAMAGED: {one.failed}" if one.failed else "verified" if one.verified_ms else "not read back")
        for one in found
    ]
    finish(as_json, lines or ["no archive yet"], WELL, archives=rows)


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


backup.add_command(restore_group)
backup.add_command(key_group)
backup.add_command(escrow_group)
backup.add_command(tail_command)
backup.add_command(disks_command)
for command in (
    status,
    configure_command,
    forget_command,
    prune_command,
    repair_command,
    unlock_command,
    drill_command,
):
    backup.add_command(command)
