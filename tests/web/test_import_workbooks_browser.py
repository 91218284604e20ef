"""Workbooks sent from a real browser: what a sheet hides is asked about, and a large one is read while one looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.web.transfer import import_reading

from tests.intake.workbooks import CASES, made

from .axe import enter, violations
from .chromium import PROGRAM, Page
from .conftest import Site
from .test_browser import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
FIELDS = ("date", "place", "goods.1.quantity")


def sent(page: Page, site: str, file: Path) -> None:
    page.open(f"{site}/imports")
    page.upload("#file", file)
    page.press("main form .actions button")


def look(page: Page, system: str) -> None:
    """Name the columns No, Day, Place, Kilos, and look at the first rows."""
    page.value("document.querySelectorAll('select[name^=target]').forEach(column => column.value = '')")
    for place, field in enumerate(FIELDS, 1):
        page.fill(**{f"target__{place}": field})
    page.fill(system=system)
    page.value("document.querySelector('[name=key]').checked = true")
    for _ in range(2):  # what was not asked about at first, the unit, is asked for then
        if page.value("!!document.getElementById('unit.3')"):
            page.fill(unit__3="KGM")
        page.press("form[action$=map] .actions button")
        if page.path().endswith("/look"):
            return


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("01-workbook-true-numbers.xlsx", ("12.5", "1\u202f250.75", "9 Dec 2025")),
        ("02-comma-style-dinar.xlsx", ("1\u202f250.75", "45", "46")),
        ("03-shared-strings-capital.xlsx", ("Склад 4",)),
        ("06-formula-not-calculated.xlsx", ("Formulas without a result: 1 (D2)", "1 would be refused")),
        ("07-coloured-to-last-column.xlsx", ("12.5",)),
        ("24-filtered-rows.xlsx", ("Hidden rows of the sheet: 1 (3)",)),
        ("26-merged-day.xlsx", ("Column B has cells merged", "3 would become records")),
        ("old.xls", ("Of a .xls file only values and dates can be read", "12.5")),
    ],
)
def test_a_workbook_is_sent_and_its_first_rows_are_seen(
    post: Site, tmp_path: Path, page: Page, name: str, shown: tuple[str, ...]
) -> None:
    page.scripts(True)
    with running(post.app) as site:
        enter(page, site, post, "supervisor", "en")
        sent(page, site, CASES / name)
        look(page, "browser")
        assert page.path().endswith("/look"), page.text()
        text = page.text()
        for words in shown:
            assert words in text, (words, text)


def test_hidden_rows_are_chosen_and_the_file_is_imported(post: Site, page: Page) -> None:
    page.scripts(True)
    with running(post.app) as site:
        enter(page, site, post, "supervisor", "en")
        sent(page, site, CASES / "24-filtered-rows.xlsx")
        look(page, "hidden")
        assert violations(page) == []
        page.press("form[action$=run] button")
        assert "First say whether they are imported" in page.text()
        page.value("history.back()")
        page.wait_for("location.pathname.endsWith('/look')")
        page.press("#hidden-rows button[value=skip]")
        assert "2 would become records" in page.text() and "They are left out" in page.text()
        page.press("form[action$=run] button")
        page.wait_for("document.getElementById('job').dataset.state == 'done'")
        assert page.value("document.querySelector('dl').innerText.replace(/\\s+/g, ' ')").startswith(
            "Rows 2 Imported 2"
        )


def test_a_large_workbook_is_read_while_one_looks(
    post: Site, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading.begin, "__defaults__", (0.0,))
    head = '<row><c t="inlineStr"><is><t>No</t></is></c><c t="inlineStr"><is><t>Day</t></is></c></row>'
    large = made(tmp_path / "large.xlsx", head + "<row><c><v>1</v></c><c><v>2</v></c><c/><c/></row>" * 150_000)
    page.scripts(True)
    with running(post.app) as site:
        enter(page, site, post, "supervisor", "en")
        sent(page, site, large)
        assert "The file is being read" in page.text()
        assert violations(page) == []
        page.wait_for("!!document.querySelector('form[action$=map]')")
        assert "What is in the columns?" in page.text()
