"""What a person typed comes back to them whatever happened to their session, the register or the disk."""

import html
import io
import re
import sqlite3
from pathlib import Path

import pytest
from diwan_core.register import DiskFull, Edit, Register, RegisterBusy
from diwan_core.register.drafts import Drafts
from diwan_core.trust.access_log.log import FILE as READS
from diwan_core.web.pictures.resumable_upload import Incoming
from werkzeug.test import TestResponse

from .conftest import PNG, SHORT, Browser, Site, picture, text_of
from .forms import form_of, place
from .test_uploads import begun


def old_token(browser: Browser, path: str, **typed: object) -> TestResponse:
    """A form sent with the token of a session that has ended; the person is signed in again."""
    return browser.client.post(path, data={"csrf": "of the session before", **typed})


def validate(supervisor: Browser, case: str) -> None:
    """End what a test began: nothing it sent back is left to be corrected by others."""
    for path, said in (("submit-again", {"comment": "Nothing is wrong."}), ("check", {"decision": "validated"})):
        seen = form_of(supervisor.get(case).text, 'name="seen"')["seen"]
        place(supervisor.post(f"{case}/{path}", {"seen": seen, **said}))


def sent_again(browser: Browser, answer: TestResponse, path: str) -> TestResponse:
    """Press the button of a page that kept what was typed."""
    form = re.findall(r'<form method="post">.*?</form>', answer.text, re.S)[-1]
    held = re.findall(r'name="([^"]+)" value="([^"]*)"', form)
    return browser.client.post(path, data={html.unescape(name): html.unescape(text) for name, text in held})


def test_a_supervisors_comment_outlives_the_session(post: Site, reported: str) -> None:
    supervisor = post.browser("supervisor")
    page = old_token(supervisor, f"{reported}/check", decision="sent_back", comment="Weigh it\nagain.")
    assert page.status_code == 400 and "Check what you typed" in text_of(page)
    form = form_of(page.text, 'name="seen"')
    assert form["comment"] == "Weigh it\nagain."
    assert place(supervisor.post(f"{reported}/check", {**form, "decision": "sent_back"})) == reported
    validate(supervisor, reported)


def test_an_officers_answer_outlives_the_session(post: Site, officer: Browser, reported: str) -> None:
    supervisor = post.browser("supervisor")
    seen = form_of(supervisor.get(reported).text, 'name="seen"')["seen"]
    place(supervisor.post(f"{reported}/check", {"seen": seen, "decision": "sent_back", "comment": "Why?"}))
    page = old_token(officer, f"{reported}/submit-again", comment="Because <so>.")
    assert page.status_code == 400
    assert form_of(page.text, "submit-again")["answer"] == "Because <so>."
    validate(supervisor, reported)


def test_versions_chosen_outlive_the_session(post: Site, officer: Browser, reported: str) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        found = register.get(record)
        assert found is not None
        for place_name in ("Gate 1", "Gate 2"):
            register.save([Edit("case", {"place": place_name}, record=record, seen=found.heads)], author=place_name)
    choice = re.search(r'name="choice:place" value="([^"]+)"', officer.get(f"/records/{record}/conflicts").text)
    assert choice is not None
    page = old_token(officer, f"/records/{record}/conflicts", **{"choice:place": choice[1]})
    assert page.status_code == 400 and re.search(f'value="{choice[1]}" checked', page.text)


def test_what_a_picture_shows_outlives_the_session(officer: Browser, reported: str) -> None:
    page = old_token(officer, f"/records/{reported.rpartition('/')[2]}/pictures/new", caption="Behind the wheel")
    assert page.status_code == 400 and 'value="Behind the wheel"' in page.text


@pytest.mark.parametrize(
    ("error", "status"), [(RegisterBusy("busy"), 503), (DiskFull("full"), 507), (ZeroDivisionError(), 500)]
)
def test_a_report_that_could_not_be_saved_is_sent_again_from_the_page_that_says_so(
    officer: Browser, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    form = {**form_of(officer.get("/cases/new").text), **SHORT, "place": "no field of it", "do": "report"}
    with monkeypatch.context() as broken:
        broken.setattr(Register, "save", fail)
        answer = officer.post("/cases/new", form)
    assert answer.status_code == status and "still here" in text_of(answer)
    assert place(sent_again(officer, answer, "/cases/new")) == f"/cases/{form['_draft']}"


def test_a_password_stands_in_no_page(post: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    browser = post.browser("officer")
    monkeypatch.setattr(type(post.accounts), "change_password", fail)
    answer = browser.post("/password", {"current": "old secret", "new": "new secret", "again": "new secret"})
    assert answer.status_code == 500 and "secret" not in answer.text


def test_a_draft_that_does_not_fit_on_the_disk_is_said_to_the_script(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("the disk is full")

    form = form_of(officer.get("/cases/new").text)
    monkeypatch.setattr(Drafts, "keep", full)
    answer = officer.post(f"/drafts/{form['_draft']}/keep", form)
    assert answer.status_code == 507 and answer.json is not None and "disk" in answer.json["text"]


def test_of_several_pictures_those_before_the_disk_was_full_are_saved_and_the_others_named(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach, left = Register.attach, iter([True, False])

    def full(*given: object, **more: object) -> object:
        if next(left):
            return attach(*given, **more)  # type: ignore[arg-type]
        raise DiskFull("the disk is full")

    monkeypatch.setattr(Register, "attach", full)
    files = [(io.BytesIO(PNG + bytes([number])), f"{number}.png") for number in range(2)]
    answer = officer.post(f"/records/{reported.rpartition('/')[2]}/pictures/new", {"picture": files})
    assert answer.status_code == 507
    assert (
        "1 picture is saved" in text_of(answer)
        and "1.png" in text_of(answer)
        and "Nothing was saved" not in answer.text
    )


def test_an_upload_that_does_not_fit_while_it_is_read_is_told_plainly(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> io.BytesIO:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("diwan_core.web.app.spool", full)
    answer = officer.post(f"/records/{reported.rpartition('/')[2]}/pictures/new", picture(PNG))
    assert answer.status_code == 507 and "disk of this machine is full" in text_of(answer)


def test_the_beginning_of_an_upload_that_does_not_fit_is_said_to_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **_more: object) -> io.BytesIO:
        raise OSError(28, "No space left on device")

    incoming = Incoming(tmp_path / "incoming")
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskFull):
        begun(incoming)


@pytest.fixture
def no_log(post: Site) -> object:
    """Nothing can be written into the log of who looked at what."""
    connection = sqlite3.connect(post.folder / READS, isolation_level=None)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON read BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    yield
    connection.execute("DROP TRIGGER full")
    connection.close()


def test_ones_own_draft_is_shown_without_its_hints_where_they_cannot_be_logged(
    officer: Browser, reported: str, no_log: object
) -> None:
    draft = officer.post("/cases/new", {**form_of(officer.get("/cases/new").text), **SHORT, "do": "save"})
    page = officer.get(place(draft))
    assert page.status_code == 200 and 'value="12,5"' in page.text and reported not in page.text


def test_a_full_disk_keeps_nobody_from_reading(post: Site, officer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    later = post.accounts._now() + 10 * 60_000  # when it was last seen is to be written again
    monkeypatch.setattr(post.accounts, "_now", lambda: later)
    connection = post.accounts._store._connection
    connection.execute("pragma query_only = 1")
    try:
        assert officer.get("/cases").status_code == 200
    finally:
        connection.execute("pragma query_only = 0")


@pytest.mark.parametrize("path", ["check", "edit/event"])
def test_a_record_shown_beside_what_is_wrong_in_its_form_is_logged_like_any_other(
    post: Site, reported: str, path: str
) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        register.save([Edit("case", {"narrative": "Salim drove it."}, record=record)], author="amal")
    supervisor = post.browser("supervisor")
    before = post.console.reads.head()[0]
    answer = supervisor.post(f"{reported}/{path}", {"decision": "sent_back", "seen": "x", "date": "2026-02-31"})
    assert answer.status_code == 422
    rows = [row for row in post.console.reads.page(record=record) if row.no > before]
    assert [row.person for row in rows] == ["supervisor"]
