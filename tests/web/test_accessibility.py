"""WCAG 2.2 AA as far as a machine can tell: axe-core on every page a person can open, in both directions; and keys."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from .chromium import PROGRAM, Page, chromium
from .conftest import SHORT, Site
from .test_browser import DESK, PHONE, rich_case, running

_package = importlib.util.find_spec("axe_playwright_python")
AXE = Path(_package.origin).with_name("axe.min.js") if _package and _package.origin else None
#: What we promise; "best-practice" beyond it is axe's opinion.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed: see the group dev in pyproject.toml"),
]
#: Pages that are no HTML, or send elsewhere.
NO_PAGE = {
    "pages.home", "pages.healthz", "pages.icon", "pages.stylesheet", "pages.script", "pages.set_language",
    "records.open", "print_case.pdf",
}  # fmt: skip
WHO = {"centre": ("analyst", "administrator", "auditor"), "post": ("supervisor", "administrator", "auditor")}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def case(post: Site) -> str:
    return rich_case(post, post.browser("officer"))


def pages_without_arguments(app: Flask) -> list[str]:
    """Every address of a page that needs nothing to be filled into it."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments)
    return sorted(rule.rule for rule in rules if rule.endpoint not in NO_PAGE)


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page shown, in a line each."""
    assert AXE is not None
    if not page.value("typeof axe == 'object'"):
        page.value(AXE.read_text("utf-8") + "; true")
    found = page.value(f"axe.run(document, {{runOnly: {TAGS!r}}}).then(result => result.violations)")
    return [f"{item['id']} ({item['impact']}): {node['html'][:160]}" for item in found for node in item["nodes"][:3]]


def overflow(page: Page) -> list[str]:
    """What makes the page wider than its window: in Arabic that is to the left, where no list of widths shows it."""
    root = "document.documentElement"
    if page.value(f"{root}.scrollWidth <= {root}.clientWidth"):
        return []
    outside = "(box => box.width && (box.left < -1 || box.right > innerWidth + 1))(e.getBoundingClientRect())"
    found = page.value(
        f"[...document.body.querySelectorAll('*')].filter(e => {outside}).map(e => e.outerHTML.slice(0, 120))"
    )
    return [f"outside the window: {item}" for item in found[:4] or ["something"]]


def enter(page: Page, site: str, where: Site, role: str, language: str) -> None:
    token = where.browser(role).token if role else ""
    page.cookie(site, f"diwan_session_{where.console.node.id}", token)
    page.cookie(site, "diwan_language", language)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("node", ["post", "centre"])
def test_no_page_breaks_a_rule(page: Page, request: pytest.FixtureRequest, case: str, node: str, language: str) -> None:
    where: Site = request.getfixturevalue(node)
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    with running(where.app) as site:
        for role in ("", *WHO[node]):
            enter(page, site, where, role, language)
            extra = _of_a_case(where, case) if node == "post" and role == "supervisor" else []
            # what other roles see of the same pages differs in links only
            looks = [(PHONE, "light"), (DESK, "dark")] if role == WHO[node][0] else [(DESK, "light")]
            for window, scheme in looks:
                page.size(*window, phone=window == PHONE)
                page.colours(scheme)
                for path in ["/sign-in"] if not role else [*pages_without_arguments(where.app), *extra]:
                    page.open(site + path)
                    if page.path() == path.partition("?")[0] and page.value("!!document.querySelector('h1')"):
                        seen.add(path)
                        if found := [*violations(page), *overflow(page)]:
                            wrong[f"{path} {language} {scheme}"] = found
    assert wrong == {}
    assert len(seen) > 8


def _of_a_case(where: Site, case: str) -> list[str]:
    record = case.rpartition("/")[2]
    found = [case, f"{case}/edit/event", f"{case}/edit/goods/1", "/cases?q=zzzz", "/codes/hs?q=tobacco"]
    found.append(f"/records/{record}/conflicts")
    return found


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
            elif reached and page.value("document.activeElement.tagName") == "BUTTON" and len(reached) == len(SHORT):
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
                ".filter(e => e.offsetParent && e.type != 'checkbox' && e.type != 'radio' && !e.matches('.plain'))"
                ".filter(e => e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 90))"
            )
            assert small == [], path
