"""WCAG 2.2 AA as far as a machine can tell: axe-core on every page of both consoles, in both directions.

The pages are the consoles' own routes: a route that is neither visited (`staged.py`) nor named as no page, with the
reason, fails the first test here."""

import re
from collections.abc import Iterator

import pytest

from .axe import AXE, enter, overflow, ticks, violations
from .chromium import PROGRAM, Page
from .conftest import Site, make_site
from .staged import NO_PAGE, endpoint_of, pages_of, visits
from .test_browser import DESK, PHONE, running
from .visit import Visit

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(AXE is None, reason="axe-core is not installed: see the group dev in pyproject.toml"),
]
#: Each language on a phone and a desk, by day and by night: the consoles share nearly all of their pages.
LOOKS = {
    ("post", "en"): (PHONE, "light"),
    ("post", "ar"): (DESK, "dark"),
    ("central", "en"): (DESK, "light"),
    ("central", "ar"): (PHONE, "dark"),
}
_LEFT_OUT = re.compile(r'(?s)<(article|code|textarea|option)\b.*?</\1>|<span class="hint.*?</span>')


@pytest.fixture(scope="module", params=["post", "central"])
def console(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    office = "JOAQJ" if request.param == "post" else ""
    site = make_site(tmp_path_factory.mktemp("every-page") / "node", request.param, "العقبة Aqaba", office)
    yield site
    site.console.close()


@pytest.fixture(scope="module")
def walk(console: Site) -> list[Visit]:
    return visits(console)


def test_every_route_is_visited_or_named_as_no_page(console: Site, walk: list[Visit]) -> None:
    visited = {endpoint_of(console.app, visit.path) for visit in walk}
    assert pages_of(console.app) - visited - NO_PAGE.keys() == set(), "add a visit to staged.py, or a reason there"
    assert visited & NO_PAGE.keys() == set()
    known = {rule.endpoint for rule in console.app.url_map.iter_rules()}
    gone = {name for name in NO_PAGE.keys() - known if not name.startswith("rollout.")}  # at the centre only
    assert gone <= {
        "enrolment.picture",
        "assets.as_file",
        "equivalents.as_file",
        "metrics.metrics",
        "acceptance.download",
        "subject.file",
        "settings.picture",
    }, "a route that is gone needs no reason"


def test_days_are_written_as_the_country_writes_them(console: Site, walk: list[Visit]) -> None:
    """The staged country keeps the usual form, with the month as a word: year-month-day on a page is a day that went
    past `language.formats`. Fields to fill in, what programs read, the handbook and what people typed are left out."""
    found: dict[str, set[str]] = {}
    for role in sorted({visit.role for visit in walk} - {""}):
        browser = console.browser(role)
        for visit in (visit for visit in walk if visit.role == role):
            shown = _LEFT_OUT.sub("", browser.client.get(visit.path).text)
            text = " ".join(re.sub(r"<[^>]*>", " ", shown).split())
            days = set(re.findall(r".{,40}\b20\d\d-\d\d-\d\d\S*", text))
            if days and not visit.path.startswith("/imports/"):  # cells as they stand in the file
                found[f"{role} at {visit.path}"] = days
    assert not found, "\n".join(f"{where}: {days}" for where, days in found.items())


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_breaks_a_rule(page: Page, console: Site, walk: list[Visit], language: str) -> None:
    window, scheme = LOOKS[console.console.node.role, language]
    page.size(*window, phone=window == PHONE)
    page.colours(scheme)
    wrong: dict[str, list[str]] = {}
    with running(console.app) as site:
        for role in sorted({visit.role for visit in walk}):
            enter(page, site, console, role, language)
            for visit in (visit for visit in walk if visit.role == role):
                name = f"{visit.role or 'a stranger'} at {visit.path}"
                page.open(site + visit.path)
                found = [*_not_ours(page, visit), *violations(page), *overflow(page), *ticks(page)]
                if visit.press:
                    _press(page, site, visit)
                    found += [f"after {visit.press}: {text}" for text in (*violations(page), *overflow(page))]
                if found:
                    wrong[name] = found
    assert wrong == {}


def _press(page: Page, site: str, visit: Visit) -> None:
    """Send a form as a browser without scripts and without checks of its own would, so that the console answers it."""
    page.scripts(False)
    page.open(site + visit.path)
    page.value("document.querySelectorAll('form').forEach(form => { form.noValidate = true })")
    page.fill(**{control.replace(".", "__"): text for control, text in visit.fill.items()})
    page.press(f"{visit.press}:not([type=button])")  # such buttons, as that of a calendar, are for scripts
    page.scripts(True)


def _not_ours(page: Page, visit: Visit) -> list[str]:
    """What shows that the browser is not on the page that was meant."""
    ours = page.path() == visit.path.partition("?")[0] and page.value("!!document.querySelector('h1')")
    return [] if ours else [f"is not the page, but {page.path()}"]
