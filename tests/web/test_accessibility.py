"""Beyond the rules axe-core knows (`test_every_page.py`): the keyboard, the summary of mistakes, a thumb's size."""

import pytest

from .axe import AXE, enter, violations
from .chromium import PROGRAM, Page
from .conftest import SHORT, Site
from .test_browser import DESK, PHONE, rich_case, running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed: see the group dev in pyproject.toml"),
]


@pytest.fixture(scope="module")
def case(post: Site) -> str:
    return rich_case(post, post.browser("officer"))


def test_the_rules_are_really_applied(page: Page, post: Site) -> None:
    with running(post.app) as site:
        enter(page, site, post, "", "en")
        page.open(site + "/sign-in")
        page.value("document.querySelector('label[for=name]').remove(); document.documentElement.lang = ''; true")
        assert {line.partition(" ")[0] for line in violations(page)} == {"label", "html-has-lang"}


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_refused_form_breaks_no_rule_and_takes_the_reader_to_the_summary(
    page: Page, post: Site, language: str
) -> None:
    with running(post.app) as site:
        enter(page, site, post, "officer", language)
        page.open(site + "/cases/new")
        page.send_form("main form")
        assert violations(page) == []
        assert page.value("document.activeElement.getAttribute('role')") == "alert"


def test_a_case_is_reported_with_the_keyboard_alone(page: Page, post: Site) -> None:
    """Tab from the top of the page to each control, type, and Enter: no mouse, and the focus can always be seen."""
    with running(post.app) as site:
        enter(page, site, post, "officer", "en")
        page.size(*DESK)
        page.open(site + "/cases/new")
        reached: list[str] = []
        for _ in range(90):
            page.key("Tab", 9)
            name = str(page.value("document.activeElement.name || ''"))
            outline = page.value("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none" or page.value("document.activeElement == document.body"), name
            if name in SHORT and name not in reached:  # a date is several stops of the same control
                reached.append(name)
                kind = page.value("document.activeElement.tagName + document.activeElement.type")
                if kind.startswith("SELECT") or kind.endswith("date"):
                    page.value(
                        f"document.activeElement.value = {SHORT[name]!r}; true"
                    )  # a list's own keys are the system's
                else:
                    page.value("document.activeElement.select(); true")
                    page.type(SHORT[name])
            elif reached and page.value("document.activeElement.value") == "report" and len(reached) == len(SHORT):
                break
        assert sorted(reached) == sorted(SHORT)
        page.value("window.before = true")
        page.key("Enter", 13)
        page.wait_for("!window.before && document.readyState == 'complete'")
        assert page.path().startswith("/cases/") and page.path() != "/cases/new", page.text()


def test_everything_to_press_is_large_enough_for_a_thumb(page: Page, post: Site, case: str) -> None:
    """WCAG 2.5.8 asks for 24 px; links inside a sentence are excepted. Buttons and controls get 40."""
    with running(post.app) as site:
        enter(page, site, post, "supervisor", "en")
        page.size(*PHONE, phone=True)
        for path in ("/cases", "/cases/new", case):
            page.open(site + path)
            small = page.value(
                "[...document.querySelectorAll('button, .button, select, textarea, input:not([type=hidden])')]"
                ".filter(e => !e.ariaHidden)"  # the calendar behind a box for a day: its button is pressed
                ".filter(e => e.offsetParent && e.type != 'checkbox' && e.type != 'radio' && !e.matches('.plain'))"
                ".filter(e => e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 90))"
            )
            assert small == [], path
