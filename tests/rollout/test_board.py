"""The board's drawings: right in both directions, legible without colours, small for a large country."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from diwan_central.rollout.chart import Bar, ChartRow, chart
from diwan_central.rollout.drawings import ROWS_MOST, plan_chart, site_map
from diwan_central.rollout.overview import look
from diwan_central.rollout.sites import make
from diwan_central.rollout.standard_plan import plan_sites
from diwan_central.rollout.store import RolloutStore

from tests.web.conftest import make_site, text_of

from .kit import NOW_MS, good_answers, staged_roll_out

DAY = date(2026, 9, 21)
LATE = Bar("2026-09-01", "2026-09-20", "late", "survey & more")
PLANNED = Bar("2026-09-21", "2026-12-01", "planned", "buying")
DONE, UNDER_WAY = Bar("2026-10-01", "2026-10-31", "done", "a"), Bar("2026-10-15", "2026-11-15", "under_way", "b")
ROWS = [ChartRow("Gate 3 <b>", (LATE, PLANNED)), ChartRow("بوابة", (DONE, UNDER_WAY))]


def bars(drawn: str) -> list[tuple[float, float, float]]:
    """(x, y, width) of each bar, in order."""
    found = re.findall(r'<rect x="([0-9.-]+)" y="([0-9.-]+)" width="([0-9.]+)"', drawn)
    return [(float(x), float(y), float(width)) for x, y, width in found]


def test_time_runs_in_the_direction_of_the_language() -> None:
    ltr, rtl = (bars(chart(ROWS, DAY, "Plan", "today", right_to_left=way)) for way in (False, True))
    assert ltr[0][0] < ltr[1][0] and rtl[0][0] > rtl[1][0]
    for (x, y, width), (mirrored, same, equal) in zip(ltr, rtl, strict=True):
        assert (same, equal) == (y, width)
        assert x + width + mirrored == pytest.approx(960, abs=1.5)


def test_what_happens_at_the_same_time_stands_in_two_lanes() -> None:
    drawn = bars(chart(ROWS, DAY, "Plan", "today", right_to_left=False))
    assert drawn[0][1] == drawn[1][1] and drawn[2][1] != drawn[3][1]


def test_a_chart_is_sound_xml_tells_states_without_colour_and_lets_no_markup_in() -> None:
    drawn = chart(ROWS, DAY, "<Plan>", "today", right_to_left=True)
    root = ElementTree.fromstring(drawn)
    titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert {"<Plan>", "today", "survey & more", "Gate 3 <b>"} <= set(titles)
    assert drawn.count('<g class="chart-late">') == 1 and "<script" not in drawn and "style=" not in drawn
    assert chart([], DAY, "Plan", "today", right_to_left=False) == ""


@pytest.mark.parametrize("days", [1, 40, 400, 4000, 25_000])
def test_labels_of_months_never_crowd_each_other(days: int) -> None:
    row = ChartRow("x", (Bar("2020-01-15", (date(2020, 1, 15) + timedelta(days=days)).isoformat(), "done", "x"),))
    drawn = chart([row], DAY, "x", "x", right_to_left=False)
    places = [float(x) for x in re.findall(r'<text class="chart-quiet" fill="#59636a" x="([0-9.]+)"', drawn)]
    assert places and all(later - sooner >= 40 for sooner, later in pairwise(places))


def test_the_board_shows_table_map_and_chart_to_those_who_plan(tmp_path: Path) -> None:
    site = make_site(tmp_path / "centre", "central", "Centre", "")
    try:
        staged_roll_out(site.folder)
        browser = site.browser("auditor")
        page = browser.get("/rollout")
        assert page.text.count('<svg class="chart" role') == 1 and page.text.count('<svg class="map" role') == 1
        assert "diwan maps fetch" in text_of(page) and "Tender" in page.text
        narrowed = text_of(browser.get("/rollout", phase="unplanned"))
        assert "Gate 3" in narrowed and "Harbour" not in narrowed
        assert "Harbour" in text_of(browser.get("/rollout", standing="late"))
        browser.client.set_cookie("diwan_language", "ar")
        assert 'direction="rtl"' in browser.get("/rollout").text
    finally:
        site.console.close()


def test_the_drawings_of_a_country_of_two_hundred_sites_stay_small(tmp_path: Path) -> None:
    with RolloutStore.open(tmp_path) as store:
        for number in range(200):
            answers = good_answers(position=f"{30 + number % 20 / 10},{35 + number // 20 / 10}")
            make(store, {"code": f"S-{number}", "name": f"Site {number}", "country": "JO"} | answers, "amal", NOW_MS)
        found = look(store, tmp_path, DAY)
        plan_sites(store, [line.site for line in found.lines], DAY, 3, "", "amal", NOW_MS)
        found = look(store, tmp_path, DAY)
        drawn, _source = site_map(found.lines, found, tmp_path)
        bars_drawn = plan_chart(found.lines, found)
        assert drawn.count("<text") >= 200 and len(bars_drawn) < 300_000


def test_what_the_chart_leaves_out_is_said(tmp_path: Path) -> None:
    site = make_site(tmp_path / "centre", "central", "Centre", "")
    try:
        with RolloutStore.open(site.folder) as store:
            for number in range(ROWS_MOST + 1):
                make(store, {"code": f"S-{number}", "name": f"Site {number}"}, "amal", NOW_MS)
            found = look(store, site.folder, DAY)
            plan_sites(store, [line.site for line in found.lines], DAY, 0, "", "amal", NOW_MS)
        assert f"The chart shows the first {ROWS_MOST} sites" in text_of(site.browser("auditor").get("/rollout"))
    finally:
        site.console.close()
