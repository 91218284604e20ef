"""The map of sites and the chart of the plan for the board, in the reader's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from diwan_core.maps.drawing import Mark, Place, draw
from diwan_core.maps.outlines import kept
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import _, direction

from diwan_central.rollout.chart import Bar, ChartRow, chart
from diwan_central.rollout.milestones import STATE_WORDS, Milestone
from diwan_central.rollout.overview import Line, Overview
from diwan_central.rollout.plan_words import name_of
from diwan_central.rollout.words import standing_words

ROWS_MOST: Final = 60
PLACES_MOST: Final = 300

_ON_PAPER: Final = {
    "map-sea": 'fill="#eef3f3"',
    "map-land": 'fill="#ffffff" stroke="#7d868c" stroke-width=".6"',
    "map-home": 'fill="#e3efee" stroke="#7d868c" stroke-width=".6"',
    "map-good": 'fill="#1d6238" stroke="#1d6238"',
    "map-warning": 'fill="#7a4b00" stroke="#7a4b00"',
    "map-fault": 'stroke="#a3231b" stroke-width="3"',
    "map-plain": 'fill="#59636a" stroke="#59636a"',
}


def mark_of(line: Line, overview: Overview) -> Mark:
    """The mark of a site on the map: a fault where it is late, a warning where something stops it."""
    if line.late(overview.today):
        return "fault"
    if line.ready.stops:
        return "warning"
    return "good" if line.ready.is_ready else "plain"


def site_map(lines: Sequence[Line], overview: Overview, folder: Path) -> tuple[str, str]:
    """The map of these sites and the source of its outlines; "" where no site has a position."""
    places = []
    for line in lines[:PLACES_MOST]:
        if position := line.site.answers.get("position"):
            latitude, longitude = map(float, position.split(","))
            title = f"{line.site.name}: {standing_words(line.ready)}"
            places.append(Place(longitude, latitude, line.site.name, mark_of(line, overview), title))
    if not places:
        return "", ""
    source, outlines = kept(folder)
    countries = Counter(line.site.country for line in lines if line.site.country)
    home = countries.most_common(1)[0][0] if countries else ""
    return draw(outlines, places, home=home, title=_("Map of the sites")), source


def for_paper(drawn: str) -> str:
    """A map with its colours in itself: no stylesheet of the console reaches onto paper."""
    for mark, colours in _ON_PAPER.items():
        drawn = drawn.replace(f'class="{mark}"', f'class="{mark}" {colours}')
        drawn = drawn.replace(f'class="map-place {mark}"', f'class="map-place {mark}" {colours}')
    return drawn.replace("<text ", '<text fill="#1d2428" stroke="none" font-family="sans-serif" font-size="13" ')


def plan_chart(lines: Sequence[Line], overview: Overview, region: str = "", phase: str = "") -> str:
    """The chart: milestones of the country and of regions first, then a row for each site."""
    rows = list(_wider(overview, region, phase))
    for line in lines[:ROWS_MOST]:
        own = [one for one in line.milestones if not phase or one.phase == phase]
        if bars := _bars(own, overview):
            rows.append(ChartRow(line.site.name, bars))
    return chart(
        rows, overview.today, _("Chart of the plan"), _("today"), right_to_left=direction() == "rtl"
    )  # fmt: skip


def _wider(overview: Overview, region: str, phase: str) -> Iterator[ChartRow]:
    wider: dict[str, list[Milestone]] = {}
    for one in overview.milestones(region, phase):
        if one.level != "site":
            wider.setdefault(one.place, []).append(one)
    for place, found in sorted(wider.items()):
        if bars := _bars(found, overview):
            yield ChartRow(place or _("the whole country"), bars)


def _bars(found: Sequence[Milestone], overview: Overview) -> tuple[Bar, ...]:
    bars = []
    for one in found:
        state = one.shown_state(overview.today)
        ends = one.done_on if one.state == "done" and one.done_on else one.due
        starts = min(one.starts or ends, ends)
        if ends:
            title = f"{name_of(one)}: {_(STATE_WORDS[state])}, {show_day(starts)} – {show_day(ends)}"
            bars.append(Bar(starts, ends, state, title))
    return tuple(bars)
