"""At the centre the analyst sees rows that became several records, and merges them by one decision."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.register import Edit

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import ended


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(Path(tmp_path_factory.mktemp("doubles")) / "centre", "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


def twins(site: Site, key: str, *places: str) -> list[str]:
    values = {"source_system": "log", "source_key": key, "status": "submitted", "date": "2026-03-05"}
    with site.console.writing() as register:
        saved = register.save_many([[Edit("case", {**values, "place": place})] for place in places], author="amal")
    return [records[0] for records in saved.records]


def test_the_records_of_a_row_are_shown_side_by_side_and_merged(site: Site, analyst: Browser) -> None:
    first, second = twins(site, "A 17", "Gate 1", "Gate 2")
    page = text_of(analyst.get("/doubles"))
    assert "A 17" in page and "Gate 1" in page and "Gate 2" in page
    wrong = {"record": [first], "keep": first}
    assert analyst.post("/doubles", wrong).status_code == 409
    answer = analyst.post("/doubles", {"record": [first, second], "keep": second})
    assert answer.status_code == 303
    page = text_of(analyst.get("/doubles", done="merged"))
    assert "Merged." in page and "0 rows have several records" in page
    with site.console.writing() as register:
        gone = register.get(first)
        assert gone is not None and gone.values["status"] == "withdrawn"
        assert list(gone.values["related_cases"].values()) == [second]
        run = register.import_runs()[0].id
    assert analyst.post("/doubles/undo", {"run": run}).status_code == 303
    assert "A 17" in text_of(analyst.get("/doubles"))
    assert analyst.post("/doubles/undo", {"run": run}).status_code == 409


@pytest.mark.slow
def test_all_whose_records_agree_are_merged_at_once(site: Site, analyst: Browser) -> None:
    for number in range(3):
        twins(site, f"B {number}", "Gate 1", "Gate 1")
    assert analyst.post("/doubles/all", {"system": "log"}).status_code == 303
    page = ended(lambda: text_of(analyst.get("/doubles")), "Merged last")
    assert "Merged last: 3 rows" in page and "B 0" not in page.split("Decided")[0]


def test_only_who_may_decide_about_cases_may_merge(site: Site) -> None:
    for role in ("administrator", "technician", "auditor"):
        assert site.browser(role).get("/doubles").status_code == 403
