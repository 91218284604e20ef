"""Deletes old archives by our own list, never by their age alone, and never the last good one.

Counted are days, weeks and months that have an archive, so a clock that jumps deletes nothing; one that says less
than the list knows stops it altogether. The space is freed (compacted) only while repository and list agree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diwan_core import crash
from diwan_core.archives.record import Archive, is_proven
from diwan_core.archives.settings import Repository, Settings
from diwan_core.archives.standing import DAY_MS

from diwan_backup.borg import Borg
from diwan_backup.errors import BackupError, ClockDoubtful, DamagedRepository
from diwan_backup.node_backups import NodeBackups
from diwan_backup.run import reconcile

_BEHIND_MS: Final = 3_600_000
_NEWEST: Final = 3

Agreed = Callable[[dict[str, str]], object]


@dataclass
class Pruned:
    """The deleted archives, and whether the space was freed."""

    repository: str
    deleted: list[str] = field(default_factory=list)
    kept: int = 0
    compacted: bool = False


def to_keep(
    archives: Sequence[Archive], settings: Settings, holding_erased: Mapping[str, int], now_ms: int
) -> set[str]:
    """The ids of those that stay, of one repository's archives, the oldest first: the newest few, all since the last
    proven one and that one itself, and the newest proven one of each of the last days, weeks and months. Of those that
    hold what was erased later none stays beyond the agreed days, unless it is the last proven one."""
    kept = {one.id for one in archives[-_NEWEST:]}
    proven = [one for one in archives if is_proven(one)]
    if not proven:
        return {one.id for one in archives}
    kept |= {one.id for one in archives[archives.index(proven[-1]) :]}
    for many, period in ((settings.daily, _day), (settings.weekly, _week), (settings.monthly, _month)):
        kept |= _newest_of_each(proven, period, many)
    overdue = {name for name, since in holding_erased.items() if now_ms - since > settings.erased_days * DAY_MS}
    return kept - (overdue - {proven[-1].id})


def _newest_of_each(archives: Sequence[Archive], period: Callable[[datetime], str], many: int) -> set[str]:
    newest: dict[str, str] = {}
    for one in reversed(archives):
        newest.setdefault(period(datetime.fromtimestamp(one.made_ms / 1000, UTC)), one.id)
    return set(list(newest.values())[:many])


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _week(moment: datetime) -> str:
    return f"{moment:%G-%V}"


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


@dataclass(frozen=True)
class Plan:
    """The archives that would be deleted of a repository, and how many stay."""

    repository: Repository
    going: list[Archive]
    kept: int

    def about(self) -> dict[str, str]:
        """The text of an act of custodians about it: these very archives, and no others."""
        ids = hashlib.sha256("\n".join(sorted(one.id for one in self.going)).encode()).hexdigest()
        return {
            "repository": self.repository.name,
            "archives": str(len(self.going)),
            "from": self.going[0].name if self.going else "-",
            "to": self.going[-1].name if self.going else "-",
            "ids": ids,
        }


def plan_pruning(backups: NodeBackups, repository: Repository, key: Path | None = None) -> tuple[Plan, Borg]:
    """The archives to be deleted, after the list was compared with the repository. `key`: another SSH key than the
    node's. Raises BackupError, ClockDoubtful, DamagedRepository."""
    known = backups.known()
    if backups.now_ms() < known.last_ms - _BEHIND_MS:
        raise ClockDoubtful(
            "the clock of this machine is behind the newest archive in the list, so nothing is deleted. "
            "Set the clock first"
        )
    borg, listed = backups.opened(repository)
    borg.ssh_key = key
    unknown, missing = reconcile(backups, borg, listed)
    if unknown or missing:
        raise DamagedRepository(
            f"the repository {repository.name} does not hold what the list says ({len(missing)} archives gone, "
            f"{len(unknown)} unknown): nothing is deleted. Look at `diwan backup verify --repository {repository.name}`"
        )
    archives = backups.known().of(repository.name)
    now = backups.known()
    kept = to_keep(archives, backups.settings, now.holding_erased(), now.last_ms)
    return Plan(repository, [one for one in archives if one.id not in kept or one.pruning], len(kept)), borg


def prune(
    backups: NodeBackups, repository: Repository, *, key: Path | None = None, agree: Agreed | None = None
) -> Pruned:
    """Delete what is not kept, and free its space. On another machine only where `agree` does not raise for what goes,
    with an SSH `key` that is not restricted to appending. Raises BackupError, ClockDoubtful."""
    if repository.kind == "remote" and (agree is None or key is None):
        raise BackupError(
            f"{repository.name} is on another machine, which takes no deletions from here: prune it at a custodian's "
            "console, with a key that is not restricted to appending (--ssh-key) and an act of two custodians (--ask)"
        )
    plan, borg = plan_pruning(backups, repository, key)
    if agree is not None and plan.going:
        agree(plan.about())
    done = Pruned(repository.name, kept=plan.kept)
    for one in plan.going:
        backups.note("pruning", repository.name, archive=one.id, name=one.name)
        crash.point("backup-pruning")
        borg.run("delete", borg.names(one.name))
        crash.point("backup-deleted")
        backups.note("pruned", repository.name, archive=one.id, name=one.name)
        done.deleted.append(one.name)
    if repository.name in backups.known().compact_due:
        compact(backups, borg)
        done.compacted = True
    return done


def compact(backups: NodeBackups, borg: Borg) -> None:
    """Free the space of deleted archives, only where list and repository agree. Raises DamagedRepository."""
    repository = borg.repository
    present = {one.id for one in backups.inventory(borg)}
    if present != {one.id for one in backups.known().of(repository.name)}:
        raise DamagedRepository(
            f"the repository {repository.name} does not hold what the list says: its space is not freed, so that what "
            "was deleted can still be brought back"
        )
    crash.point("backup-compacting")
    borg.run("compact", borg.names())
    crash.point("backup-compacted")
    backups.note("compacted", repository.name)
