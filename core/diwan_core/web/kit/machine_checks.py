"""What the page of this machine looked at, in words: each area is well, or somebody has to look at it (ADR 58)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from diwan_core import world
from diwan_core.archives.standing import standing
from diwan_core.dictionary import Sentence
from diwan_core.health.findings import Finding
from diwan_core.health.machine import certificate_ends
from diwan_core.health.words import Severity, severity_of
from diwan_core.web.kit import trusted_moment
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.finding_words import say_finding
from diwan_core.web.kit.mirror_stick import mirror_stick
from diwan_core.web.language.ages import spoken_age
from diwan_core.web.language.formats import local_day, show_number, show_time_of
from diwan_core.web.language.i18n import N_, _, _n

State = Literal["good", "warning", "fault"]

AREAS: Final[dict[str, tuple[str, ...]]] = {
    N_("Disk"): ("disk_", "register_", "salvaged_"),
    N_("Clock"): ("clock_",),
    N_("Line"): ("rows_wait", "session_"),
    N_("Certificates"): ("certificate_", "console_"),
    N_("Backups"): ("backup_", "custodians_", "escrow_", "mirror_"),
    N_("Records"): ("case_numbers_",),
    N_("Machine and programs"): ("memory_", "machine_", "power_", "service_", "part_", "code_edition_"),
}
"""The areas in their order, and how the codes of their findings begin."""


@dataclass(frozen=True)
class Check:
    """One area: how it stands, and what was seen."""

    area: str
    state: State
    text: str


def area_of(code: str) -> str:
    """The area to which a finding belongs; the last one for a finding of another release."""
    return next((area for area, begins in AREAS.items() if code.startswith(begins)), next(reversed(AREAS)))


def lacks_backup(found: Sequence[Finding]) -> bool:
    """Whether this is a centre of which no copy was ever made, and no finding says so: those give a new one three
    days."""
    told = any(one.code.startswith("backup_") for one in found)
    return not (told or console().at_post or standing(console().folder).newest_ms)


def said_of(found: Sequence[Finding]) -> list[tuple[Severity, str, Sentence, Sentence | None]]:
    """Findings as pages show them: severity, code, what is wrong, what to do. At a centre without any backup that is
    said from its first day on, and until it is a finding as a warning."""
    first: list[tuple[Severity, str, Sentence, Sentence | None]] = []
    if lacks_backup(found):
        first = [("warning", "backup_none", *say_finding(Finding("backup", "backup_none", 0.0, {})))]
    return first + [(severity_of(one), one.code.partition(":")[0], *say_finding(one)) for one in found]


def checks(found: Sequence[Finding]) -> list[Check]:
    """All areas in their order, by what was found; a notice is nothing to be done."""
    states: dict[str, State] = dict.fromkeys(AREAS, "good")
    for one in found:
        severity, area = severity_of(one), area_of(one.code)
        if severity == "fault" or (severity == "warning" and states[area] == "good"):
            states[area] = severity
    if lacks_backup(found):
        states[area_of("backup_none")] = "warning"
    said: tuple[Callable[[], str], ...] = (_disk, _clock, _line, _certificates, _backups, _records, _machine)
    return [Check(_(area), states[area], say()) for area, say in zip(AREAS, said, strict=True)]


def _disk() -> str:
    try:
        usage = shutil.disk_usage(console().folder)
    except OSError:
        return ""
    free, size = (show_number(f"{count / 1000**3:.1f}") for count in (usage.free, usage.total))
    return _("{free} GB of {size} GB are free", free=free, size=size)


def _clock() -> str:
    shown = show_time_of(trusted_moment.now().astimezone())
    return shown if trusted_moment.today() else _("{moment}: this cannot be", moment=shown)


def _line() -> str:
    now_ms = int(world.wall_s() * 1000)
    if not console().at_post:
        heard = max((node["heard_ms"] or 0 for node in register().nodes() if node["role"] == "post"), default=0)
        return _("A post was heard {age}", age=spoken_age(now_ms - heard)) if heard else _("No post was heard yet")
    count, heard_ms = register().unsent()
    if heard_ms is None:
        answered = _("The centre has not answered yet. Reports are kept here until it does.")
    else:
        answered = _("The centre answered {age}", age=spoken_age(now_ms - heard_ms))
    waiting = _n("{count} change waits to be sent", "{count} changes wait to be sent", count) if count else ""
    return " · ".join(filter(None, (answered, waiting)))


def _certificates() -> str:
    ends = certificate_ends(console().folder)
    return _("Valid until {day}", day=local_day(int(min(ends) * 1000))) if ends else _("None yet")


def _backups() -> str:
    newest = standing(console().folder).newest_ms
    if newest:
        return _("Newest verified archive: {age}", age=spoken_age(int(world.wall_s() * 1000) - newest))
    if mirror := mirror_stick():
        return mirror.text
    if console().at_post:
        return _("What is stored at the centre is in its backups.")
    return _("No verified archive yet")


def _records() -> str:
    return _("Numbers of cases")


def _machine() -> str:
    return _("Memory, heat, power supply and programs")
