"""Sign-ins, refusals and changes of accounts are on the auditor's page, in the reader's language."""

import re
import string

import pytest
from diwan_core.trust.access_log.events import EVENTS, FILTERS, Written, event, event_of
from diwan_core.trust.access_log.log import AuditUnusable, ReadLog
from diwan_core.web.kit import csrf
from diwan_core.web.oversight.event_words import WORDS, event_words

from .conftest import PASSWORD, Browser, Site, text_of


def events(site: Site, code: str) -> list[Written]:
    """The events of a code, the newest first."""
    site.console.tally.flush()
    found = [event_of(row.detail) for row in site.console.reads.page(limit=400)]
    return [one for one in found if one is not None and one.code == code]


def sign_in(site: Site, name: str, password: str) -> tuple[Browser, int]:
    """A fresh browser that fills in the page; the answer's status."""
    browser = site.stranger()
    page = browser.get("/sign-in")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    form = {"csrf": found[1], "name": name, "password": password}
    return browser, browser.client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "10.1.2.3"}).status_code


def test_every_code_has_words_that_use_each_parameter() -> None:
    assert set(WORDS) == set(EVENTS)
    for code, words in WORDS.items():
        places = {name for _, name, _, _ in string.Formatter().parse(words) if name}
        assert places == set(EVENTS[code].parameters), code


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_event_is_told_in_either_language(post: Site, language: str) -> None:
    for code, declared in EVENTS.items():
        given = {name: "q=xyz" if name == FILTERS else "xyz" for name in declared.parameters}
        held = event_of(event(code, **given, **({"record": "r"} if declared.of_record else {})).kept())
        assert held is not None
        with post.app.test_request_context(headers={"Accept-Language": language}):
            told = event_words(held)
        assert ("xyz" in told or not declared.parameters) and code not in told
        assert any("\u0600" <= letter <= "\u06ff" for letter in told) == (language == "ar")


def test_what_this_release_does_not_know_is_shown_as_it_is_written(post: Site) -> None:
    with post.app.test_request_context():
        assert event_words(Written(2, "x.y", {"a": "1"})) == "x.y a=1"
        assert event_words(Written(1, "account.added", {"account": "a"})) == "account.added account=a"


def test_a_sign_in_and_a_sign_out_are_events(post: Site) -> None:
    browser, status = sign_in(post, "Officer", PASSWORD)
    assert status == 303
    started = events(post, "session.started")[0]
    assert started.parameters["account"] == "officer"
    token = browser.client.get_cookie(f"diwan_session_{post.console.node.id}")
    assert token is not None
    answer = browser.client.post("/sign-out", data={csrf.FIELD: csrf.token(token.value)})
    assert answer.status_code == 303
    assert events(post, "session.ended")[0].parameters == {"account": "officer"}


def test_a_refused_sign_in_names_the_account_but_never_a_name_that_may_be_a_password(post: Site) -> None:
    assert sign_in(post, "analyst", "not the password of anybody")[1] == 403
    assert sign_in(post, "my secret pass phrase", "analyst")[1] == 403
    found = events(post, "sign_in.refused")
    assert {"analyst", ""} <= {one.parameters["account"] for one in found}
    assert all(one.parameters["address"] == "10.1.2.3" for one in found[:2])
    page = post.browser("auditor").get("/log", how="sign-in")
    assert "a sign-in was refused: analyst, from 10.1.2.3" in text_of(page)
    assert "a user name that does not exist" in text_of(page) and "secret pass" not in page.text


def denials(post: Site) -> list[Written]:
    """What the technician was denied so far, in all tests."""
    post.console.tally.flush()
    rows = [row for row in post.console.reads.page(how="denial") if row.person == "technician"]
    return [one for one in map(event_of, (row.detail for row in rows)) if one is not None]


def test_denials_and_forms_from_elsewhere_are_events_with_the_person(post: Site) -> None:
    technician = post.browser("technician")
    cases = post.app.url_map.bind("localhost").match("/cases")[0]

    def counted() -> int:
        return sum(int(one.parameters["count"]) for one in denials(post) if one.parameters["page"] == cases)

    before = counted()
    for _ in range(3):
        assert technician.get("/cases").status_code == 403
    form = {csrf.FIELD: "0" * 64}
    assert technician.client.post("/sign-out", data=form).status_code == 400
    assert counted() == before + 3
    assert {one.code for one in denials(post)} == {"form.refused", "page.denied"}
    page = text_of(post.browser("auditor").get("/log", how="denial", person="technician"))
    assert re.search(r"the role does not open was requested: \W*/cases\W*, from 127.0.0.1", page), page


def test_what_an_administrator_does_is_an_event_and_older_rows_are_still_told(post: Site) -> None:
    administrator = post.browser("administrator")
    administrator.post("/people/new", {"name": "event.person", "role": "technician"})
    administrator.post("/people/event.person/disable")
    page = text_of(post.browser("auditor").get("/log", record="event.person"))
    assert "event.person was added as: Technician" in page and "event.person may no longer sign in" in page
    assert "event.person event.person" not in page, "whom it concerns is named once"
    saved = post.browser("auditor").get("/log/export").text.splitlines()
    line = next(line for line in saved if "account.added" in line)
    assert '""code"":""account.added""' in line


def test_times_of_the_log_carry_their_offset(post: Site) -> None:
    sign_in(post, "officer", PASSWORD)
    page = post.browser("auditor").get("/log", how="sign-in").text
    assert re.search(r"\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d\d:\d\d", page)


def test_nobody_is_signed_in_where_that_cannot_be_logged(post: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise AuditUnusable("the disk is full")

    monkeypatch.setattr(ReadLog, "note", full)
    browser, status = sign_in(post, "officer", PASSWORD)
    assert status == 503 and browser.client.get_cookie(f"diwan_session_{post.console.node.id}") is None
