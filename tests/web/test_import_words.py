"""What is wrong with a mapping or with rows is said in the reader's language; what programs rely on stays."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.intake.run import jobs
from diwan_core.intake.sources.workbook_write import write_workbook

from tests.intake.workbooks import cells_of

from .conftest import Browser, Site, make_site, text_of
from .test_bulk import ended, sent

ROWS = b"No,Day,Weight,Where\n1,31/02/2026,3,Gate\n2,2026-11-20,heavy,Gate\n3,2026-11-20\n4,2026-11-20,5,Quay\n"
PLAN = {
    "target.1": "date", "target.2": "goods.1.quantity", "target.3": "place", "unit.2": "KGM", "key": "0",
    "system": "words",
}  # fmt: skip
WRONG = """
type = "case"
system = "hand"
[fields]
dates = { column = "Day" }
place = { column = "Where", unit = "KGM" }
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("words") / "centre"
    return make_site(folder, "central", "Centre", "")


@pytest.fixture
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


@pytest.fixture
def reader(analyst: Browser) -> Iterator[Browser]:
    """Somebody who reads Arabic."""
    analyst.client.set_cookie("diwan_language", "ar")
    yield analyst
    analyst.client.delete_cookie("diwan_language")


def test_a_wrong_fixed_value_is_named_by_its_field_and_leads_to_its_control(analyst: Browser, reader: Browser) -> None:
    address = sent(reader, ROWS, "log.csv")
    wrong = {**PLAN, "constant.0": "direction", "value.0": "sideways", "system": "No Spaces!"}
    page = reader.post(f"{address}/map", wrong)
    assert page.status_code == 422
    assert '<a href="#value.0"' in page.text and '<a href="#system"' in page.text
    assert 'id="value.0" name="value.0" aria-invalid="true"' in page.text
    text = text_of(page)
    assert '\u2068"sideways"\u2069 ليس في قائمة' in text and text.count("الاتجاه: ") == 1, "said once"
    assert "اسم قصير للمصدر" in text
    assert "is not a value of" not in text and "constants." not in text


def test_a_saved_mapping_written_by_hand_is_refused_in_the_readers_language(site: Site, reader: Browser) -> None:
    (site.folder / "mappings").mkdir(exist_ok=True)
    (site.folder / "mappings" / "hand.toml").write_text(WRONG)
    address = sent(reader, ROWS, "log.csv")
    text = text_of(reader.post(f"{address}/saved", {"mapping": "hand"}))
    assert "fields.dates: ليس في \u2068case\u2069 حقل كهذا؛ أقصدت \u2068date\u2069 أم \u2068date_to\u2069؟" in text
    assert "لا يصلح لحقل من النوع" in text and "there is no" not in text


@pytest.mark.slow
def test_the_error_file_gives_reasons_in_the_readers_language_and_the_same_codes_in_all(
    site: Site, reader: Browser
) -> None:
    address = sent(reader, ROWS, "سجل.csv")
    reader.post(f"{address}/map", PLAN)
    reader.post(f"{address}/run")
    ended(lambda: reader.get(address).text, f"{address}/errors")
    arabic = reader.get(f"{address}/errors")
    reader.client.set_cookie("diwan_language", "en")
    english = reader.get(f"{address}/errors")
    assert arabic.headers["Content-Disposition"].endswith("-errors.csv")
    found = [list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))) for answer in (arabic, english)]
    for language in found:
        assert [(line["code"], line["field"]) for line in language] == [
            ("not_a_date", "date"),
            ("not_a_number", "goods.1.quantity"),
            ("cells", ""),
        ]
    assert [line["reason"] for line in found[1]] == [
        'Date: "31/02/2026": there is no such day. Write it as year-month-day, for example 2026-11-22.',
        'Quantity: "heavy" is not a number. Write it with digits and a point, for example 1234.5.',
        "the row has 2 cells, the header has 4",
    ]
    assert found[0][2]["السبب"] == "عدد خلايا الصف 2 وعدد خلايا العناوين 4"
    assert found[0][0]["القيمة"] == "31/02/2026" and "لا يوجد يوم كهذا" in found[0][0]["السبب"]


@pytest.mark.slow
def test_refused_rows_come_back_whole_and_go_in_once_they_are_corrected(analyst: Browser, tmp_path: Path) -> None:
    address = sent(analyst, ROWS.replace(b"heavy", b"=1+1"), "log.csv")
    analyst.post(f"{address}/map", {**PLAN, "system": "again"})
    analyst.post(f"{address}/keep", {"title": "again"})
    analyst.post(f"{address}/run")
    assert "to correct and import them again" in ended(lambda: text_of(analyst.get(address)), "Refused")
    answer = analyst.get(f"{address}/refused")
    assert answer.headers["Cache-Control"] == "no-store" and "log-refused.xlsx" in answer.headers["Content-Disposition"]
    (tmp_path / "back.xlsx").write_bytes(answer.data)
    head, *rows = [[str(cell) for cell in cells] for cells in cells_of(tmp_path / "back.xlsx")]
    assert head == ["No", "Day", "Weight", "Where", "reason"]
    assert [row[:4] for row in rows] == [
        ["1", "31/02/2026", "3", "Gate"],
        ["2", "2026-11-20", "=1+1", "Gate"],
        [""] * 4,
    ]
    assert rows[2][4] == "the row has 2 cells, the header has 4: 3,2026-11-20"
    rows[0][1], rows[1][2], rows[2][:4] = "2026-02-28", "2", ["3", "2026-11-20", "4", "Yard"]
    write_workbook(tmp_path / "right.xlsx", head, rows, [False] * 5)
    again = sent(analyst, (tmp_path / "right.xlsx").read_bytes(), "right.xlsx")
    analyst.follow(analyst.post(f"{again}/saved", {"mapping": "again"}))
    analyst.post(f"{again}/run")
    assert "Imported 3" in ended(lambda: text_of(analyst.get(again)), "Refused")
    assert analyst.get(f"{again}/refused").status_code == 404, "nothing is left to correct"


def test_a_file_that_cannot_be_read_is_called_by_the_name_it_came_with(site: Site, reader: Browser) -> None:
    page = text_of(reader.post("/imports", {"file": (io.BytesIO(b"%PDF-1.7"), "report.csv")}))
    assert "\u2068report.csv\u2069 ملف PDF" in page and "table" not in page
    book = text_of(reader.post("/imports", {"file": (io.BytesIO(b"PK\x03\x04" + bytes(200)), "cut.xlsx")}))
    assert "المصنف مبتور أو تالف" in book


def test_why_an_import_stopped_is_said_in_the_readers_language(site: Site, reader: Browser) -> None:
    address = sent(reader, ROWS, "log.csv")
    job = jobs.get(site.folder, address.rpartition("/")[2])
    assert job is not None
    (job.folder / "began").touch()
    wrong = {"says": "{name} is empty", "with": {"name": "table.csv"}}
    jobs.write_json(job.path("result.json"), {"error": wrong})
    assert "\u2068log.csv\u2069 فارغ" in text_of(reader.get(address))
    jobs.write_json(job.path("result.json"), {"error": "no words for this"})
    assert "no words for this" in text_of(reader.get(address))
