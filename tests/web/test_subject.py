"""The pages of reports to persons: finding, choosing, looking through, saving, and who may."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator

import pytest
from diwan_core.register import Edit

from .conftest import Browser, Site, make_site, text_of
from .test_release import VALUES

pytestmark = pytest.mark.slow

OTHERS = (b"Zephyrine", b"Oldfield", b"Z7654321")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("subject") / "centre", "central", "Centre", "")
    yield site
    site.console.close()


@pytest.fixture(scope="module")
def person(country: Site) -> str:
    told = {"latin_name": "SAMI ALMITHAL", "name_as_written": "سامي المثال", "notes": "Brother of Zephyrine Oldfield"}
    with country.console.writing() as register:
        id = register.save([Edit("person", told)], author="amal").records[0]
        party = {
            "1": {"role": "courier", "name": "Zephyrine Oldfield", "identifier": "Z7654321"},
            "2": {"role": "declarant", "subject": id, "name": "Sami"},
        }
        register.save([Edit("case", {**VALUES, "party": party, "narrative": "Oldfield told us"})], author="amal")
        watched = register.save([Edit("watch_list", {"name": "List"})], author="amal").records[0]
        entry = {"kind": "person", "subject": id, "requested_action": "discreet", "watch_list": watched}
        register.save([Edit("watch_entry", entry)], author="amal")
    return id


def begun(browser: Browser, *records: str) -> str:
    answer = browser.post("/subject", {"record": list(records), "reason": "asked on 2026-11-12"})
    assert answer.status_code == 303, text_of(answer)
    return answer.location


def test_a_person_is_found_in_another_script_chosen_looked_through_and_saved(country: Site, person: str) -> None:
    supervisor = country.browser("supervisor")
    assert f'value="{person}"' in supervisor.get("/subject", q="سامي").text
    assert f'value="{person}" checked' in supervisor.get("/subject", q="nobody", record=person).text
    report = begun(supervisor, person)
    page = supervisor.get(report)
    assert "Held back" in text_of(page)
    assert "Zephyrine Oldfield" in page.text, "the reviewer sees what is black"
    for form, content in files(supervisor, report).items():
        assert not [word for word in OTHERS if word in content], form
        assert b"watch" not in content.lower(), form
    made = json.loads(files(supervisor, report)["json"])
    assert made["format"] == "diwan-subject-report"
    assert [section["kind"] for section in made["sections"]] == ["Person", "Case"]


def files(browser: Browser, report: str) -> dict[str, bytes]:
    found = {}
    for form in ("json", "xlsx"):
        answer = browser.get(f"{report}/report.{form}")
        assert answer.status_code == 200
        found[form] = answer.data
    with zipfile.ZipFile(io.BytesIO(found["xlsx"])) as archive:
        found["xlsx"] = b"".join(archive.read(part) for part in archive.namelist())
    assert b"SAMI ALMITHAL" in found["xlsx"]
    return found


def test_the_report_is_made_on_paper(country: Site, person: str) -> None:
    supervisor = country.browser("supervisor")
    answer = supervisor.get(f"{begun(supervisor, person)}/report.pdf")
    assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-"), text_of(answer)


def test_a_text_is_told_after_the_reviewer_released_it_and_a_forged_token_is_not_kept(
    country: Site, person: str
) -> None:
    supervisor = country.browser("supervisor")
    report = begun(supervisor, person)
    (token,) = re.findall(rf'name="text" value="({person}/notes/\w+)"', supervisor.get(report).text)
    assert supervisor.post(report, {"text": [token, f"{person}/notes/0000"], "part": ["x/y/z"]}).status_code == 303
    assert f'value="{token}" checked' in supervisor.get(report).text
    assert b"Brother of Zephyrine Oldfield" in files(supervisor, report)["json"]
    supervisor.post(report, {})
    assert b"Zephyrine" not in files(supervisor, report)["json"]


def test_who_may_not_and_who_did_not_begin_it_see_nothing(country: Site, person: str) -> None:
    supervisor = country.browser("supervisor")
    report = begun(supervisor, person)
    for role in ("officer", "technician", "administrator", "analyst"):
        browser = country.browser(role)
        for path in ("/subject", report, f"{report}/report.json"):
            assert browser.get(path).status_code == 403, (role, path)
        assert browser.post("/subject", {"record": person, "reason": "curious"}).status_code == 403
    auditor = country.browser("auditor")
    assert auditor.get("/subject").status_code == 200
    for path in (report, f"{report}/report.json", f"{report}/report.exe"):
        assert auditor.get(path).status_code == 404
    assert auditor.post(report, {}).status_code == 404


def test_a_reason_and_a_record_are_needed(country: Site, person: str) -> None:
    supervisor = country.browser("supervisor")
    for form in ({"record": person, "reason": " "}, {"reason": "asked"}, {"record": "x", "reason": "asked"},
                 {"record": "0" * 8 + "-0000-7000-8000-" + "0" * 12, "reason": "asked"}):  # fmt: skip
        assert supervisor.post("/subject", form).status_code == 422, form


def test_the_log_of_reads_says_who_searched_what_was_shown_and_what_was_made(country: Site, person: str) -> None:
    supervisor = country.browser("supervisor")
    supervisor.get("/subject", q="Almithal")
    files(supervisor, begun(supervisor, person))
    log = text_of(country.browser("auditor").get("/log"))
    assert "searched for what is held about a person: Almithal" in log
    assert "a report to a person was made (XLSX)" in log
    assert "asked on 2026-11-12" in log
    assert "a report of what is held about a person" in log
