"""axe-core in the tests' browser: what a machine can tell of WCAG 2.2 AA, and what runs out of the window."""

import importlib.util
from pathlib import Path

from .chromium import Page
from .conftest import Site

_package = importlib.util.find_spec("axe_playwright_python")
AXE = Path(_package.origin).with_name("axe.min.js") if _package and _package.origin else None
#: What we promise; "best-practice" beyond it is axe's opinion.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong on the page shown, in a line each."""
    assert AXE is not None
    if not page.value("typeof axe == 'object'"):
        page.value(AXE.read_text("utf-8") + "; true")
    wanted = f"{{runOnly: {TAGS!r}, resultTypes: ['violations']}}"
    found = page.value(f"axe.run(document, {wanted}).then(result => result.violations)")
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


def ticks(page: Page) -> list[str]:
    """Boxes and circles to tick that are blown up like a field, so that they stand apart from their words, or that have
    the bullet of a list before them."""
    found = page.value(
        """[...document.querySelectorAll("input[type=checkbox], input[type=radio]")].filter(tick => {
             const box = tick.getBoundingClientRect();
             return box.width > 32 || box.height > 32;
           }).map(tick => tick.outerHTML.slice(0, 120))"""
    )
    bullets = page.value(
        """[...document.querySelectorAll("li:has(input[type=checkbox], input[type=radio])")].filter(line =>
             getComputedStyle(line).listStyleType !== "none").map(line => line.innerText.slice(0, 60))"""
    )
    return [f"blown up: {item}" for item in found] + [f"behind a bullet: {item}" for item in bullets]


def enter(page: Page, site: str, where: Site, role: str, language: str) -> None:
    """Come to a console as somebody of this role ("" for a stranger), reading this language."""
    token = where.browser(role).token if role else ""
    page.cookie(site, f"diwan_session_{where.console.node.id}", token)
    page.cookie(site, "diwan_language", language)
