"""The texts of the plan (milestones, places, values) in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _

from diwan_central.rollout.milestones import PHASES, STATES, Milestone
from diwan_central.rollout.overview import Overview
from diwan_central.rollout.sites import regions


def name_of(milestone: Milestone) -> str:
    """A milestone alone: its title, else its phase."""
    return milestone.title or _(PHASES[milestone.phase])


def where_words(milestone: Milestone, look: Overview) -> str:
    """The place of a milestone in words: a site's name, a region, the country."""
    if milestone.level == "region":
        return milestone.place
    site = look.site(milestone)
    return site.name if site else _("the whole country")


def title_of(milestone: Milestone, look: Overview) -> str:
    """A milestone with its place."""
    return f"{name_of(milestone)} ({where_words(milestone, look)})"


def where_options(look: Overview) -> Mapping[str, str]:
    """All that a milestone can be for, by the value of the form."""
    sites = [line.site for line in look.lines]
    return {
        "country": _("the whole country"),
        **{f"region:{region}": _("region {name}", name=region) for region in regions(sites)},
        **{f"site:{site.id}": f"{site.code} {site.name}" for site in sites},
    }


def milestone_value(field: str, value: str) -> str:
    """A value as the list of changes shows it."""
    if field == "phase" and value in PHASES:
        return _(PHASES[value])
    if field == "state" and value in STATES:
        return _(STATES[value])
    if field == "needs":
        return ", ".join(f"#{number}" for number in value.split())
    return show_day(value) if field in ("starts", "due", "done_on") else value
