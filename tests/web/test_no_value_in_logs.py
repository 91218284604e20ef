"""What a node says of itself holds no value of a record: lines of its processes, figures, findings, error pages."""

from __future__ import annotations

import logging
from random import Random

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.health.findings import FOLDER
from diwan_core.intake.run.export import export
from diwan_core.register import Edit, Register, RegisterError
from diwan_core.web.record_pages import list_page

from tests.leaving.canaries import document, documents, leaks

from .conftest import SHORT, Browser, Site, make_site

pytestmark = pytest.mark.slow

FORMS = ("", "/edit/event", "/edit/goods/1", "/report.pdf", "/report-without-personal-data.pdf")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = make_site(tmp_path_factory.mktemp("logs") / "centre", "central", "Centre", "")
    with Register.open(site.folder, role="writer") as register:
        for declared in DICTIONARY.types.values():
            saved = register.save_many(
                [[Edit(declared.name, one)] for one in documents(declared, 3, seed=3)], author="x"
            )
            assert not saved.refused, (declared.name, saved.refused)
    return site


def everything(site: Site, browser: Browser) -> None:
    """Open what shows records, type what is refused, and break a page."""
    with site.console.writing() as register:
        ids = {name: next(register.ids(name)) for name in ("case", "person", "company", "conveyance", "operation")}
    for path in ("cases", "persons", "companies", "conveyances", "operations"):
        browser.get(f"/{path}", q="Canary", sort="no such column")
    for form in FORMS:
        browser.get(f"/cases/{ids['case']}{form}")
    browser.post("/cases/new", {**SHORT, "date": "Canary day", "goods.1.quantity": "Canary", "office": "CANARY 1"})
    browser.post("/cases/export", {"form": "csv", "query": "office=CANARY-1"})
    browser.get("/log/export", q="Canary")


def test_no_line_of_a_log_no_figure_and_no_finding_holds_a_value(
    centre: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with caplog.at_level(logging.DEBUG):
        for role in ("supervisor", "analyst", "auditor"):
            everything(centre, centre.browser(role))

        value = "Canary Testman"

        def broken(*_: object, **__: object) -> None:
            raise ValueError(value)  # a line of a log quotes this line, and must not quote the value

        monkeypatch.setattr(list_page, "filters_of", broken)
        answer = centre.browser("analyst").get("/cases")
        assert answer.status_code == 500 and not leaks(answer.data)
    assert leaks(caplog.text.encode()) == []
    assert leaks(centre.app.test_client().get("/metrics").data) == []
    assert leaks(centre.app.test_client().get("/healthz").data) == []
    technician = centre.browser("technician")
    for path in ("/status", "/posts", "/assets", "/assets.csv", "/backups"):
        answer = technician.get(path)
        assert answer.status_code == 200 and leaks(answer.data) == [], path
    told = [path for path in (centre.folder / FOLDER).rglob("*") if path.is_file()]
    assert [path for path in told if leaks(path.read_bytes())] == []


def test_a_refusal_at_the_registers_door_is_logged_without_what_was_refused(
    centre: Site, caplog: pytest.LogCaptureFixture
) -> None:
    made = document(DICTIONARY.type("case"), Random(5))
    wrong = {**made, "direction": "Canary", "date": "Canary", "goods": {"1": {"quantity": "Canary"}}}
    with caplog.at_level(logging.DEBUG), Register.open(centre.folder, role="writer") as register:
        assert register.save_many([[Edit("case", wrong)]], author="x").refused
        with pytest.raises(RegisterError):
            register.save([Edit("case", wrong)], author="x")
        with open("/dev/null", "w") as nowhere, pytest.raises(RegisterError):
            export(register, "case", nowhere, "csv", where={"concealment_text": "Canary"})
    assert leaks(caplog.text.encode()) == []
