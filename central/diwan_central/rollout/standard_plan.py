"""The usual plan of a site, from the questionnaire to the first month of work, as milestones that depend on each
other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from diwan_central.rollout.milestones import add_within, all_milestones
from diwan_central.rollout.sites import Site
from diwan_central.rollout.store import RolloutStore


@dataclass(frozen=True)
class Step:
    """A phase: how many days it takes, and which phases have to be done before."""

    phase: str
    days: int
    after: tuple[str, ...] = ()


STANDARD: Final = (
    Step("questionnaire", 14),
    Step("assessment", 7, ("questionnaire",)),
    Step("procurement", 60, ("assessment",)),
    Step("installation", 10, ("procurement",)),
    Step("training", 5, ("assessment",)),
    Step("acceptance", 3, ("installation", "training")),
    Step("operation", 30, ("acceptance",)),
)
"""Machines take two months to come; people are trained shortly before they are needed."""


def plan_sites(
    store: RolloutStore, sites: Sequence[Site], starts: date, apart_days: int, owner: str, person: str, now_ms: int
) -> int:  # fmt: skip
    """Give the usual milestones to those of these sites that have none, each begun so many days after the one before.
    All or none are planned; how many sites were. Raises RolloutUnusable."""
    with store.writing():
        planned = {milestone.place for milestone in all_milestones(store) if milestone.level == "site"}
        wanted = [site for site in sites if str(site.id) not in planned]
        for number, site in enumerate(wanted):
            _plan_one(store, site, starts + timedelta(days=number * apart_days), owner, person, now_ms)
    return len(wanted)


def _plan_one(store: RolloutStore, site: Site, starts: date, owner: str, person: str, now_ms: int) -> None:
    ends: dict[str, date] = {}
    made: dict[str, int] = {}
    begins: dict[str, date] = {}
    for step in STANDARD:
        begins[step.phase] = max((ends[phase] + timedelta(days=1) for phase in step.after), default=starts)
        ends[step.phase] = begins[step.phase] + timedelta(days=step.days - 1)
    shift = ends["installation"] - ends["training"]  # training ends with the installation, so that nobody forgets
    begins["training"], ends["training"] = begins["training"] + shift, ends["training"] + shift
    for step in STANDARD:
        made[step.phase] = add_within(
            store,
            {
                "level": "site", "place": str(site.id), "phase": step.phase, "owner": owner, "state": "planned",
                "starts": begins[step.phase].isoformat(), "due": ends[step.phase].isoformat(),
                "needs": " ".join(str(made[phase]) for phase in step.after),
            },
            person, now_ms,
        )  # fmt: skip
