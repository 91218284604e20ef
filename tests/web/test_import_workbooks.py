"""Workbooks in the browser: what is known of a sheet is said before the run, hidden rows are asked about, and a large
file is read in the background."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from diwan_core.intake.run import jobs
from diwan_core.web.transfer import import_reading

from tests.intake.workbooks import CASES, made

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import begun, ended, sent

pytestmark = pytest.mark.slow

PLAN = {
    "target.0": "", "target.1": "date", "target.2": "place", "target.3": "goods.1.quantity", "unit.3": "KGM",
    "key": "0", "format.1": "ISO", "asked": "1",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("workbooks") / "centre"
    return make_site(folder, "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


def case(browser: Browser, name: str) -> str:
    """The address of the import of one of the small workbooks."""
    return sent(browser, (CASES / name).read_bytes(), name)


def looked(browser: Browser, name: str, system: str, **more: str) -> tuple[str, str]:
    """(its address, the text of its first rows) once the columns are named."""
    address = case(browser, name)
    return address, text_of(browser.follow(browser.post(f"{address}/map", {**PLAN, "system": system, **more})))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("01-workbook-true-numbers.xlsx", ["12.5", "1 250.75", "7", "9 Dec 2025"]),
        ("02-comma-style-dinar.xlsx", ["12.5", "1 250.75", "45", "46"]),
        ("03-shared-strings-capital.xlsx", ["Склад 4", "Пост 2", "12.5"]),
        ("07-coloured-to-last-column.xlsx", ["Gate 1", "12.5"]),
    ],
)
@pytest.mark.parametrize("decimal", [".", ","])
def test_the_first_rows_show_what_the_sheet_holds(analyst: Browser, name: str, values: list[str], decimal: str) -> None:
    _address, text = looked(analyst, name, "shown", decimal=decimal)
    assert "0 would be refused" in text
    for value in values:
        assert value in text, value


def test_zeros_and_percent_of_a_format_are_shown_and_kept(analyst: Browser) -> None:
    more = {
        "target.4": "goods.1.hs_code", "target.5": "goods.1.purity", "target.6": "means.1.plate",
        "constant.0": "means.1.kind", "value.0": "lorry",
    }  # fmt: skip
    _address, text = looked(analyst, "05-leading-zeros-by-format.xlsx", "zeros", **more)
    assert "0 would be refused" in text, text
    assert "010121" in text and "85" in text and "0.85" not in text and "07001234567" in text


def test_true_dates_stand_beside_dates_as_text(analyst: Browser) -> None:
    _address, text = looked(analyst, "08-dates-mixed.xlsx", "dates", **{"format.1": "DD/MM/YYYY"})
    assert "4 would become records, 0 would be refused" in text
    assert all(day in text for day in ("7 Mar 2025", "13 Mar 2025", "7 May 2025", "25 Mar 2025"))


def test_a_formula_without_a_result_is_said_before_and_refuses_its_row(analyst: Browser) -> None:
    address = case(analyst, "06-formula-not-calculated.xlsx")
    assert "Formulas without a result: 1 (D2). Open the file in the spreadsheet program" in text_of(
        analyst.get(address)
    )
    _address, text = looked(analyst, "06-formula-not-calculated.xlsx", "formula")
    assert "1 would become records, 1 would be refused" in text and "formula without a result" in text


def test_merged_cells_are_said_and_filled(analyst: Browser) -> None:
    _address, text = looked(analyst, "26-merged-day.xlsx", "merged")
    assert "Column B has cells merged over several rows (1)" in text
    assert "3 would become records" in text and text.count("9 Dec 2025") == 3


@pytest.mark.slow
@pytest.mark.parametrize(("choice", "count"), [("import", 3), ("skip", 2)])
def test_hidden_rows_are_asked_about_before_the_run(analyst: Browser, choice: str, count: int) -> None:
    address, text = looked(analyst, "24-filtered-rows.xlsx", f"hidden-{choice}")
    assert "Hidden rows of the sheet: 1 (3). Say whether they are imported." in text
    unsaid = analyst.post(f"{address}/run")
    assert unsaid.status_code == 422 and "First say whether they are imported" in text_of(unsaid)
    assert analyst.post(f"{address}/hidden-rows", {"hidden_rows": "both"}).status_code == 422
    text = text_of(analyst.follow(analyst.post(f"{address}/hidden-rows", {"hidden_rows": choice})))
    assert f"{count} would become records" in text
    assert analyst.post(f"{address}/run").status_code == 303
    assert f"Imported {count}" in ended(lambda: text_of(analyst.get(address)), "Refused")


def test_the_choice_about_hidden_rows_outlives_other_columns(analyst: Browser) -> None:
    address, _text = looked(analyst, "24-filtered-rows.xlsx", "outlives")
    analyst.post(f"{address}/hidden-rows", {"hidden_rows": "skip"})
    text = text_of(analyst.follow(analyst.post(f"{address}/map", {**PLAN, "system": "outlives"})))
    assert "2 would become records" in text and "They are left out" in text


def test_old_workbooks_are_taken_and_what_is_not_seen_in_them_is_said(analyst: Browser) -> None:
    page = text_of(analyst.get(case(analyst, "old.xls")))
    assert "Of a .xls file only values and dates can be read" in page and "Old (hidden)" in page


def test_a_password_is_named_and_nothing_stays(site: Site, analyst: Browser) -> None:
    before = {job.id for job in jobs.all_of(site.folder)}
    answer = analyst.post("/imports", {"file": (io.BytesIO((CASES / "locked.xlsx").read_bytes()), "locked.xlsx")})
    assert answer.status_code == 422 and "protected by a password: remove it" in text_of(answer)
    assert {job.id for job in jobs.all_of(site.folder)} == before


@pytest.mark.slow
def test_a_large_workbook_is_read_in_the_background_with_its_progress(
    analyst: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading.begin, "__defaults__", (0.0,))
    head = '<row><c t="inlineStr"><is><t>No</t></is></c><c t="inlineStr"><is><t>Day</t></is></c></row>'
    rows = head + '<row><c><v>1</v></c><c><v>2</v></c><c s="0"/><c s="0"/></row>' * 200_000
    address = begun(analyst, made(tmp_path / "large.xlsx", rows).read_bytes(), "large.xlsx")
    page = analyst.get(address)
    assert 'data-state="running"' in page.text and "The file is being read" in text_of(page)
    assert analyst.post(f"{address}/map", {}).status_code == 409
    assert analyst.post(f"{address}/discard").status_code == 409
    seen = set[str]()
    while 'data-state="running"' in (page := analyst.get(address)).text:
        seen.add(text_of(page).partition("being read: ")[2].partition(" %")[0])
        time.sleep(0.3)
    assert len(seen) > 1, "it moves"
    assert "What is in the columns?" in text_of(page)


@pytest.mark.slow
def test_a_file_that_proves_damaged_in_the_background_is_said_and_goes(
    analyst: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_reading.begin, "__defaults__", (0.0,))
    path = made(tmp_path / "cut.xlsx", "<row><c><v>1</v></c></row>" * 50_000 + "<row></c>")
    address = begun(analyst, path.read_bytes(), "cut.xlsx")
    page = _settled(analyst, address)
    assert page.status_code == 422 and "cut off or damaged" in text_of(page)
    assert analyst.get(address).status_code == 404


def test_a_reading_that_was_interrupted_is_said(site: Site, analyst: Browser) -> None:
    job = jobs.new(site.folder, "import", "analyst", {"name": "half.xlsx", "type": "case"})
    job.path("file").write_bytes(b"PK\x03\x04")
    jobs.write_json(job.path("reading.json"), {"share": 0.4})
    page = analyst.get(f"/imports/{job.id}")
    assert page.status_code == 422 and "was interrupted. Upload it again" in text_of(page)
    assert jobs.get(site.folder, job.id) is None


def _settled(browser: Browser, address: str) -> Any:
    page = browser.get(address)
    while 'data-state="running"' in page.text:
        time.sleep(0.2)
        page = browser.get(address)
    return page
