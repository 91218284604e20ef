"""The first page: what each role finds there, this week against last, and drawings that need no colour and no mouse."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from diwan_core.maps.outlines import load
from diwan_core.register import Edit
from diwan_core.web.home import weeks, work
from diwan_core.web.home.bars import Pair, bars

from .conftest import SHORT, Site, make_site, text_of

#: What stands in the headings of the first page, by console and role.
PANELS = {
    ("post", "officer"): ["Work", "Warnings"],
    ("post", "supervisor"): ["Work", "Warnings", "Approvals", "This week", "Newest"],
    ("post", "technician"): ["This machine"],
    ("post", "auditor"): ["Look up", "Who looked at what", "Approvals", "This week", "Newest"],
    ("central", "analyst"): ["Look up", "Posts", "Warnings", "This week", "Newest"],
    ("central", "administrator"): ["This machine", "Posts", "Backups", "Approvals", "People"],
    ("central", "technician"): ["This machine", "Posts", "Backups"],
    ("central", "auditor"): [
        "Look up", "Posts", "Backups", "Who looked at what", "Approvals", "This week", "Newest",
    ],
}  # fmt: skip

WHOLE = {
    "type": "seizure", "status": "submitted", "date": "2026-11-21", "country": "JO", "direction": "import",
    "detection_method": "routine", "concealment_method": "none",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip


@pytest.fixture
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (weeks, work):
        monkeypatch.setattr(module, "today", lambda: date(2026, 11, 22))


@pytest.mark.parametrize(("console", "role"), PANELS)
def test_each_role_finds_its_own_work(
    post: Site, centre: Site, monkeypatch: pytest.MonkeyPatch, console: str, role: str
) -> None:
    monkeypatch.setattr("diwan_core.web.home.tending.present", lambda folder: [])
    answer = (post if console == "post" else centre).browser(role).get("/")
    assert answer.status_code == 200
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", answer.text) == PANELS[console, role]


def test_a_fault_of_the_machine_stands_first_for_everybody(post: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from diwan_core.health.findings import Finding

    full = Finding("machine", "disk_full", 0.0, {"free": "10 MB", "size": "32 GB"})
    monkeypatch.setattr("diwan_core.web.home.tending.present", lambda folder: [full])
    for role in ("officer", "technician"):
        text = text_of(post.browser(role).get("/"))
        assert "Fault" in text and "10 MB" in text and "All is well" not in text


@pytest.fixture
def fresh(tmp_path: Path) -> Site:
    return make_site(tmp_path / "node", "post", "Gate", "JOAQJ")


def test_a_supervisor_sees_what_waits_what_is_late_and_this_week_against_last(fresh: Site, on_the_day: None) -> None:
    officer = fresh.browser("officer")
    for day in ("2026-11-21", "2026-11-20", "2026-11-12", "2026-10-01"):
        assert officer.post("/cases/new", {**SHORT, "date": day}).status_code == 303
    answer = fresh.browser("supervisor").get("/")
    text = text_of(answer)
    assert "2 cases have waited to be checked for more than 3 days" in text
    assert "Cases to check: 4" in text
    assert "2 cases in the last 7 days · 1 in the 7 days before" in text
    row = re.search(r"<tr><th[^>]*>Drugs</th>(.*?)</tr>", answer.text)
    assert row and re.findall(r"<bdi>(\d+)</bdi>", row[1]) == ["2", "1"], "the table has the figures of the chart"
    assert "Drugs: 2 in the last 7 days, 1 in the 7 days before" in answer.text
    fresh.console.close()


def test_the_newest_are_those_of_the_latest_days_whenever_they_were_written(fresh: Site, on_the_day: None) -> None:
    officer = fresh.browser("officer")
    for day in ("2026-11-21", "2020-01-06", "2026-11-20"):  # the second is an old case, typed in later
        assert officer.post("/cases/new", {**SHORT, "date": day}).status_code == 303
    text = text_of(fresh.browser("supervisor").get("/")).partition("Newest")[2]
    places = [text.index(day) for day in ("21 Nov 2026", "20 Nov 2026", "6 Jan 2020")]
    assert places == sorted(places)
    fresh.console.close()


def test_the_week_of_a_clock_that_is_wrong_is_not_shown(post: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (weeks, work):
        monkeypatch.setattr(module, "today", lambda: None)
    text = text_of(post.browser("supervisor").get("/"))
    assert "in the last 7 days" not in text and "Work" in text


def test_the_centre_shows_offices_on_a_map_with_the_table_beside(
    centre: Site, on_the_day: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diwan_core.dictionary import DICTIONARY

    places = DICTIONARY.codes("locode")
    monkeypatch.setattr(type(places), "position", lambda self, code: "29.53,35.0" if code == "JOAQJ" else "")
    with centre.console.writing() as register:
        for office in ("JOAQJ", "JOAQJ", "JOXXX"):
            register.save([Edit("case", {**WHOLE, "office": office})], author="analyst")
    analyst = centre.browser("analyst")
    bare = analyst.get("/").text
    assert 'class="map"' not in bare and "diwan maps" not in bare, "without outlines a map is an empty box"
    assert re.search(r"<caption[^>]*>Cases by office</caption>", bare)
    triangle = {"type": "Polygon", "coordinates": [[[34, 29], [36, 29], [36, 31], [34, 29]]]}
    country = {"type": "Feature", "id": "JO", "properties": {"name": "Jordan"}, "geometry": triangle}
    load(centre.folder, json.dumps({"type": "FeatureCollection", "features": [country]}).encode(), "Invented")
    text = analyst.get("/").text
    assert "Outlines: Invented." in text
    drawn = re.search(r'<svg class="map".*?</svg>', text, re.S)
    assert drawn and "Aqabah 2" in drawn[0] and "<title>" in drawn[0] and "JOXXX" not in drawn[0]
    table = re.search(r"<caption[^>]*>Cases by office</caption>.*?</table>", text, re.S)
    assert table and "Aqabah" in table[0] and "JOXXX" in table[0], "what has no place on the map stands in the table"
    arabic = analyst.client.get("/", headers={"Accept-Language": "ar"}).text
    assert 'class="bars" role="img" direction="rtl"' in arabic


def test_open_warnings_are_told_without_what_identifies_people(post: Site) -> None:
    values = {"kind": "warning", "status": "submitted", "precedence": "immediate", "profile": "Karim's lorry"}
    with post.console.writing() as register:
        register.save([Edit("message", values)], author="supervisor")
    text = text_of(post.browser("officer").get("/"))
    assert "Immediate" in text and "Karim" not in text


def test_bars_are_told_apart_without_colour_and_mirrored() -> None:
    pairs = [Pair("Drugs", 4, 2, "Drugs: 4 and 2"), Pair("<Tobacco>", 0, 1, "Tobacco: 0 and 1")]
    drawn = bars(pairs, "Cases", "Two bars each", right_to_left=False)
    assert '<title id="bars-title">Cases</title><desc id="bars-desc">Two bars each</desc>' in drawn
    assert 'id="hatched"' in drawn and drawn.count('class="bars-number"') == 4 and "&lt;Tobacco&gt;" in drawn
    assert 'class="bars-now" x="0.0%" y="22" width="82.0%"' in drawn
    mirrored = bars(pairs, "Cases", "Two bars each", right_to_left=True)
    assert 'direction="rtl"' in mirrored and 'class="bars-now" x="18.0%" y="22" width="82.0%"' in mirrored
    assert bars([Pair("Drugs", 0, 0, "")], "Cases", "", right_to_left=False) == ""
