"""The auditor reads plain words, in either language, whatever the log wrote."""

import shutil
from pathlib import Path
from typing import Final

import pytest
from diwan_core.register import Edit
from diwan_core.trust.access_log.events import event, event_of
from diwan_core.trust.access_log.log import FILE, Look, ReadLog
from diwan_core.web.kit.access import May, UndeclaredRoute, decisions, may, refuse_undeclared
from diwan_core.web.kit.log_views import VIEWS
from diwan_core.web.kit.permissions import Action
from diwan_core.web.oversight.access_log_page import _words
from diwan_core.web.oversight.event_words import event_words
from diwan_core.web.oversight.older_log_rows import older_words
from flask import Flask

from .conftest import Site, text_of

GOLDEN: Final = Path(__file__).parents[1] / "trust/golden/audit-0.1.0.db"
"""A log as release 0.1.0 writes it: every kind of row, and an erasure."""
LAST_SEAL: Final = "d398e4b7cc5b6d5feab1fabadc0c5f1627916e7b08daab9197780357becb527a"

SAID = [
    ("page", "case.page", "its page"),
    ("page", "print_case.pdf", "its report as PDF"),
    ("page", "edit_person.part", "a form that changes it"),
    ("page", "attachment.thumb", "a small picture"),
    ("page", "drafts.show", "a draft that names it"),
    ("page", "of.a_newer_release", "of.a_newer_release"),
    ("search", "case: warehouse 17", "Cases: warehouse 17"),
    ("search", "person, company: Salim", "Persons, Companies: Salim"),
    ("search", "command line: Salim: x", "at the command line: Salim: x"),
    ("export", "case csv, with personal data: *", "Cases (CSV), with personal data: all of them"),
    (
        "export",
        "case xlsx, without personal data: direction=import&sort=-date&q=a+b",
        "Cases (XLSX), without personal data: Direction = Import, sorted by = Date, Search = a b",
    ),
    ("export", "case json fetched", "Cases (JSON): the file was saved"),
    ("export", "command line: case file", "at the command line: the whole case as a file of evidence"),
    ("people", "added as officer", "added as: Officer"),
    ("people", "role officer to supervisor", "role changed from Officer to Supervisor"),
    ("people", "disabled", "may no longer sign in"),
    ("people", "something else", "something else"),
    ("command line", "show", "shown whole"),
    ("import", "log.csv", "log.csv"),
]


@pytest.mark.parametrize(("how", "detail", "words"), SAID)
def test_a_row_is_told_in_plain_words(post: Site, how: str, detail: str, words: str) -> None:
    with post.app.test_request_context():
        assert older_words(how, detail) == words


@pytest.mark.parametrize(("how", "detail", "words"), [row for row in SAID if row[1] != row[2] and row[0] != "search"])
def test_and_so_in_arabic(post: Site, how: str, detail: str, words: str) -> None:
    with post.app.test_request_context(headers={"Accept-Language": "ar"}):
        said = older_words(how, detail)
    assert said != words and any("\u0600" <= letter <= "\u06ff" for letter in said)


def test_a_log_of_release_0_1_0_is_whole_and_read_in_words(post: Site, tmp_path: Path) -> None:
    shutil.copy(GOLDEN, tmp_path / FILE)
    log = ReadLog.open(tmp_path)
    log.note("amal", "analyst", [event("list.searched", types="case", words="kilo")])
    rows = list(log.rows())
    assert len(rows) == 38 and rows[36].seal.hex() == LAST_SEAL and log.verify() is None
    with post.app.test_request_context():
        said = [_words(row) for row in rows]
    log.close()
    assert said[0] == "its page" and said[7] == "Cases: warehouse 17"
    assert said[12] == "Cases (CSV), with personal data: all of them"
    assert said[15] == "this log (CSV): User name = amal"
    assert said[23:25] == ["added as: Officer", "role changed from Officer to Supervisor"]
    assert said[33].startswith("basim was added as: Officer")
    assert said[35] == "The words were erased under the law." and said[36] == "words of these rows were erased: 36"
    assert said[37] == "searched in Cases: kilo"


EVENTS_SAID = [
    (event("record.shown", record="r", view="record.page"), "shown: its page"),
    (event("record.shown", record="r", view="of_a_newer_release"), "shown: of_a_newer_release"),
    (event("list.searched", types="person,company", words="Salim"), "searched in Persons, Companies: Salim"),
    (
        event("list.searched_by_birth", types="person", words="", born="1931"),
        "searched in Persons: any name, born 1931",
    ),
    (
        event("list.exported", type="case", form="xlsx", personal=False, filters="direction=import&sort=-date&q=a+b"),
        "saved to a file: Cases (XLSX), without personal data: Direction = Import, sorted by = Date, Search = a b",
    ),
    (
        event("list.exported_by_command", type="case", form="csv", personal=True, filters=""),
        "saved to a file at the command line: Cases (CSV), with personal data: all of them",
    ),
    (event("log.exported", filters="person=amal"), "this log (CSV): User name = amal"),
    (event("import.undone", file="log.csv"), "the import of log.csv was undone"),
]


@pytest.mark.parametrize(("look", "words"), EVENTS_SAID)
def test_an_event_is_told_in_plain_words(post: Site, look: Look, words: str) -> None:
    held = event_of(look.kept())
    assert held is not None
    with post.app.test_request_context():
        assert event_words(held) == words


def names_somebody(site: Site, address: str) -> None:
    """Only what names people is written down."""
    with site.console.writing() as register:
        register.save([Edit("case", {"narrative": "Driver"}, record=address.rpartition("/")[2])], author="x")


def test_every_view_that_the_log_knows_is_shown_by_some_route(post: Site, centre: Site) -> None:
    shown = {
        decision.shows
        for site in (post, centre)
        for _path, _endpoint, decision in decisions(site.app)
        if isinstance(decision, May) and decision.shows
    }
    assert shown == set(VIEWS)


def test_a_route_that_shows_records_under_no_view_keeps_the_console_from_starting() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/suspects", "suspects", may(Action.READ_RECORDS)(lambda: ""))
    with pytest.raises(UndeclaredRoute, match=r"/suspects \(suspects\)"):
        refuse_undeclared(app)


def test_a_route_that_is_renamed_writes_the_same_rows(post: Site, reported: str) -> None:
    """The log keeps the view's code and nothing of the program's names."""
    names_somebody(post, reported)
    post.browser("analyst").get(reported)
    row = post.console.reads.page(record=reported.rpartition("/")[2], person="analyst")[0]
    held = event_of(row.detail)
    assert held is not None and (held.code, held.parameters) == ("record.shown", {"view": "record.page"})


def test_the_auditors_page_speaks_so(post: Site, reported: str) -> None:
    names_somebody(post, reported)
    post.browser("analyst").get(reported)
    page = text_of(post.browser("auditor").get("/log", record=reported.rpartition("/")[2]))
    assert "its page" in page and "record.page" not in page


def test_records_that_one_view_showed_at_once_stand_together_under_its_title(post: Site) -> None:
    looks = [event("record.shown", record=f"{number:032d}", view="look_up") for number in range(12)]
    post.console.reads.note("many", "analyst", looks)
    post.console.reads.note("many", "analyst", [event("record.shown", record="0" * 32, view="record.page")])
    page = post.browser("auditor").get("/log", person="many").text
    assert page.count("<details>") == 1 and page.count("<summary>shown: a look-up from a form – 12 records") == 1
    assert all(f"{number:032d}" in page for number in range(12))
    assert page.count('<th scope="row">') == 2


def test_times_of_sticks_are_called_by_words(post: Site) -> None:
    with post.console.writing() as register, register.store.write() as connection:
        for what in ("exported", "imported", "mirrored"):
            connection.execute(
                "INSERT OR REPLACE INTO state (key, value) VALUES (?, 1763800000000)", (f"stick_{what}",)
            )
    page = post.browser("technician").client.get("/status", headers={"Accept-Language": "ar"}).text
    assert "Exported" not in page and "Imported" not in page and "Mirrored" not in page
    english = text_of(post.browser("technician").get("/status"))
    assert "Written to a stick" in english and "Copied to the mirror stick" in english
