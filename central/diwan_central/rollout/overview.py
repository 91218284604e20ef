"""The whole state of the roll-out at one moment, for pages, report and commands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from diwan_core.dictionary import Sentence

from diwan_central.rollout.blocking import Facts, Plan
from diwan_central.rollout.machines import by_site
from diwan_central.rollout.milestones import LATE, PHASES, Milestone, all_milestones
from diwan_central.rollout.readiness import Readiness, readiness
from diwan_central.rollout.sites import Site, all_sites
from diwan_central.rollout.store import RolloutStore


@dataclass(frozen=True)
class Line:
    """A site with how it stands. `milestones` are its own, in order."""

    site: Site
    facts: Facts
    milestones: tuple[Milestone, ...]
    blocked: tuple[Sentence, ...]
    """What blocks the phase it is in."""

    @property
    def ready(self) -> Readiness:
        """Its readiness."""
        return self.facts.ready

    @property
    def current(self) -> Milestone | None:
        """The first milestone that is not done; None where all are or none is planned."""
        return next((one for one in self.milestones if one.state != "done"), None)

    @property
    def phase(self) -> str:
        """The phase it is in: "" where nothing is planned, "finished" where all is done."""
        current = self.current
        return current.phase if current else "finished" if self.milestones else ""

    def late(self, today: date) -> int:
        """Milestones that should be done and are not."""
        return sum(1 for one in self.milestones if one.shown_state(today) == LATE)


@dataclass(frozen=True)
class Overview:
    """The roll-out: its sites as lines of the board, and the plan."""

    lines: tuple[Line, ...]
    plan: Plan
    currency: str
    today: date

    def milestones(self, region: str = "", phase: str = "") -> Iterator[Milestone]:
        """Those of the country, of a region and its sites; all where none is named. With a phase only those of it."""
        own = {str(line.site.id) for line in self.lines if line.site.region == region}
        for one in self.plan.milestones.values():
            of_region = not region or one.level == "country" or one.place in (own if one.level == "site" else {region})
            if of_region and (not phase or one.phase == phase):
                yield one

    def site(self, milestone: Milestone) -> Site | None:
        """The site of a milestone; None for one of a region or the country."""
        if milestone.level != "site":
            return None
        return next((line.site for line in self.lines if str(line.site.id) == milestone.place), None)


def look(store: RolloutStore, folder: Path, today: date) -> Overview:
    """Read all of it. Raises RolloutUnusable, AssetsUnusable."""
    sites = all_sites(store)
    machines, trained = by_site(folder, sites), trained_by_site(store)
    facts = {
        site.id: Facts(readiness(site.answers), machines.get(site.id, ()), trained.get(site.id, 0)) for site in sites
    }
    found = all_milestones(store)
    plan = Plan({one.id: one for one in found}, facts)
    own: dict[int, list[Milestone]] = {}
    for one in found:
        if one.level == "site":
            own.setdefault(int(one.place), []).append(one)
    lines = tuple(_line(site, plan, own.get(site.id, ())) for site in sites)
    return Overview(lines, plan, currency(store), today)


def _line(site: Site, plan: Plan, own: Sequence[Milestone]) -> Line:
    order = list(PHASES)
    milestones = tuple(sorted(own, key=lambda one: (one.starts or one.due, order.index(one.phase), one.id)))
    line = Line(site, plan.facts[site.id], milestones, ())
    current = line.current
    return Line(site, line.facts, milestones, tuple(plan.blocks(current)) if current else ())


def trained_by_site(store: RolloutStore) -> Mapping[int, int]:
    """How many people of each site hold a certificate as users. Raises RolloutUnusable."""
    rows = store.rows(
        "select t.site, count(distinct t.id) from certificate c join trainee t on t.id = c.trainee "
        "where c.module = 'users' and c.withdrawn_on = '' and t.site is not null group by t.site"
    )
    return {row[0]: row[1] for row in rows}


def currency(store: RolloutStore) -> str:
    """The currency of costs, "" where none was set. Raises RolloutUnusable."""
    rows = store.rows("select value from setting where name = 'currency'")
    return str(rows[0]["value"]) if rows else ""
