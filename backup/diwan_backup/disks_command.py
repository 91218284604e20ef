"""The command `diwan backup disks`: each medium, where it is, and what a person has to do with it now.

Exit codes: 0 nothing is to be done, 1 something is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import click
from diwan_core.archives.settings import Settings
from diwan_core.archives.standing import DAY_MS, HOUR_MS, RepositoryStanding, day, standing

from diwan_backup.command_kit import LOOK, WELL, finish, folder_option, json_option, report_errors


@dataclass(frozen=True)
class Advice:
    """The advice about one medium, and whether it is urgent."""

    text: str
    now: bool


def advice(one: RepositoryStanding, settings: Settings, now_ms: int) -> Advice:
    """The advice about a medium."""
    fresh = one.verified_ms and now_ms - one.verified_ms <= settings.first_hours * HOUR_MS
    if not one.repository.detached:
        return Advice("stays here", False) if one.there else Advice("plug it in: it is to stay here", True)
    if one.there:
        if fresh:
            return Advice("holds the newest backup: take it home", True)
        return Advice("wait for the next backup, or run `diwan backup run`; then take it home", True)
    if not one.verified_ms:
        return Advice("bring it: no backup on it was ever read back", True)
    due_ms = one.verified_ms + settings.second_days * DAY_MS
    if now_ms > due_ms:
        return Advice(f"bring it: it was due back by {day(due_ms)[:10]}", True)
    return Advice(f"at home, due back by {day(due_ms)[:10]}", False)


def _where(one: RepositoryStanding) -> str:
    return "here" if one.there else "away"


@click.command("disks")
@folder_option
@json_option
@report_errors
def disks_command(folder: Path, as_json: bool) -> None:
    """Show each disk or place of the backups: whether it is here, how old its last verified backup is, and what to do
    with it.

    Making a new backup disk: `diwan disks prepare`, or the playbook backup_disk."""
    from diwan_core.archives.settings import needed_settings

    settings, now_ms = needed_settings(folder), time.time_ns() // 1_000_000
    rows = [(one, advice(one, settings, now_ms)) for one in standing(folder).repositories]
    lines = [
        f"{one.repository.name:18} {_where(one)}, last read back {day(one.verified_ms):16}  {do.text}"
        for one, do in rows
    ]
    told = [
        {"name": one.repository.name, "place": one.repository.place, "there": one.there,
         "detached": one.repository.detached, "verified_ms": one.verified_ms, "advice": do.text, "now": do.now}
        for one, do in rows
    ]  # fmt: skip
    finish(as_json, lines, LOOK if any(do.now for _one, do in rows) else WELL, disks=told)
