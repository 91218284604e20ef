"""The pages of a report in work break no rule a machine can tell: full form with mistakes, look-up, check, versions."""

import pytest
from diwan_core.register import Edit

from .chromium import PROGRAM, Page
from .conftest import SHORT, Browser, Site
from .forms import form_of, place, press
from .test_accessibility import AXE, enter, page, violations
from .test_browser import DESK, PHONE, rich_case, running

__all__ = ["page"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed: see the group dev in pyproject.toml"),
]


@pytest.fixture(scope="module")
def paths(post: Site) -> list[str]:
    """Addresses of the pages of a supervisor at work; supervisors report too."""
    browser = post.browser("supervisor")
    case = rich_case(post, browser)
    record = case.rpartition("/")[2]
    with post.console.writing() as register:
        made = register.save([Edit("person", {"latin_name": "NADIA AXE", "status": "submitted"})], author="supervisor")
        edit = {"party": {"1": {"subject": made.records[0]}}}
        register.save([Edit("case", edit, record=record)], author="supervisor")
    shown = place(browser.post("/cases/new", {**form_of(browser.get("/cases/new").text), **SHORT, "do": "wide"}))
    for part in ("party", "means", "concealment"):
        shown = place(press(browser, shown, f"add:{part}"))
    link = f"{shown}/link/party.1.subject?q=nadia"
    exercise = place(browser.post("/cases/new", {**SHORT, "exercise": "yes"}))
    return [shown, link, exercise, case, f"/records/{record}/conflicts", "/drafts", f"/persons/{made.records[0]}"]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("window", [PHONE, DESK])
def test_no_page_of_a_report_breaks_a_rule(
    page: Page, post: Site, paths: list[str], window: tuple[int, int], language: str
) -> None:
    wrong: dict[str, list[str]] = {}
    with running(post.app) as site:
        token = _token(post)
        page.size(*window, phone=window == PHONE)
        page.colours("dark" if window == PHONE else "light")
        enter(page, site, post, "supervisor", language)
        page.cookie(site, f"diwan_session_{post.console.node.id}", token)
        for path in paths:
            page.open(site + path)
            if found := violations(page):
                wrong[path] = found
        page.open(site + paths[0])
        page.value("document.getElementById('goods.1.quantity').value = 'many'")
        page.value("window.before = true; document.querySelector('button[value=report]').click()")
        page._wait("!window.before && document.readyState == 'complete'")
        assert page.value("!!document.querySelector('.summary')")
        if found := violations(page):
            wrong["with mistakes"] = found
    assert wrong == {}


def _token(post: Site) -> str:
    browser: Browser = post.browser("supervisor")
    return browser.token
