"""The register of machines in the centre's console: who sees it, who may change it, what a sheet makes of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.assets.sheets import trust

from tests.web.conftest import Browser, Site, make_site, text_of

from .sheets_kit import Technician, result, technician


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    yield made
    made.console.close()


@pytest.fixture
def amal(site: Site, tmp_path: Path) -> Technician:
    made = technician(tmp_path, "amal")
    trust(site.folder, "amal", made.public)
    return made


def upload(browser: Browser, sheet: bytes) -> str:
    answer = browser.post("/assets", {"sheet": (io.BytesIO(sheet), "result.sheet")}, content_type="multipart/form-data")
    return text_of(browser.follow(answer)) if answer.status_code == 303 else f"{answer.status_code} {text_of(answer)}"


def test_a_technician_brings_a_sheet_and_everybody_concerned_sees_the_machine(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    assert "No machine was accepted yet" in text_of(browser.get("/assets"))
    page = upload(browser, amal.sheet())
    assert "Machine XA-00012-M" in page and "signed with the key of amal" in page
    for role in ("administrator", "auditor"):
        assert "Raspberry Pi 4 Model B" in text_of(site.browser(role).get("/assets"))
    assert "No machine matches" in text_of(browser.get("/assets", q="zzzz"))
    told = text_of(site.browser("auditor").get("/log"))
    assert "the acceptance of machine 1 (XA-00012-M) was taken, signed by amal" in told


def test_two_technicians_are_both_shown_with_what_to_do(site: Site, amal: Technician, tmp_path: Path) -> None:
    karim = technician(tmp_path, "karim")
    trust(site.folder, "karim", karim.public)
    browser = site.browser("technician")
    upload(browser, amal.sheet())
    page = upload(browser, karim.sheet(outcome="warn", place="Amman airport", ended=1_790_000_100))
    assert "Two people accepted this machine: amal" in page
    assert "They name two places: Aqaba port, then Amman airport." in page
    assert page.count("The whole result") == 2
    assert "2 notices" in text_of(browser.get("/assets"))


def test_a_sheet_that_is_not_signed_or_no_sheet_is_refused_with_the_remedy(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    assert "diwan hardware sign" in upload(browser, result())
    assert upload(browser, b"").startswith("422 ")
    assert "changed since" in upload(browser, amal.sheet().replace(b"Aqaba", b"<b>ab"))
    assert "No machine was accepted yet" in text_of(browser.get("/assets"))


def test_what_a_sheet_says_is_text_and_no_markup(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    upload(browser, amal.sheet(place="<script>alert(1)</script>", model="<b>bold</b>", outcome="warn"))
    for path in ("/assets", "/assets/1"):
        page = browser.get(path).text
        assert "<script>alert" not in page and "<b>bold" not in page


def test_corrections_are_checked_and_told(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    upload(browser, amal.sheet())
    wrong = browser.post("/assets/1", {"warranty_until": "soon", "place": "Gate 3"})
    assert wrong.status_code == 422
    assert "This is no day" in text_of(wrong) and "Gate 3" in wrong.text
    done = browser.follow(browser.post("/assets/1", {"place": "Gate 3", "state": "spare", "note": "ok"}))
    assert "Aqaba port → Gate 3" in text_of(done) and "in use → spare" in text_of(done)
    assert browser.post("/assets/99", {"place": "x"}).status_code == 404
    for path in ("/assets/99", f"/assets/{2**70}", "/assets/1/abc.json"):
        assert browser.get(path).status_code == 404, path
    csv = browser.get("/assets.csv")
    assert csv.mimetype == "text/csv" and "Gate 3" in csv.data.decode("utf-8-sig")


def test_the_whole_result_is_given_back_byte_for_byte(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    upload(browser, amal.sheet())
    link = browser.get("/assets/1").text.split('.json"')[0].rpartition('"')[2]
    answer = browser.get(f"{link}.json")
    assert answer.data == result(technician="amal")
    assert "attachment" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("role", ["officer", "supervisor", "analyst"])
def test_who_works_on_cases_has_no_business_here(site: Site, role: str) -> None:
    browser = site.browser(role)
    assert browser.get("/assets").status_code == 403
    assert browser.post("/assets/1", {"place": "x"}).status_code == 403


def test_an_auditor_sees_and_changes_nothing(site: Site, amal: Technician) -> None:
    upload(site.browser("technician"), amal.sheet())
    auditor = site.browser("auditor")
    page = auditor.get("/assets/1").text
    assert "Correct what stands here" not in page
    assert auditor.post("/assets/1", {"place": "x"}).status_code == 403
