"""The report for donors and the commands, with the invented country of the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from diwan_central.cli import central
from diwan_central.rollout.milestones import add, all_milestones, save
from diwan_central.rollout.overview import look
from diwan_central.rollout.report import Report, facts, make
from diwan_central.rollout.report_book import write
from diwan_central.rollout.report_paper import amount, report_page
from diwan_central.rollout.sites import all_sites
from diwan_central.rollout.store import RolloutStore
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import NodeKeys, mint_id

from tests.web.conftest import make_site

from .kit import NOW_MS, staged_roll_out

pytestmark = pytest.mark.slow

TAMARIA = Path(__file__).parents[2] / "docs" / "how-to" / "roll-out" / "tamaria-sites.csv"
DAY = date(2026, 9, 21)


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    node.create(folder, NodeConfig(role="central", id=mint_id(), label="Customs of Tamaria", web_tls="off"))
    NodeKeys.create(folder)
    return folder


@pytest.fixture
def store(centre: Path) -> Iterator[RolloutStore]:
    with RolloutStore.open(centre) as opened:
        yield opened


def run(*words: object) -> Result:
    return CliRunner().invoke(central, ["rollout", *map(str, words)])


def answer(*words: object) -> dict[str, object]:
    done = run(*words, "--json")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def report(store: RolloutStore, region: str = "") -> Report:
    return make(store, look(store, store.path.parent, DAY), region)


def test_the_invented_country_is_taken_in_one_go_and_again_without_a_change(centre: Path, store: RolloutStore) -> None:
    first = answer("import", TAMARIA, "--dir", centre)
    assert (first["new"], first["refused"], first["left_out"]) == (24, 0, [])
    again = answer("import", TAMARIA, "--dir", centre)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 24)
    assert answer("plan", "--dir", centre, "--starts", "2026-09-07", "--apart", 5)["planned"] == 24
    sites = answer("readiness", "--dir", centre, "--region", "North")["sites"]
    assert isinstance(sites, list) and len(sites) == 8
    stopped = {one["code"] for one in sites if any(reason["stops"] for reason in one["reasons"])}
    assert {"NR-02", "NR-03", "NR-06"} <= stopped
    assert "Has the order been signed" in run("readiness", "--dir", centre).stdout
    assert answer("report", "--dir", centre)["sites"] == 24


def test_a_file_with_faults_says_row_column_and_remedy_and_ends_with_one(centre: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("code,name,power_hours\nNR-01,Gate,25\n")
    done = run("import", file, "--dir", centre)
    assert done.exit_code == 1 and "row 2, power_hours: 25 is not possible here" in done.stdout
    file.write_text("x,y\n1,2\n")
    done = run("import", file, "--dir", centre)
    assert done.exit_code == 1 and "fill in the template" in done.stderr
    assert run("import", tmp_path / "none.csv", "--dir", centre).exit_code == 1


def test_what_is_exported_is_a_template_or_the_sites(centre: Path, tmp_path: Path) -> None:
    assert answer("export", "--dir", centre, "-o", tmp_path / "empty.csv")["sites"] == 0
    run("import", TAMARIA, "--dir", centre)
    assert answer("export", "--dir", centre, "-o", tmp_path / "all.xlsx", "--region", "River")["sites"] == 8
    assert (tmp_path / "all.xlsx").read_bytes().startswith(b"PK")
    wrong = run("export", "--dir", centre, "-o", tmp_path / "all.doc")
    assert wrong.exit_code == 2 and "must end in .csv or .xlsx" in wrong.stderr


def test_the_report_counts_what_is_met_late_and_spent(centre: Path, store: RolloutStore) -> None:
    staged_roll_out(centre)
    paid = add(store, {"level": "country", "phase": "training", "due": "2026-09-01", "state": "planned",
                       "cost": "1000.50", "spent": "900"}, "amal", NOW_MS)  # fmt: skip
    before = facts(report(store))
    assert before["money"] == {
        "all": {"planned": "121000.50", "spent": "900", "priced": 2, "milestones": 10},
        "procurement": {"planned": "120000", "spent": "0", "priced": 1, "milestones": 3},
        "training": {"planned": "1000.50", "spent": "900", "priced": 1, "milestones": 2},
    }
    assert before["training"] == {
        "trainers": {"courses": 0, "invited": 0, "attended": 0, "certificates": 0},
        "administrators": {"courses": 0, "invited": 0, "attended": 0, "certificates": 0},
        "users": {"courses": 1, "invited": 3, "attended": 2, "certificates": 2},
    }
    late = len(report(store).late)
    save(store, paid, {"state": "done", "done_on": "2026-09-05"}, 1, "amal", NOW_MS)
    after = report(store)
    assert (len(after.late), after.met_late, after.met) == (late - 1, 1, 0)
    north = report(store, "South")
    assert len(north.lines) == 1 and len(north.milestones) < len(all_milestones(store))


def test_the_workbook_holds_text_as_text_and_numbers_as_numbers(
    centre: Path, store: RolloutStore, tmp_path: Path
) -> None:  # fmt: skip
    staged_roll_out(centre)
    store.write("update milestone set owner = '=1+1', title = '@SUM(A1)' where id = 1")
    write(report(store), tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Report", "Sites", "Milestones", "Training"]
    cells = [cell for row in book["Milestones"].iter_rows(min_row=2) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {"=1+1", "@SUM(A1)"} <= {cell.value for cell in cells}
    assert 120_000 in [cell.value for cell in cells]
    assert len(list(book["Sites"].rows)) == len(all_sites(store)) + 1


def test_the_paper_says_everything_and_becomes_a_pdf(centre: Path, store: RolloutStore, tmp_path: Path) -> None:
    staged_roll_out(centre)
    run("import", TAMARIA, "--dir", centre)
    html = report_page(report(store), "Customs of <Tamaria>", centre)
    for words in ("What stops sites", "Milestones that are late", "Money", "Training", "<svg", "120,000", "Port Sarel"):
        assert words in html, words
    assert "<Tamaria>" not in html
    done = run("report", "--dir", centre, "-o", tmp_path / "report.pdf")
    assert done.exit_code == 0 and (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-"), done.output
    assert answer("report", "--dir", centre, "-o", tmp_path / "report.xlsx")["file"] == str(tmp_path / "report.xlsx")
    assert run("report", "--dir", centre, "-o", tmp_path / "report.txt").exit_code == 2


def test_an_empty_roll_out_reports_nothing_and_does_not_fail(store: RolloutStore, tmp_path: Path) -> None:
    found = report(store)
    assert (found.score, found.ready, found.late) == (0, 0, ())
    assert "No cost is filled in" in report_page(found, "Centre", tmp_path)
    write(found, tmp_path / "r.xlsx")
    assert amount(found.money[""].planned) == "0"


def test_a_certificate_is_checked_by_its_number(centre: Path, store: RolloutStore) -> None:
    number = staged_roll_out(centre)
    assert answer("check", number, "--dir", centre)["genuine"] is True
    assert run("check", "T-00009-AAAA-AAAA-AAAA", "--dir", centre).exit_code == 1
    store.write("update certificate set name = 'Mallory'")
    done = run("check", number, "--dir", centre)
    assert done.exit_code == 1 and "somebody changed the file" in done.stdout


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_paper_is_laid_out_in_both_directions(tmp_path: Path, language: str) -> None:
    site = make_site(tmp_path / "centre", "central", "Centre", "")
    try:
        number = staged_roll_out(site.folder)
        browser = site.browser("auditor")
        browser.client.set_cookie("diwan_language", language)
        for path in ("report.pdf", f"certificates/{number}.pdf", "questionnaire.pdf", "sites/1/questionnaire.pdf"):
            answer = browser.get(f"/rollout/{path}")
            assert answer.status_code == 200 and answer.data.startswith(b"%PDF-"), path
        assert browser.get("/rollout/report.xlsx", region="South").data.startswith(b"PK")
    finally:
        site.console.close()
