"""Sites in spreadsheets and on paper: what goes out comes back, and each fault is named with its row and column."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from diwan_central.rollout.questionnaire_paper import questionnaire
from diwan_central.rollout.questions import BY_KEY, QUESTIONS
from diwan_central.rollout.sites import FIELDS, Site, all_sites, by_code, make, read_field
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.table import as_csv, as_workbook, heads, key_of
from diwan_central.rollout.table_in import LARGEST, Taken, take_file
from diwan_core.intake.faults import Unreadable
from diwan_core.web.paper.press import print_paper
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.conftest import Site as Console
from tests.web.conftest import make_site, text_of

from .kit import NOW_MS, good_answers

pytestmark = pytest.mark.slow

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(" =+-@'ً"), min_size=1, max_size=40
).filter(lambda text: bool(text.strip()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RolloutStore]:
    with RolloutStore.open(tmp_path) as opened:
        yield opened


def fill(store: RolloutStore) -> None:
    make(store, {"code": "NR-01", "name": "=Gate 1", "region": "الشمال"} | good_answers(), "amal", NOW_MS)
    make(store, {"code": "NR-02", "name": "Gate 2", "country": "JO", "heat": "-5"}, "amal", NOW_MS)


def take(store: RolloutStore, content: str | bytes, tmp_path: Path, name: str = "sites.csv") -> Taken:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    spool = tmp_path / "spool"
    spool.mkdir(exist_ok=True)
    return take_file(store, file, spool, "huda", NOW_MS)


def told(taken: Taken) -> list[tuple[int, str, str]]:
    return [(fault.row, key_of(fault.column) or fault.column, str(fault.reason)) for fault in taken.faults]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_written_out_reads_in_again_and_changes_nothing(store: RolloutStore, tmp_path: Path, kind: str) -> None:
    fill(store)
    file = tmp_path / f"out.{kind}"
    if kind == "csv":
        file.write_bytes(as_csv(all_sites(store)))
    else:
        as_workbook(file, all_sites(store))
    content = file.read_bytes()
    again = take(store, content, tmp_path, file.name)
    assert (again.new, again.changed, again.same, again.faults) == (0, 0, 2, [])
    with RolloutStore.open(tmp_path / "spool") as other:
        assert take(other, content, tmp_path, file.name).new == 2
        plain = [(one.code, one.name, one.region, one.answers) for one in all_sites(other)]
        assert plain == [(one.code, one.name, one.region, one.answers) for one in all_sites(store)]


def test_a_workbook_filled_in_by_a_spreadsheet_program_is_read(store: RolloutStore, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(heads())
    values: dict[str, object] = {"code": "NR-04", "name": "Gate 3", "power_hours": 9, "room": True, "line": "Satellite"}
    sheet.append([values.get(field) for field in FIELDS])
    out = io.BytesIO()
    book.save(out)
    assert take(store, out.getvalue(), tmp_path, "x.xlsx").new == 1
    site = by_code(store, "NR-04")
    assert site is not None and site.answers == {"power_hours": "9", "room": "yes", "line": "satellite"}


def test_each_fault_is_named_and_the_other_rows_are_taken(store: RolloutStore, tmp_path: Path) -> None:
    lines = [
        "code;name;power_hours;line;remark",
        "NR-01;Gate 1;30;pigeon;x",
        "NR-02;Gate 2;9;;",
        "NR-02;Gate 2 again;10;;",
        ";Gate 4;1;;",
        "NR-05;;1;;",
        ";;;;",
        "NR 6;Gate 6;;;",
        "nr-07;Gate 7;;;",
    ]
    taken = take(store, "\r\n".join(lines), tmp_path)
    assert (taken.new, taken.refused, taken.left_out) == (2, 5, ["remark"])
    assert [site.code for site in all_sites(store)] == ["NR-02", "NR-07"]
    found = told(taken)
    assert [(row, column) for row, column, _reason in found] == [
        (2, "power_hours"), (2, "line"), (4, "code"), (5, "code"), (6, "name"), (8, "code"),
    ]  # fmt: skip
    assert "whole number from 0 to 24" in found[0][2] and "Write one of" in found[1][2]
    assert "already in row 3" in found[2][2]


def test_an_empty_cell_changes_nothing(store: RolloutStore, tmp_path: Path) -> None:
    fill(store)
    taken = take(store, "code,name,heat,officers\nNR-02,,,4\n", tmp_path)
    assert (taken.changed, taken.refused) == (1, 0)
    site = by_code(store, "NR-02")
    assert site is not None and (site.name, site.answers) == ("Gate 2", {"heat": "-5", "officers": "4"})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a,b\n1,2\n", "no column code, name: fill in the template"),
        ("", "empty|no column"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"x" * (LARGEST + 1), "larger than 4 MB"),
    ],
)
def test_a_file_that_is_no_table_of_sites_is_refused_whole(
    store: RolloutStore, tmp_path: Path, content: str | bytes, reason: str
) -> None:
    with pytest.raises(Unreadable, match=reason):
        take(store, content, tmp_path)
    assert all_sites(store) == []


def test_the_paper_asks_every_question_and_shows_what_is_known(store: RolloutStore, tmp_path: Path) -> None:
    empty = questionnaire(None, "Centre")
    assert all(f"\u2068{question.key}\u2069" in empty for question in QUESTIONS) and "☒" not in empty
    fill(store)
    site = by_code(store, "NR-01")
    assert site is not None
    filled = questionnaire(site, "<Centre>")
    assert "=Gate 1" in filled and "☒" in filled and "<Centre>" not in filled
    assert print_paper(filled, {}, tmp_path).startswith(b"%PDF-")


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_can_be_answered_comes_back_from_a_spreadsheet(data: st.DataObject) -> None:
    values = {"code": "A-1", "name": data.draw(NAMES), "region": data.draw(st.just("") | NAMES)}
    for question in QUESTIONS:
        match question.kind:
            case "choice":
                answer = st.sampled_from(["", *question.choices])
            case "number":
                answer = st.just("") | st.integers(question.least, question.most).map(str)
            case "position":
                answer = st.sampled_from(["", "29.5267,35.0078", "-0.5,-179.25"])
            case _:
                answer = st.just("") | NAMES
        values[question.key] = data.draw(answer)
    kept = {field: read_field(field, text) for field, text in values.items() if text}
    answers = {field: text for field, text in kept.items() if field in BY_KEY}
    site = Site(1, kept["code"], kept["name"], "", kept.get("region", ""), answers)
    with TemporaryDirectory() as folder, RolloutStore.open(Path(folder)) as store:
        for name, content in (("a.csv", as_csv([site])), ("a.xlsx", workbook(Path(folder), site))):
            taken = take(store, content, Path(folder), name)
            assert taken.faults == [], name
            found = all_sites(store)[0]
            assert (found.name, found.region, found.answers) == (site.name, site.region, site.answers), name


def workbook(folder: Path, site: Site) -> bytes:
    as_workbook(folder / "out.xlsx", [site])
    return (folder / "out.xlsx").read_bytes()


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    yield made
    made.console.close()


def test_a_file_is_taken_on_the_page_and_its_faults_are_shown(console: Console) -> None:
    browser = console.browser("technician")
    template = browser.get("/rollout/sites.csv").data
    assert template.decode("utf-8-sig").startswith("code · Number of the site,")

    def upload(content: bytes, name: str = "أماكن.csv") -> tuple[int, str]:
        form = {"file": (io.BytesIO(content), name)}
        answer = browser.post("/rollout/table", form, content_type="multipart/form-data")
        return answer.status_code, text_of(answer)

    status, page = upload(b"code,name,power_hours\nNR-01,Gate 1,9\nNR-02,Gate 2,99\n")
    assert status == 422 and "1 new, 0 changed, 0 as they were, 1 refused" in page
    assert "99 is not possible here" in page
    status, page = upload(b"code,name,power_hours\nNR-02,Gate 2,9\n")
    assert status == 200 and "1 new" in page
    assert upload(b"", "")[0] == 422 and upload(b"nothing")[0] == 422
    assert "2 new" not in page
    assert "1 new, 0 changed, 1 refused" in text_of(console.browser("auditor").get("/log"))
    assert browser.get("/rollout/sites.xlsx").data.startswith(b"PK")
    assert browser.get("/rollout/sites/1/questionnaire.pdf").data.startswith(b"%PDF-")
    assert console.browser("auditor").post("/rollout/table").status_code == 403
