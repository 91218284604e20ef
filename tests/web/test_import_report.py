"""Before a file is imported in the browser the whole of it is looked at; after it, one step takes it back."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.register import Edit

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import ended, sent

ROWS = (
    b'No,Day,HS,Kilos\n1,05/03/2026,240220,12.5\n2,15/03/2026,240220,"48,000"\n3,15/03/2026,990099,"1,500"\n'
    b"3,16/03/2026,240220,7\n4,17/03/1960,240220,7\n"
)
PLAN = {
    "target.0": "", "target.1": "date", "target.2": "goods.1.hs_code", "target.3": "goods.1.quantity", "key": "0",
    "unit.3": "KGM", "system": "asked-log", "asked": "1", "constant.0": "goods.1.product_group", "value.0": "tobacco",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return make_site(Path(tmp_path_factory.mktemp("report")) / "centre", "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


@pytest.mark.slow
def test_the_whole_file_is_looked_at_and_asks_once_for_each_column(site: Site, analyst: Browser) -> None:
    address = sent(analyst, ROWS, "asked.csv")
    analyst.post(f"{address}/map", PLAN)
    page = ended(lambda: text_of(analyst.get(f"{address}/look")), "Cells that can be read in several ways")
    assert "row 1: 05/03/2026" in page and "48,000 → 48" in page and "48,000 → 48000" in page
    assert "Day · 1 row" in page and "Kilos · 2 rows" in page
    wrong = analyst.post(f"{address}/answers", {"answer.0": "YYYY", "answer.1": "five"})
    assert wrong.status_code == 303  # what is not an answer is left unanswered
    page = ended(lambda: text_of(analyst.get(f"{address}/look")), "Cells that can be read in several ways")
    questions = {"DD/MM/YYYY": "Day", ",": "Kilos"}
    order = sorted(questions, key=lambda style: page.index(f"{questions[style]} · "))
    analyst.post(f"{address}/answers", {f"answer.{at}": style for at, style in enumerate(order)})
    page = ended(lambda: text_of(analyst.get(f"{address}/look")), "Sums of what is new")
    assert "Cells that can be read in several ways" not in page
    assert "56.5" in page and "Outside the usual: 1 (row 5: 1960-03-17)" in page
    assert "Rows with the same name 1: row 4: 3" in page and "990099 × 1" in page
    analyst.post(f"{address}/run")
    done = ended(lambda: text_of(analyst.get(address)), "Undo this import")
    assert "Imported 3" in done and "Refused 2" in done  # 12.5 is no number where a comma begins the decimals


@pytest.mark.slow
def test_an_import_is_taken_back_in_one_step_but_for_what_was_edited(site: Site, analyst: Browser) -> None:
    rows = b"No,Day,Place\n11,2026-03-01,Gate 1\n12,2026-03-02,Gate 2\n"
    plan = {"target.0": "", "target.1": "date", "target.2": "place", "key": "0", "system": "back-log", "asked": "1"}
    address = sent(analyst, rows, "back.csv")
    analyst.post(f"{address}/map", plan)
    analyst.post(f"{address}/run")
    ended(lambda: text_of(analyst.get(address)), "Undo this import")
    with site.console.writing() as register:
        number = register.found("12").numbers[0]
        edited = str(register.id_of(number))
        register.save([Edit("case", {"narrative": "seen"}, edited)], author="amal")
    assert analyst.post(f"{address}/undo").status_code == 303
    page = ended(lambda: text_of(analyst.get(address)), "was withdrawn")
    assert "1 record was withdrawn" in page and "1 record stays" in page and edited in page
    other = site.browser("supervisor")
    assert other.post(f"{address}/undo").status_code in (403, 404)
    again = sent(analyst, rows, "back.csv")
    analyst.post(f"{again}/map", plan)
    page = ended(lambda: text_of(analyst.get(f"{again}/look")), "New")
    analyst.post(f"{again}/run")
    assert "Imported 1" in ended(lambda: text_of(analyst.get(again)), "Refused")


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_is_read_as_it_is_and_adds_nothing_where_it_came_from(
    site: Site, analyst: Browser, form: str
) -> None:
    day = {"csv": "2026-05-05", "xlsx": "2026-05-06", "json": "2026-05-07"}[form]
    with site.console.writing() as register:
        values = {"source_system": "x", "source_key": f"own-{form}", "status": "submitted", "place": "=Gate"}
        register.save([Edit("case", {**values, "date": day})], author="amal")
    address = analyst.post("/cases/export", {"form": form, "query": f"from={day}&to={day}", "nominal": "1"}).location
    ended(lambda: text_of(analyst.get(address)), "is ready")
    content = analyst.get(f"{address}/file").data
    own = sent(analyst, content, f"own.{form}")
    assert "This file was exported by Diwan" in text_of(analyst.get(own))
    analyst.post(f"{own}/exported")
    page = ended(lambda: text_of(analyst.get(f"{own}/look")), "Already imported")
    assert "=Gate" in page and "New 0" in page


@pytest.mark.slow
def test_rows_that_look_alike_are_named_after_the_run_too(analyst: Browser) -> None:
    rows = b"Day,Place\n2026-03-01,Gate 1\n2026-03-01,Gate 1\n2026-03-02,Gate 1\n"
    address = sent(analyst, rows, "alike.csv")
    analyst.post(f"{address}/map", {"target.0": "date", "target.1": "place", "system": "alike-log", "asked": "1"})
    analyst.post(f"{address}/run")
    done = ended(lambda: text_of(analyst.get(address)), "Undo this import")
    assert "Imported 3" in done and "Like an earlier row in every cell: 1 (1, 2)" in done
