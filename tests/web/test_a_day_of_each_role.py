"""What each role does on a day, at a real browser, in English and in Arabic, by the words on the pages.

A case's way through a whole network is `test_journey.py`; here are the roles one by one, at a post and at a centre in
this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit

from .chromium import PROGRAM, Page
from .conftest import PASSWORD, Site, make_site, png
from .test_browser import DESK, PHONE, running
from .test_to_check import case
from .walking import Walker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
WAITING, LATE = "m" * 13, "o" * 13
"""Two posts in the centre's list: nobody has confirmed the one, nobody has heard of the other for long."""


@dataclass(frozen=True)
class Place:
    """A console that is served, and the browser in front of it."""

    site: Site
    address: str
    page: Page

    def walker(self, language: str) -> Walker:
        return Walker(self.page, self.address, language)

    def save(self, type: str, values: dict[str, Any], author: str = "amal") -> str:
        with self.site.console.writing() as register:
            return register.save([Edit(type, values)], author=author).records[0]

    def values(self, record: str) -> dict[str, Any]:
        with self.site.console.writing() as register:
            found = register.get(record)
        assert found is not None
        return dict(found.values)


def _served(folder: Path, page: Page, role: Any, label: str, office: str) -> Iterator[Place]:
    site = make_site(folder, role, label, office)
    with running(site.app) as address:
        yield Place(site, address, page)
    site.console.close()


@pytest.fixture(scope="module")
def at_post(tmp_path_factory: pytest.TempPathFactory, page: Page) -> Iterator[Place]:
    yield from _served(tmp_path_factory.mktemp("journeys") / "post", page, "post", "Aqaba port", "JOAQJ")


@pytest.fixture(scope="module")
def at_centre(tmp_path_factory: pytest.TempPathFactory, page: Page) -> Iterator[Place]:
    for place in _served(tmp_path_factory.mktemp("journeys") / "centre", page, "central", "National centre", ""):
        with place.site.console.writing() as register, register.store.write() as connection:
            connection.executemany(
                "INSERT INTO node (id, label, office, role, signing_key, sealing_key, revoked, heard, receipted, "
                "report, confirmed) VALUES (?, ?, ?, 'post', ?, ?, 0, ?, ?, '0.2.0', ?)",
                [
                    (WAITING, "Gate 9", "JOAMM", bytes([1]) * 32, bytes([2]) * 32, None, None, 0),
                    (LATE, "Wadi Araba", "JOAQJ", bytes([3]) * 32, bytes([4]) * 32, 1763800000000, 1763800000000, 1),
                ],
            )
        yield place


@pytest.fixture(params=["en", "ar"], ids=["english", "arabic"])
def language(request: pytest.FixtureRequest, page: Page) -> str:
    page.size(*DESK)
    page.colours("light")
    return str(request.param)


def test_a_newcomer_signs_in_chooses_a_password_and_is_told_what_to_do(at_post: Place, language: str) -> None:
    name = f"new.{language}"
    one_time = at_post.site.let_in(name, "officer", "Nour Example")
    person = at_post.walker(language)
    person.sign_in(name, one_time)
    person.reads("You signed in with a one-time password. Choose one of your own; only you will know it.")
    person.fill("New password", "short")
    person.fill("New password again", "short")
    person.press("Save the password")
    person.reads("The password was not changed")
    person.fill("New password", PASSWORD)
    person.fill("New password again", PASSWORD)
    person.press("Save the password")
    person.reads("First time here?", "Nothing waits for you.", "Work", "Report a case")
    person.press("Got it")
    person.reads_not("First time here?")
    person.go("My drafts")
    person.reads("You have no drafts. What you begin to type and do not send is kept here by itself.")
    person.follow("Help")
    person.reads("Handbook", "Report a seizure")
    person.account("Change password")
    person.reads("Current password")
    person.account("Your account")
    person.reads("Where you are signed in", "this browser", "Nour Example")
    person.account("Sign out")
    person.reads("User name", "Password")


def fill_short_form(somebody: Walker, quantity: str) -> None:
    """Fill in a report by the labels of its fields and the words of their answers; day, office and country stand
    there."""
    for label, answer in (
        ("Direction", "Import"),
        ("Product group", "Tobacco"),
        ("Detection method", "Detector dog"),
        ("Concealment method", "False floor"),
        ("Mode of transport", "Road transport"),
    ):
        somebody.fill(label, somebody.says(answer))
    somebody.fill("Quantity", quantity)
    somebody.fill("Unit", "KGM")
    somebody.fill("Country of departure", "SY")
    somebody.fill("Country of destination", "JO")


def test_an_officer_keeps_a_draft_adds_a_picture_reports_and_prints_the_label(
    at_post: Place, language: str, tmp_path: Path
) -> None:
    photo = tmp_path / "floor.png"
    photo.write_bytes(png(320, 240 + len(language) + sum(map(ord, language))))
    at_post.page.size(*PHONE, phone=True)
    officer = at_post.walker(language)
    officer.sign_in("officer")
    officer.follow("Report a case")
    fill_short_form(officer, "٤٨٫٥" if language == "ar" else "48.5")
    officer.press("Save draft")
    officer.open("/")
    officer.follow(officer.says("One draft you have not sent", 1, "{count} drafts you have not sent"))
    officer.follow_beginning("Case of {date}")
    officer.press("Add pictures")
    officer.fill("What it shows", "تحت الأرضية – under the floor")
    at_post.page.upload("input[type=file]", photo)
    officer.press("Save the pictures")
    assert at_post.page.value("document.querySelectorAll('#pictures img').length") == 1
    officer.press("Report")
    officer.reads("Not sent yet", "Submitted", "48.5")
    number = at_post.values(officer.record())["case_number"]
    officer.reads(number)
    assert at_post.page.value("document.querySelectorAll('.pictures img').length") == 1
    assert officer.has("Label (PDF)") and officer.has("Report (PDF)")
    officer.open("/")
    officer.fill("Search", str(number).lower())
    officer.press("Search")
    officer.follow(str(number))
    officer.open("/cases/new")
    officer.touch("All as last time")
    assert at_post.page.value("document.getElementById('leg.1.mode').value") == "3"
    assert at_post.page.value("document.getElementById('goods.1.quantity').value") == "", "what was found is new"


def test_a_supervisor_sends_back_validates_and_takes_back(at_post: Place, language: str) -> None:
    goods = {"1": {"product_group": "tobacco", "quantity": "12345.5", "unit": "KGM", "brand": "Brand X"}}
    old, *others = (at_post.save("case", case(number, goods=goods)) for number in range(4))
    supervisor = at_post.walker(language)
    supervisor.sign_in("supervisor")
    supervisor.reads("This week", "Newest", "Approvals")
    supervisor.follow_beginning("Cases to check: {count}")
    supervisor.reads("The oldest first.")
    supervisor.open(f"/cases/{old}")
    supervisor.press("Send back")
    supervisor.reads("Write what needs to be corrected.")
    supervisor.fill("Comment", "Which brand? أي علامة؟")
    supervisor.press("Send back")
    supervisor.reads("Sent back", "Which brand? أي علامة؟")
    supervisor.open(f"/cases/{others[0]}")
    supervisor.press("Validate")
    supervisor.reads("Validated")
    supervisor.go("To check")
    supervisor.tick(*others[1:])
    supervisor.press("Validate")
    supervisor.reads("Validate these cases?")
    supervisor.press(supervisor.says("Validate {count} case", 2, "Validate {count} cases"))
    assert [at_post.values(one)["status"] for one in others] == ["validated"] * 3
    supervisor.press("Undo")
    supervisor.reads("They wait to be checked again.")
    assert [at_post.values(one)["status"] for one in others[1:]] == ["submitted"] * 2
    supervisor.open("/cases/new")
    fill_short_form(supervisor, "7")
    supervisor.press("Report")
    supervisor.reads("You reported this case. Somebody else must validate it.")
    assert not supervisor.has("Validate")


def test_an_analyst_searches_by_a_word_narrows_down_and_exports(at_centre: Place, language: str) -> None:
    for number in range(3):
        tobacco = {"1": {"product_group": "tobacco", "quantity": str(number + 2), "unit": "KGM"}}
        at_centre.save("case", case(number, goods=tobacco) | {"narrative": f"Lorry {number}"})
    analyst = at_centre.walker(language)
    analyst.sign_in("analyst")
    analyst.reads("This week", "Posts", "Newest", "Warnings")
    analyst.search("تبغ" if language == "ar" else "tobacco")
    analyst.reads("Tobacco", "Product group")
    analyst.follow("Show as a list")
    analyst.touch("More filters")
    analyst.fill("Direction", analyst.says("Import"))
    analyst.press("Show")
    analyst.follow("Status")
    analyst.follow("Select all on this page")
    analyst.press("Export")
    analyst.reads("Excel workbook to read: words in your language beside codes, a sheet for each part")
    analyst.reads("Include personal data")
    analyst.press("Export")
    analyst.wait_for("Save the file")
    analyst.reads("without personal data")
    analyst.go("Follow-up")
    analyst.reads("Watch-list entries", "Proposals", "Suspect files")
    analyst.follow("Make a proposal")
    analyst.fill("Kind", analyst.says("Link between records"))
    analyst.press("Propose")
    analyst.reads("Next steps")
    analyst.go("Follow-up")
    analyst.follow("Add an entry")
    analyst.reads("Adopt")


def test_an_analyst_is_told_which_post_is_late_and_how_to_confirm_a_new_one(at_centre: Place, language: str) -> None:
    analyst = at_centre.walker(language)
    analyst.sign_in("analyst")
    analyst.reads("very late", "Wadi Araba", analyst.says("{count} not confirmed yet", 1, "{count} not confirmed yet"))
    analyst.follow("Open the posts")
    analyst.reads("very late", "No line, or switched off. Call the post; a USB stick can carry its reports meanwhile.")
    analyst.follow("Gate 9")
    analyst.reads("Is this really the post?", "The six words shown at the post")
    assert analyst.has("Confirm this post") and not analyst.has("Enrol a post")


def test_an_administrator_adds_somebody_resets_a_password_and_sets_the_formats(at_centre: Place, language: str) -> None:
    administrator = at_centre.walker(language)
    administrator.sign_in("administrator")
    administrator.reads("This machine", "Posts", "Backups", "Approvals", "People")
    administrator.follow("Add a person")
    administrator.fill("User name", f"tech.{language}")
    administrator.fill("Display name", "Tala Example")
    administrator.fill("Role", "technician")
    administrator.press("Add")
    administrator.reads(
        "Give this password to the person. It is shown only now and is valid for three days; at the "
        "first sign-in they choose their own."
    )
    administrator.follow("Back to people")
    administrator.reads("Tala Example", "one-time password not used yet")
    administrator.follow("Tala Example")
    administrator.reads_not("+00:00")
    administrator.press("New one-time password")
    administrator.reads("One-time password")
    administrator.go("People")
    administrator.follow("Add a person")
    administrator.fill("User name", f"officer.{language}")
    administrator.fill("Role", "analyst")
    administrator.press("Add")
    administrator.reads("This is your own request. Somebody else has to decide.")
    administrator.go("National settings")
    administrator.fill("Letterhead", "Customs of Jordan الجمارك")
    administrator.press("Save")
    assert "Customs of Jordan" in at_centre.page.value("document.querySelector('textarea[id=letterhead]').value")
    administrator.go("Departments")
    administrator.fill("Code", f"PORT-{language}".upper())
    administrator.fill("Name", "الميناء Port")
    administrator.press("Save")
    administrator.reads(f"PORT-{language}".upper(), "الميناء Port")
    administrator.go("Posts")
    administrator.reads("Wadi Araba", "very late", "Gate 9")
    administrator.follow("Gate 9")
    administrator.reads("An analyst or a supervisor of the centre confirms it, and not whoever made its code.")
    assert not administrator.has("Confirm this post")
    administrator.go("Posts")
    administrator.follow("Enrol a post")
    administrator.fill("Name of the post", f"Port {language}")
    administrator.fill("Office", "JOAQJ")
    administrator.press("Make a code")
    administrator.reads("abcd-efgh")
    assert administrator.answers("/cases") == 403


def test_an_auditor_reads_the_log_checks_it_and_changes_nothing(at_centre: Place, language: str) -> None:
    seen = at_centre.save("case", case(7))
    person = at_centre.save("person", {"latin_name": "SAMI ALMITHAL", "name_as_written": "سامي المثال"})
    auditor = at_centre.walker(language)
    auditor.sign_in("auditor")
    auditor.reads("Who looked at what", "Approvals", "Backups")
    auditor.open(f"/cases/{seen}")
    for button in ("Edit", "Add pictures", "Validate", "Change"):
        assert not auditor.has(button), button
    assert auditor.answers(f"/cases/{seen}/check", "POST") == 403
    assert auditor.answers("/people", "GET") == 403
    auditor.go("Log")
    auditor.reads("/cases/…/check", "/people")
    auditor.fill("Kind", auditor.says("sign-in"))
    auditor.press("Show")
    auditor.reads("auditor")
    auditor.follow("Check that the log is whole")
    auditor.reads("Seal of the last row:")
    auditor.go("Approvals")
    auditor.reads("How every account got its role", "one of the first two accounts of this machine: nobody approved it")
    auditor.go("Reports to persons")
    auditor.fill("Name in any script, number, plate or telephone", "سامي المثال")
    auditor.press("Search")
    auditor.tick(person)
    auditor.fill("Reason", "Asked in writing")
    auditor.press("Check the report")
    auditor.reads("Who looked at it", "SAMI ALMITHAL")
    assert auditor.has("Save as PDF")


def test_a_technician_sees_that_all_is_well_and_no_case(at_post: Place, language: str) -> None:
    technician = at_post.walker(language)
    technician.sign_in("technician")
    technician.reads("This machine")
    technician.follow("What was checked")
    technician.reads("What was checked", "Disk", "Clock", "not enrolled yet")
    technician.reads_not("Nothing has to be done.")
    assert "diwan enrol" in technician.shown(), "what is to be done next"
    for path in ("/cases", "/search?q=a", "/persons", "/log"):
        assert technician.answers(path) == 403, path
