"""The register of machines in the centre's console: who sees it, who may change it, what a sheet makes of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from diwan_central.console.web import create_central_app
from diwan_core.acceptance.sheet import LARGEST, encode
from diwan_core.web.kit.console import KEY
from diwan_core.web.kit.rate_limit import Pace
from diwan_core.web.kit.sign_in_budget import SignInBudget

from tests.web.conftest import Browser, Site, make_site, text_of

from .sheets_kit import Technician, known, sheet, technician

pytestmark = pytest.mark.slow


@pytest.fixture
def amal(tmp_path: Path) -> Technician:
    return technician(tmp_path, "amal")


@pytest.fixture
def karim(tmp_path: Path) -> Technician:
    return technician(tmp_path, "karim")


@pytest.fixture
def site(tmp_path: Path, amal: Technician, karim: Technician) -> Iterator[Site]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    made.console.close()
    signers = known(tmp_path, [amal, karim])
    app = create_central_app(made.folder, open_accounts=lambda _: made.accounts, signers=signers)
    app.extensions["diwan_pace"] = Pace(burst=1_000_000)
    app.extensions[KEY].sign_ins = SignInBudget(1_000_000)
    again = replace(made, app=app)
    yield again
    again.console.close()


def upload(browser: Browser, signed: tuple[bytes, bytes]) -> str:
    """Bring a sheet and its signature; the page that follows."""
    answer = browser.post(
        "/assets",
        {"sheet": (io.BytesIO(signed[0]), "sheet.json"), "signature": (io.BytesIO(signed[1]), "sheet.json.sig")},
        content_type="multipart/form-data",
    )
    return text_of(browser.follow(answer)) if answer.status_code == 303 else f"{answer.status_code} {text_of(answer)}"


def test_a_technician_brings_a_sheet_and_everybody_concerned_sees_the_machine(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    assert "No machine has been accepted yet" in text_of(browser.get("/assets"))
    page = upload(browser, amal.sheet())
    assert "Machine XA-00012-M" in page and "signed with the key of amal" in page
    for role in ("administrator", "auditor"):
        assert "Raspberry Pi 4 Model B" in text_of(site.browser(role).get("/assets"))
    assert "No machine matches" in text_of(browser.get("/assets", q="zzzz"))
    told = text_of(site.browser("auditor").get("/log"))
    assert "an acceptance sheet of machine 1 (XA-00012-M) was taken, signed by amal" in told


def test_two_technicians_are_both_shown_with_what_to_do(site: Site, amal: Technician, karim: Technician) -> None:
    browser = site.browser("technician")
    upload(browser, amal.sheet())
    page = upload(browser, karim.sheet(outcome="warn", place="Amman airport", ended=1_790_000_100))
    assert "Two people accepted this machine: amal" in page
    assert "They name two places: Aqaba port, then Amman airport." in page
    assert page.count("The whole sheet") == 2
    assert "2 notices" in text_of(browser.get("/assets"))


def test_a_sheet_that_is_not_signed_or_no_sheet_is_refused_with_the_remedy(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    content, signature = amal.sheet()
    assert "sign it with your SSH key" in upload(browser, (content, b""))
    assert upload(browser, (b"", signature)).startswith("422 ")
    assert "at the most" in upload(browser, (b" " * (LARGEST + 1), signature))
    changed = upload(browser, (content.replace(b"Aqaba", b"Akaba"), signature))
    assert "one of the two was changed" in changed
    assert "No machine has been accepted yet" in text_of(browser.get("/assets"))


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
    assert "This is not a date" in text_of(wrong) and "Gate 3" in wrong.text
    twice = browser.post("/assets/1", {"warranty_until": "5/3/2029"})
    assert twice.status_code == 422 and "can be 5 Mar 2029 or 3 May 2029" in text_of(twice)
    browser.post("/assets/1", {"warranty_until": "5 March 2029"})
    assert 'value="5 Mar 2029"' in browser.get("/assets/1").text
    done = browser.follow(browser.post("/assets/1", {"place": "Gate 3", "state": "spare", "note": "ok"}))
    assert "Aqaba port → Gate 3" in text_of(done) and "in use → spare" in text_of(done)
    assert browser.post("/assets/99", {"place": "x"}).status_code == 404
    for path in ("/assets/99", f"/assets/{2**70}"):
        assert browser.get(path).status_code == 404, path
    csv = browser.get("/assets.csv")
    assert csv.mimetype == "text/csv" and "Gate 3" in csv.data.decode("utf-8-sig")


def test_the_whole_sheet_is_given_back_byte_for_byte(site: Site, amal: Technician) -> None:
    browser = site.browser("technician")
    upload(browser, amal.sheet())
    link = browser.get("/assets/1").text.partition('href="/acceptance/')[2].partition('"')[0]
    assert "XA-00012-M" in text_of(browser.get(f"/acceptance/{link}"))
    assert browser.get(f"/acceptance/{link}.json").data == encode(sheet(technician="amal"))


def test_a_register_that_cannot_be_read_is_said_to_be(site: Site) -> None:
    (site.folder / "assets.db").write_bytes(b"no database" * 1000)
    answer = site.browser("technician").get("/assets")
    assert answer.status_code == 503 and "cannot be read" in text_of(answer)


@pytest.mark.parametrize("role", ["officer", "supervisor", "analyst"])
def test_who_works_on_cases_has_no_business_here(site: Site, role: str) -> None:
    browser = site.browser(role)
    assert browser.get("/assets").status_code == 403
    assert browser.post("/assets/1", {"place": "x"}).status_code == 403


def test_an_auditor_sees_and_changes_nothing(site: Site, amal: Technician) -> None:
    upload(site.browser("technician"), amal.sheet())
    auditor = site.browser("auditor")
    page = auditor.get("/assets/1").text
    assert "Correct the details" not in page
    assert auditor.post("/assets/1", {"place": "x"}).status_code == 403
