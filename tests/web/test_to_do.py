"""Where a person's day begins they are told what waits for them, and drafts of one day can be told apart."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import SHORT, Browser, Site, make_site, text_of
from .forms import form_of, place


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[Site]:
    """A post at which nothing has happened."""
    site = make_site(tmp_path / "post", "post", "Aqaba port", "JOAQJ")
    yield site
    site.console.close()


def report(browser: Browser, do: str = "report", **typed: str) -> str:
    return place(browser.post("/cases/new", {**form_of(browser.get("/cases/new").text), **SHORT, **typed, "do": do}))


def test_the_list_of_cases_says_what_waits_for_whom(quiet: Site) -> None:
    officer, supervisor = quiet.browser("officer"), quiet.browser("supervisor")
    case = report(officer)
    assert "Cases to check: 1" in text_of(supervisor.get("/cases"))
    assert "to be corrected" not in officer.get("/cases").text and "not sent" not in officer.get("/cases").text
    seen = form_of(supervisor.get(case).text, 'name="seen"')["seen"]
    place(supervisor.post(f"{case}/check", {"seen": seen, "decision": "sent_back", "comment": "Weigh it again."}))
    assert "One case was sent back to be corrected" in text_of(officer.get("/cases"))
    assert "Cases to check" not in supervisor.get("/cases").text
    for _draft in range(2):
        report(officer, "save")
    assert "2 drafts you have not sent" in text_of(officer.get("/cases"))
    assert "drafts" not in text_of(quiet.browser("auditor").get("/cases"))
    assert "sent back" not in text_of(officer.get("/cases", q="tobacco")), "who searches is left in peace"


def test_drafts_of_one_day_are_told_apart_by_their_goods(quiet: Site) -> None:
    officer = quiet.browser("officer")
    report(officer, "save", **{"goods.1.quantity": "many", "goods.1.unit": "<b>"})
    report(officer, "save", **{"goods.1.product_group": "tobacco", "goods.1.quantity": "40"})
    page = text_of(officer.get("/drafts"))
    assert "Drugs many <b>" in page and "Tobacco 40 kilogram" in page


def test_a_supervisor_goes_from_a_checked_case_to_the_others(quiet: Site) -> None:
    case = report(quiet.browser("officer"))
    supervisor = quiet.browser("supervisor")
    assert 'href="/check"' in supervisor.get(case).text.partition('id="check-title"')[2].partition("</section>")[0]
    assert "All cases to check" not in quiet.browser("officer").get(case).text
