"""The commands `diwan backup status|prune|repair|unlock`, with which repositories are looked after."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click
from diwan_core.custody.options import act_options, words_to_sign

from diwan_backup.command_kit import (
    FAILED,
    LOOK,
    WELL,
    finish,
    folder_option,
    json_option,
    report_errors,
    repository_option,
)

_required = click.option("--repository", required=True, metavar="NAME", help="The repository that is meant.")


@click.command()
@folder_option
@json_option
@report_errors
def status(folder: Path, as_json: bool) -> None:
    """Show where the archives are, how old the last verified one is, and what has to be done."""
    from diwan_core import node
    from diwan_core.archives.standing import day, standing
    from diwan_core.health.backups import of_backups
    from diwan_core.health.words import say_finding, severity_of

    role = node.load(folder).role
    now = standing(folder)
    found = of_backups(folder)
    worst = {severity_of(one) for one in found}
    without = role == "central" and not now.repositories  # a post's backup is what the centre has of it
    code = FAILED if "fault" in worst else LOOK if "warning" in worst or without else WELL
    rows: list[dict[str, Any]] = [
        {"repository": one.repository.name, "place": one.repository.place, "id": one.repository.id,
         "detached": one.repository.detached, "there": one.there, "archives": one.archives, "made_ms": one.made_ms,
         "verified_ms": one.verified_ms, "failure": one.failure}
        for one in now.repositories
    ]  # fmt: skip
    lines = [
        f"{one.repository.name:18} {'there' if one.there else 'away':6} {one.archives:4} archives, last read back: "
        f"{day(one.verified_ms)} ({one.repository.place})"
        for one in now.repositories
    ]
    for one in found:
        what, remedy = say_finding(one)
        lines += [f"{severity_of(one)}: {what}", f"  {remedy}"]
    age_s = (time.time_ns() // 1_000_000 - now.newest_ms) // 1000 if now.newest_ms else None
    findings = [{"code": one.code, "severity": severity_of(one), "what": str(say_finding(one)[0])} for one in found]
    finish(as_json, lines or ["no repository yet: diwan backup init"], code, repositories=rows, age_seconds=age_s,
           next_drill_ms=now.next_drill_ms, key_checked_ms=now.key_checked_ms, findings=findings)  # fmt: skip


@click.command("configure")
@folder_option
@click.argument("agreed", nargs=-1, required=True, metavar="NAME=VALUE...")
@json_option
@report_errors
def configure_command(folder: Path, agreed: tuple[str, ...], as_json: bool) -> None:
    """Change the settings of backups: media, first_hours, second_days, drill_days, daily, weekly, monthly."""
    from diwan_backup.configure import configure
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder):
        changed = configure(folder, agreed)
    finish(as_json, ["changed" if changed else "it was so already"], WELL, changed=changed)


@click.command("forget")
@click.argument("repository")
@folder_option
@json_option
@report_errors
def forget_command(repository: str, folder: Path, as_json: bool) -> None:
    """Remove REPOSITORY from the settings, because its disk died or was replaced. Its content is not touched."""
    from diwan_core.archives import settings as all_settings

    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        settings = backups.settings
        settings.repository(repository)
        all_settings.save(folder, all_settings.without_setting(settings, repository))
    finish(as_json, [f"{repository} is expected no more"], WELL, repository=repository)


@click.command("prune")
@folder_option
@repository_option
@click.option(
    "--ssh-key",
    "key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For another machine: a key that may delete there, on a custodian's stick.",
)
@act_options
@json_option
@report_errors
def prune_command(
    folder: Path, repository: str, key: Path | None, ask: Path | None, act: Path | None, as_json: bool
) -> None:
    """Delete archives that need not be kept any more, and free their space. For a repository on another machine, two
    custodians must agree."""
    from diwan_core.custody import carrying_out, naming

    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.prune import plan_pruning, prune

    lines, told = [], []
    with NodeBackups(folder) as backups:
        if ask is not None:
            plan, _ = plan_pruning(backups, backups.settings.repository(repository), key)
            carrying_out.ask(naming.load(folder), "backup.prune", plan.about(), ask)
            finish(as_json, [words_to_sign(ask)], WELL, act=str(ask), archives=[one.name for one in plan.going])

        def agree(about: dict[str, str]) -> None:
            carrying_out.use_up(folder, naming.load(folder), "backup.prune", about, act)

        for one in backups.chosen(repository):
            if one.kind == "remote" and not repository:
                continue
            done = prune(backups, one, key=key, agree=agree if one.kind == "remote" else None)
            told.append({"repository": one.name, "deleted": done.deleted, "kept": done.kept})
            lines.append(f"{one.name}: {len(done.deleted)} archives deleted, {done.kept} kept")
    finish(as_json, lines, WELL, repositories=told)


@click.command("repair")
@folder_option
@_required
@json_option
@report_errors
def repair_command(folder: Path, repository: str, as_json: bool) -> None:
    """Repair a damaged repository as far as possible. Make an archive afterwards, which brings back what was lost."""
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.repair import repair

    with NodeBackups(folder) as backups:
        done = repair(backups, backups.settings.repository(repository))
    lines = [f"{len(done.same)} archives are as they were, as far as borg can say; read them back with verify --all"]
    lines += [f"LOST in part: {name}" for name in done.changed] + [f"LOST: {name}" for name in done.gone]
    lines.append(f"now run: diwan backup run --repository {repository} --dir {folder}")
    code = LOOK if done.changed or done.gone else WELL
    finish(as_json, lines, code, same=done.same, changed=done.changed, gone=done.gone)


@click.command("unlock")
@folder_option
@_required
@json_option
@report_errors
def unlock_command(folder: Path, repository: str, as_json: bool) -> None:
    """Break the lock of a repository whose holder no longer exists, such as a destroyed machine or a killed program."""
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.repair import unlock

    with NodeBackups(folder) as backups:
        held = unlock(backups, backups.settings.repository(repository))
    finish(
        as_json, [f"the lock of {repository} is broken; it was held by {', '.join(held) or 'nobody'}"], WELL, held=held
    )
