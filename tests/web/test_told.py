"""The auditor reads plain words, in either language, whatever the log wrote."""

import pytest
from diwan_core.register import Edit
from diwan_core.web.told import told

from .conftest import Site, text_of

SAID = [
    ("page", "case.page", "its page"),
    ("page", "print_case.pdf", "its report as PDF"),
    ("page", "edit_person.part", "a form that changes it"),
    ("page", "attachment.thumb", "a picture, small"),
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
    ("export", "command line: case file", "at the command line: the whole case, as a file that proves itself"),
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
        assert told(how, detail) == words


@pytest.mark.parametrize(("how", "detail", "words"), [row for row in SAID if row[1] != row[2] and row[0] != "search"])
def test_and_so_in_arabic(post: Site, how: str, detail: str, words: str) -> None:
    with post.app.test_request_context(headers={"Accept-Language": "ar"}):
        said = told(how, detail)
    assert said != words and any("\u0600" <= letter <= "\u06ff" for letter in said)


def test_every_page_that_shows_a_record_has_its_words(post: Site, centre: Site) -> None:
    """Whatever takes a record's id may be written into the log: none of these shows by its program's name."""
    for site in (post, centre):
        with site.app.test_request_context():
            rules = [rule for rule in site.app.url_map.iter_rules() if {"record_id", "record"} & rule.arguments]
            assert rules and [rule.endpoint for rule in rules if told("page", rule.endpoint) == rule.endpoint] == []


def test_the_auditors_page_speaks_so(post: Site, reported: str) -> None:
    with post.console.writing() as register:
        register.save([Edit("case", {"narrative": "Driver"}, record=reported.rpartition("/")[2])], author="x")
    post.browser("analyst").get(reported)
    page = text_of(post.browser("auditor").get("/log", record=reported.rpartition("/")[2]))
    assert "its page" in page and "case.page" not in page


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
