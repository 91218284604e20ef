"""The board of the roll-out: a table of all sites with their state, a map, and the plan as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, said
from flask import Blueprint, render_template, request
from markupsafe import Markup

from diwan_central.rollout.drawings import ROWS_MOST, plan_chart, site_map
from diwan_central.rollout.kit import open_store, overview
from diwan_central.rollout.milestones import PHASES, STATE_WORDS
from diwan_central.rollout.overview import Line, Overview
from diwan_central.rollout.plan_words import name_of
from diwan_central.rollout.questions import QUESTIONS
from diwan_central.rollout.sites import regions
from diwan_central.rollout.words import standing_words

SHOWN: Final = 500
STANDINGS: Final[Mapping[str, str]] = {
    "ready": N_("ready"),
    "stopped": N_("stopped by something"),
    "open": N_("questionnaire not complete"),
    "late": N_("late"),
}
PHASE_FILTER: Final[Mapping[str, str]] = {
    **PHASES,
    "finished": N_("all done"),
    "unplanned": N_("nothing planned"),
}


def is_shown(line: Line, look: Overview, region: str, phase: str, standing: str) -> bool:
    """Whether a site passes the filters; empty ones let all pass."""
    if (region and line.site.region != region) or (phase and (line.phase or "unplanned") != phase):
        return False
    match standing:
        case "ready":
            return line.ready.is_ready
        case "stopped":
            return bool(line.ready.stops)
        case "open":
            return not line.ready.is_complete
        case "late":
            return line.late(look.today) > 0
    return True


def add_board_pages(blueprint: Blueprint) -> None:
    """The routes of the board."""

    @blueprint.get("/rollout")
    @may(Action.SEE_ROLL_OUT)
    def index() -> str:
        """The board of the roll-out: table, map and chart."""
        region, phase, standing = (request.args.get(name, "")[:80] for name in ("region", "phase", "standing"))
        with open_store() as store:
            look = overview(store)
        lines = [line for line in look.lines if is_shown(line, look, region, phase, standing)]
        drawn, source = site_map(lines, look, console().folder)
        return render_template(
            "rollout/board.html", lines=lines[:SHOWN], found=len(lines), total=len(look.lines), region=region,
            phase=phase, standing=standing, regions=list(regions([line.site for line in look.lines])),
            standings=STANDINGS, phases=PHASE_FILTER, standing_words=standing_words, questions=len(QUESTIONS),
            ready=sum(1 for line in lines if line.ready.is_ready), look=look, name_of=name_of, said=said,
            late=sum(1 for line in lines if line.late(look.today)), map=Markup(drawn), source=source,  # noqa: S704  drawn here, with its texts escaped
            chart=Markup(plan_chart(lines, look, region)), states=STATE_WORDS, most_rows=ROWS_MOST,  # noqa: S704  drawn here, with its texts escaped
        )  # fmt: skip
