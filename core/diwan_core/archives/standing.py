"""The state of a node's backups and what is wrong with it, for `status`, `health` and the console.

Ages are worked out when somebody asks and not noted by a timer, because a timer that has stopped cannot report it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.archives.record import FOLDER, Known, Record, RecordBroken
from diwan_core.archives.settings import BadSettings, Repository, Settings, load

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
_LONG: Final = 7
"""A last verified archive that is older than the agreed age times this number is a fault."""
_GRACE_DAYS: Final = 14
"""Days given to a disk that was taken home to come back."""
_BEHIND_MS: Final = HOUR_MS
_TAIL_MS: Final = 10 * 60_000
"""The tail is written every minute; when it was not for so long, something is wrong."""
TAIL_WRITTEN: Final = "tail-written"
"""A file in the folder of the backups whose time says when the tail was written last."""
Told = Iterator[tuple[str, dict[str, str]]]


@dataclass(frozen=True)
class RepositoryStanding:
    """The state of one repository. Times are ms since 1970 UTC, 0 for never."""

    repository: Repository
    there: bool
    archives: int
    made_ms: int
    verified_ms: int
    """When its newest proven archive was made."""
    failure: str


@dataclass(frozen=True)
class Standing:
    """The state of all backups of a node. `broken` says why nothing is known of them, and is empty as a rule."""

    settings: Settings = field(default_factory=Settings)
    repositories: tuple[RepositoryStanding, ...] = ()
    drill_ms: int = 0
    drill_ok: bool = False
    drill_text: str = ""
    begun_ms: int = 0
    """When the first archive was made."""
    key_checked_ms: int = 0
    last_ms: int = 0
    holding_erased: int = 0
    """How many archives hold values that the law erased later."""
    overdue_erased_ms: int = 0
    """The time by which the first of them was to be deleted."""
    erased_until_ms: int = 0
    """The time by which the last of them is deleted, where its medium can be reached."""
    tail_ms: int = 0
    """When the tail was written onto the second disk last."""
    broken: str = ""

    @property
    def newest_ms(self) -> int:
        """The moment when the newest verified archive was made."""
        return max((one.verified_ms for one in self.repositories), default=0)

    @property
    def newest(self) -> RepositoryStanding | None:
        """The repository that holds the newest proven archive."""
        return next((one for one in self.repositories if one.verified_ms and one.verified_ms == self.newest_ms), None)

    @property
    def detached_ms(self) -> int:
        """The moment when the newest verified archive on a detached medium was made."""
        return max((one.verified_ms for one in self.repositories if one.repository.detached), default=0)

    @property
    def next_drill_ms(self) -> int:
        """The time by which the next drill is due; 0 before there is an archive."""
        since = self.drill_ms or self.begun_ms
        return since + self.settings.drill_days * DAY_MS if since else 0


def standing(folder: Path) -> Standing:
    """The state of the backups of a node. What is wrong with them is said in it and never raised."""
    try:
        settings, known = load(folder), Record(folder).known()
    except (RecordBroken, BadSettings) as error:
        return Standing(broken=str(error))
    holding = known.holding_erased()
    last = known.drills[-1] if known.drills else None
    return Standing(
        settings=settings,
        repositories=tuple(_of(one, known) for one in settings.repositories),
        drill_ms=last.at_ms if last else 0,
        drill_ok=bool(last and last.ok),
        drill_text=last.text if last else "",
        begun_ms=min((one.made_ms for one in known.archives), default=0),
        key_checked_ms=known.key_checked_ms,
        last_ms=known.last_ms,
        tail_ms=_touched_ms(folder / FOLDER / TAIL_WRITTEN),
        holding_erased=len(holding),
        overdue_erased_ms=min(holding.values()) + settings.erased_days * DAY_MS if holding else 0,
        erased_until_ms=max(holding.values()) + settings.erased_days * DAY_MS if holding else 0,
    )


def _touched_ms(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0


def _of(repository: Repository, known: Known) -> RepositoryStanding:
    archives, proven, failed = known.of(repository.name), known.last_verified(repository.name), known.failures
    return RepositoryStanding(
        repository,
        repository.is_there,
        len(archives),
        archives[-1].made_ms if archives else 0,
        proven.made_ms if proven else 0,
        failed[repository.name].text if repository.name in failed else "",
    )


def wrong(folder: Path, now_ms: int) -> Told:
    """The findings about a node's backups: codes of `health.words`, and the values that their sentences name."""
    config = node.load(folder)
    now = standing(folder)
    if not now.broken and not now.repositories:
        age_ms = now_ms - int((folder / node.FILE).stat().st_mtime * 1000)
        if config.role == "central" and age_ms > 3 * DAY_MS:
            yield "backup_none", {}
        return
    if now.broken:
        yield "backup_list_broken", {"reason": now.broken}
        return
    if now_ms < now.last_ms - _BEHIND_MS:
        yield "backup_clock", {"shown": day(now_ms), "last": day(now.last_ms)}
        return
    yield from _ages(now, now_ms)
    for one in now.repositories:
        if one.failure:
            yield f"backup_failed:{one.repository.name}", {"repository": one.repository.name, "reason": one.failure}
    if now.settings.tail and now_ms - now.tail_ms > _TAIL_MS:
        yield "backup_tail_old", {"when": day(now.tail_ms), "place": now.settings.tail}
    if now.settings.media < 2:
        yield "backup_one_medium", {}
    if now.settings.recovery_key and not now.key_checked_ms:
        yield "backup_key_unchecked", {}
    if now.overdue_erased_ms and now_ms > now.overdue_erased_ms + _GRACE_DAYS * DAY_MS:
        yield "backup_erased_overdue", {"due": day(now.overdue_erased_ms)}
    if now.drill_ms and not now.drill_ok:
        yield "backup_drill_failed", {"when": day(now.drill_ms), "reason": now.drill_text}
    elif now.next_drill_ms and now_ms > now.next_drill_ms:
        yield "backup_drill_overdue", {"due": day(now.next_drill_ms)}


def _ages(now: Standing, now_ms: int) -> Told:
    agreed_ms = now.settings.first_hours * HOUR_MS
    if not now.newest_ms:
        yield "backup_never", {}
    elif now_ms - now.newest_ms > _LONG * agreed_ms:
        yield "backup_very_old", {"when": day(now.newest_ms)}
    elif now_ms - now.newest_ms > agreed_ms:
        yield "backup_old", {"when": day(now.newest_ms)}
    if now.settings.media > 1 and not now.detached_ms:
        yield "backup_second_never", {}
    elif now.settings.media > 1 and now_ms - now.detached_ms > now.settings.second_days * DAY_MS:
        yield "backup_second_old", {"when": day(now.detached_ms), "days": str(now.settings.second_days)}


def day(at_ms: int) -> str:
    """A time as it is shown, to the minute; a dash for never."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}" if at_ms else "–"
