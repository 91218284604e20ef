"""The page *Backups* of the centre: last verified archive, its age and disk, next drill, holders of the keys."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.archives.standing import DAY_MS, HOUR_MS, RepositoryStanding, standing
from diwan_core.custody.standing import EscrowBroken, custodians_of, escrow
from diwan_core.health.backups import of_backups
from diwan_core.health.words import severity_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.finding_words import say_finding
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.formats import local_day
from diwan_core.web.language.formats import moment as written
from diwan_core.web.language.i18n import _, _n
from flask import Blueprint, render_template

from diwan_central.days import now_ms

_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Row:
    """One repository, in words."""

    name: str
    place: str
    where: str
    archives: int
    moment: str
    age: str
    old: bool
    failure: str


def backup_pages() -> Blueprint:
    """A blueprint with the page of backups."""
    blueprint = Blueprint("backups", __name__, template_folder="templates")

    @blueprint.get("/backups")
    @may(Action.SEE_BACKUPS)
    def index() -> str:
        """How the backups stand: last verified archive, its age and disk, next drill, who holds the keys."""
        now, moment = standing(console().folder), now_ms()
        found = [(severity_of(one), *say_finding(one)) for one in of_backups(console().folder)]
        newest = now.newest
        return render_template(
            "console/backups.html", now=now,
            rows=[_row(one, moment, now.settings.second_days) for one in now.repositories],
            findings=found, newest=_row(newest, moment, 0) if newest else None,
            drill=written(now.drill_ms) if now.drill_ms else "",
            next_drill=local_day(now.next_drill_ms) if now.next_drill_ms else "",
            key=local_day(now.key_checked_ms) if now.key_checked_ms else "", keepers=_keepers(console().folder),
            tail=written(now.tail_ms) if now.tail_ms else "",
            erased_until=local_day(now.erased_until_ms) if now.holding_erased else "",
        )  # fmt: skip

    return blueprint


@dataclass(frozen=True)
class Keeper:
    """A custodian, and the sheet of the escrow in use that is with them: the two words that the sheets begin with, and
    the day on which its words were typed back; both empty where there is none."""

    name: str
    begins: str
    confirmed: str


def _keepers(folder: Path) -> list[Keeper]:
    """The custodians as the ledger named them, and former ones who still have a sheet."""
    who = custodians_of(folder)
    try:
        held = escrow(folder).current
    except (EscrowBroken, OSError):
        held = None  # the finding says so
    sheets = {one.identity: one for one in held.sheets} if held else {}
    people = dict(zip(who.identities, who.names, strict=False)) | {key: one.name for key, one in sheets.items()}
    return [
        Keeper(
            name,
            held.begins if held and key in sheets else "",
            local_day(sheets[key].confirmed_ms) if key in sheets else "",
        )
        for key, name in people.items()
    ]


def _row(one: RepositoryStanding, moment: int, days: int) -> Row:
    where = _("taken home") if one.repository.detached else _("stays here")
    return Row(
        name=one.repository.name,
        place=one.repository.place,
        where=_("plugged in") if one.there and one.repository.detached else where,
        archives=one.archives,
        moment=written(one.verified_ms) if one.verified_ms else "",
        age=age(moment - one.verified_ms) if one.verified_ms else _("never"),
        old=moment - one.verified_ms > max(days, 2) * DAY_MS,
        failure=one.failure,
    )


def age(span_ms: int) -> str:
    """How long ago, in words."""
    if span_ms >= 2 * DAY_MS:
        return _n("{count} day ago", "{count} days ago", span_ms // DAY_MS)
    if span_ms >= 2 * HOUR_MS:
        return _n("{count} hour ago", "{count} hours ago", span_ms // HOUR_MS)
    return _n("{count} minute ago", "{count} minutes ago", max(0, span_ms // _MINUTE_MS))
