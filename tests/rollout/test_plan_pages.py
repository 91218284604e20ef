"""The plan in the centre's console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import Browser, Site, make_site, text_of
from tests.web.forms import form_of

from .kit import two_sites

pytestmark = pytest.mark.slow

LATE = {"where": "country", "phase": "procurement", "title": "Tender", "due": "2026-01-31", "state": "planned"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    two_sites(made.folder)
    yield made
    made.console.close()


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser("technician")


def add(browser: Browser, **typed: str | list[str]) -> str:
    answer = browser.post("/rollout/milestones/new", {**LATE, **typed})
    assert answer.status_code == 303, text_of(answer)
    return answer.location


def test_all_sites_are_planned_with_one_press_and_what_is_late_is_said(site: Site, browser: Browser) -> None:
    answer = browser.post("/rollout/plan", {"starts": "2026-01-05", "apart": "7", "owner": "Huda", "of": ""})
    plan = text_of(browser.follow(answer))
    assert "14 milestones" in plan and "late" in plan and "Plan sites in the usual way" not in plan
    assert text_of(browser.get("/rollout/plan", phase="acceptance", state="late")).count("acceptance (") == 2
    page = text_of(browser.get("/rollout/sites/1"))
    assert "Questions without an answer" in page and "Huda" in page
    assert "the usual milestones were added, sites: 2" in text_of(site.browser("auditor").get("/log"))


def test_impossible_days_and_numbers_are_said_beside_their_field(browser: Browser) -> None:
    wrong = browser.post("/rollout/plan", {"starts": "", "apart": "many", "owner": "", "of": ""})
    assert wrong.status_code == 422 and "Enter the day on which" in text_of(wrong) and 'value="many"' in wrong.text
    wrong = browser.post("/rollout/milestones/new", {**LATE, "starts": "2026-02-01", "cost": "a lot"})
    assert wrong.status_code == 422 and "not an amount" in text_of(wrong) and 'value="a lot"' in wrong.text
    wrong = browser.post("/rollout/milestones/new", {**LATE, "starts": "2026-02-01"})
    assert wrong.status_code == 422 and "before it begins on" in text_of(wrong)
    assert browser.post("/rollout/milestones/new", {}).status_code == 422
    assert browser.post("/rollout/currency", {"currency": "euros"}).status_code == 422
    assert "Nothing is planned yet" in text_of(browser.get("/rollout/plan"))


def test_a_circle_is_refused_by_name(browser: Browser) -> None:
    first = add(browser)
    second = add(browser, title="Award", needs=[first.rpartition("/")[2]])
    answer = browser.post(first, {**LATE, "seen": "1", "needs": [second.rpartition("/")[2]]})
    assert answer.status_code == 422
    assert "Tender (the whole country) → Award (the whole country) → Tender" in text_of(answer)


def test_what_is_blocked_cannot_be_called_done_and_it_is_said_why(site: Site, browser: Browser) -> None:
    first = add(browser, where="site:1", phase="acceptance", title="")
    answer = browser.post(first, {**LATE, "where": "site:1", "phase": "acceptance", "state": "done", "seen": "1"})
    page = text_of(answer)
    assert answer.status_code == 422 and "It cannot be done yet" in page and "No machine was accepted here" in page
    tender = add(browser)
    done = browser.post(tender, {**LATE, "state": "done", "seen": "1"})
    assert done.status_code == 303
    assert "done" in text_of(browser.get(tender))


def test_the_second_of_two_people_is_told_and_may_decide(site: Site, browser: Browser) -> None:
    way = add(browser)
    other = site.browser("administrator")
    seen = form_of(other.get(way).text, 'name="seen"')
    assert browser.post(way, {**LATE, "owner": "Amal", "seen": "1"}).status_code == 303
    answer = other.post(way, {**seen, "owner": "Huda", "where": "country"})
    assert answer.status_code == 409 and "wrote “Amal” here" in text_of(answer)
    again = form_of(answer.text, 'name="seen"')
    assert again["owner"] == "Huda"
    assert other.post(way, again).status_code == 303
    assert "Amal → Huda" in text_of(other.get(way))


def test_a_milestone_is_taken_out(site: Site, browser: Browser) -> None:
    way = add(browser)
    assert browser.post(f"{way}/remove").status_code == 303
    assert browser.get(way).status_code == 404 and browser.post(f"{way}/remove").status_code == 404
    assert "milestone 1 (procurement) was taken out of the plan" in text_of(site.browser("auditor").get("/log"))


def test_an_auditor_sees_the_plan_and_changes_nothing(site: Site, browser: Browser) -> None:
    way = add(browser)
    auditor = site.browser("auditor")
    assert "Tender" in text_of(auditor.get(way)) and '<form class="sheet" method="post"' not in auditor.get(way).text
    for path in (way, f"{way}/remove", "/rollout/plan", "/rollout/currency", "/rollout/milestones/new"):
        assert auditor.post(path, LATE).status_code == 403, path
    assert site.browser("officer").get("/rollout/plan").status_code == 403
