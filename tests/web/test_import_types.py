"""Persons, companies and conveyances from a list in the browser, and any sheet of a workbook."""

import io
import re
import zipfile
from pathlib import Path

import pytest

from tests.intake.workbooks import MAIN, OFFICE, parts_of, relations

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import ended, sent

pytestmark = pytest.mark.slow

PEOPLE = "Name,Nations,Passport,Born\nNADIA EXAMPLE,Jordan;SY,N-1,1980-02-03\nOMAR EXAMPLE,,N-2,31/02/1980\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("types") / "centre"
    return make_site(folder, "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


def workbook(**sheets: list[list[str]]) -> bytes:
    """An Excel workbook of these sheets."""
    parts = parts_of("")
    named = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    parts["xl/workbook.xml"] = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{named}</sheets></workbook>'
    placed = [(f"r{n}", "worksheet", f"worksheets/s{n}.xml") for n in range(1, len(sheets) + 1)]
    parts["xl/_rels/workbook.xml.rels"] = relations(*placed)
    for n, rows in enumerate(sheets.values(), 1):
        cells = ("".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) for row in rows)
        data = "".join(f"<row>{row}</row>" for row in cells)
        parts[f"xl/worksheets/s{n}.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{data}</sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.slow
def test_a_list_of_persons_is_mapped_shown_and_imported_once(analyst: Browser) -> None:
    plan = {
        "target.0": "latin_name", "target.1": "nationalities", "target.2": "document.1.number",
        "target.3": "birth_date", "key": "2", "system": "watch",
    }  # fmt: skip
    for already in ("Already imported 0", "Already imported 1"):
        address = sent(analyst, PEOPLE.encode(), "people.csv")
        page = analyst.follow(analyst.post(f"{address}/what", {"type": "person"})).text
        assert 'value="nationalities"' in page and 'value="goods.1.quantity"' not in page
        look = text_of(analyst.follow(analyst.post(f"{address}/map", plan)))
        assert "1 would become records, 1 would be refused" in look
        assert "NADIA EXAMPLE" in look and "Words that need" not in look
        assert analyst.post(f"{address}/run").status_code == 303
        done = ended(lambda address=address: analyst.get(address).text, "Refused")  # type: ignore[misc]
        assert 'href="/persons"' in done and already in text_of_page(done)
        assert "31/02/1980" in analyst.get(f"{address}/errors").text
    assert text_of(analyst.get("/persons", q="nadia")).count("NADIA EXAMPLE") == 1
    assert "Persons" in text_of(analyst.get("/imports"))


def text_of_page(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def test_words_in_a_cell_of_several_are_asked_for_one_by_one(analyst: Browser) -> None:
    address = sent(analyst, b"Name,Nations\nA EXAMPLE,Jordan;Atlantis\nB EXAMPLE,Atlantis\n", "people.csv")
    analyst.post(f"{address}/what", {"type": "person"})
    plan = {"target.0": "latin_name", "target.1": "nationalities", "system": "watch"}
    look = text_of(analyst.follow(analyst.post(f"{address}/map", plan)))
    assert "Atlantis × 2" in look and "Jordan ×" not in look


def test_the_sheet_of_a_workbook_is_chosen(analyst: Browser) -> None:
    book = workbook(Notes=[["Read me"], ["nothing"]], Lorries=[["Plate", "Country"], ["12-34567", "JO"]])
    address = sent(analyst, book, "fleet.xlsx")
    first = analyst.get(address).text
    assert "Read me" in first and "<option>Lorries</option>" in first
    page = analyst.follow(analyst.post(f"{address}/what", {"sheet": "Lorries", "type": "conveyance"}))
    assert "12-34567" in page.text and "Read me" not in page.text
    assert 'value="plate" selected' in page.text, "columns called like a field are guessed"
    plan = {"target.0": "plate", "target.1": "plate_country", "system": "fleet", "constant.0": "mode", "value.0": "3"}
    assert "1 would become records" in text_of(analyst.follow(analyst.post(f"{address}/map", plan)))
    back = analyst.follow(analyst.post(f"{address}/what", {"sheet": "Notes", "type": "case"}))
    assert "Read me" in back.text
    assert analyst.get(f"{address}/look").status_code == 409, "another sheet needs its own mapping"


@pytest.mark.parametrize("sent_along", [{"sheet": "../../etc"}, {"sheet": ""}])
def test_a_sheet_the_file_does_not_have_is_refused(analyst: Browser, sent_along: dict[str, str]) -> None:
    address = sent(analyst, workbook(A=[["x"], ["1"]], B=[["y"], ["2"]]), "two.xlsx")
    assert analyst.post(f"{address}/what", {**sent_along, "type": "case"}).status_code == 422


def test_a_type_that_cannot_be_imported_becomes_a_case(analyst: Browser) -> None:
    address = sent(analyst, b"a,b\n1,2\n", "x.csv")
    page = analyst.follow(analyst.post(f"{address}/what", {"type": "user"}))
    assert 'value="case" selected' in page.text


def test_a_sheet_that_cannot_be_read_leaves_the_one_before(analyst: Browser) -> None:
    address = sent(analyst, workbook(A=[["x"], ["1"]], Empty=[]), "two.xlsx")
    refused = analyst.post(f"{address}/what", {"sheet": "Empty", "type": "case"})
    assert refused.status_code == 422 and 'role="alert"' in refused.text
    assert "<bdi>x</bdi>" in analyst.get(address).text


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "there is no such day"), ("ar", "لا يوجد يوم كهذا")],
)
def test_why_a_cell_cannot_be_read_is_said_beside_what_the_file_has_there(
    site: Site, analyst: Browser, language: str, said: str
) -> None:
    analyst.client.set_cookie("diwan_language", language)
    try:
        address = sent(analyst, PEOPLE.encode(), "people.csv")
        analyst.post(f"{address}/what", {"type": "person"})
        plan = {"target.0": "latin_name", "target.3": "birth_date", "system": "watch"}
        page = analyst.follow(analyst.post(f"{address}/map", plan)).text
        assert "<bdi>31/02/1980</bdi>" in page and said in page
    finally:
        analyst.client.delete_cookie("diwan_language")


def test_columns_are_understood_by_what_they_are_usually_called(analyst: Browser) -> None:
    rows = b"No,Day,Kilos,HS,Somewhere\n1,2026-11-20,3,010121,Gate\n2,2026-11-21,5,240220,Quay\n"
    page = analyst.get(sent(analyst, rows, "log.csv")).text
    chosen = {path for path in ("date", "goods.1.quantity", "goods.1.hs_code") if f'value="{path}" selected' in page}
    assert chosen == {"date", "goods.1.quantity", "goods.1.hs_code"}
    assert "<option selected>KGM</option>" in page, "the unit stands in the name of the column"
    assert page.count('name="key"') == 5 and page.count(" checked>") == 1, "the number names the row"
