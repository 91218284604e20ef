"""The board of the roll-out: every site with how it stands."""

from __future__ import annotations

from dataclasses import dataclass

from diwan_core.web.access import may
from diwan_core.web.i18n import N_
from diwan_core.web.permissions import Action
from flask import Blueprint, render_template, request

from diwan_central.rollout.kit import opened
from diwan_central.rollout.questions import QUESTIONS
from diwan_central.rollout.readiness import Readiness, readiness
from diwan_central.rollout.sites import Site, all_sites, regions
from diwan_central.rollout.words import standing_words

SHOWN = 500
STANDINGS = {"ready": N_("ready"), "stopped": N_("stopped by something"), "open": N_("questionnaire not complete")}


@dataclass(frozen=True)
class Line:
    """A site on the board."""

    site: Site
    ready: Readiness

    def is_one_of(self, standing: str) -> bool:
        """Whether it is shown under a filter of STANDINGS; all are where there is none."""
        match standing:
            case "ready":
                return self.ready.is_ready
            case "stopped":
                return bool(self.ready.stops)
            case "open":
                return not self.ready.is_complete
        return True


def add_board_pages(blueprint: Blueprint) -> None:
    """The routes of the board."""

    @blueprint.get("/rollout")
    @may(Action.SEE_ROLL_OUT)
    def index() -> str:
        region, standing = request.args.get("region", "")[:80], request.args.get("standing", "")
        with opened() as store:
            sites = all_sites(store)
        lines = [Line(site, readiness(site.answers)) for site in sites if not region or site.region == region]
        lines = [line for line in lines if line.is_one_of(standing)]
        return render_template(
            "rollout/board.html", lines=lines[:SHOWN], found=len(lines), total=len(sites), region=region,
            standing=standing, regions=list(regions(sites)), standings=STANDINGS, standing_words=standing_words,
            questions=len(QUESTIONS), ready=sum(1 for line in lines if line.ready.is_ready),
        )  # fmt: skip
