"""The administrator lets people in and out; the auditor sees who looked at what."""

import csv
import re
import sqlite3
from datetime import date
from typing import Any

import pytest
from diwan_core.register import Edit
from diwan_core.trust.access_log.log import FILE, Look
from diwan_core.web.kit.rate_limit import Pace

from .conftest import PASSWORD, SHORT, Browser, Site, text_of


@pytest.fixture(scope="module")
def administrator(post: Site) -> Browser:
    return post.browser("administrator")


def one_time_of(page: str) -> str:
    found = re.search(r'class="code"><bdi dir="ltr">([^<]+)', page)
    assert found, page
    return found[1]


def approved(post: Site, administrator: Browser, path: str, data: dict[str, str]) -> str:
    """What the administrator asks for with a form and the supervisor approves; the page with the one-time password, or
    the list."""
    answer = administrator.post(path, data)
    assert answer.location == "/approvals?done=second-person", text_of(answer)
    number = post.accounts.requests()[-1].number
    supervisor = post.browser("supervisor")
    answer = supervisor.post(f"/approvals/{number}/approve", {"password": PASSWORD})
    assert answer.status_code in (200, 303)
    return answer.text


def test_a_person_is_added_signs_in_once_and_chooses_a_password(post: Site, administrator: Browser) -> None:
    page = approved(post, administrator, "/people/new", {"name": "Hala", "display_name": "هالة", "role": "officer"})
    signed = post.accounts.sign_in("hala", one_time_of(page))
    assert signed.account.must_change and signed.account.role == "officer"
    assert "هالة" in text_of(administrator.get("/people"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "officer", "role": "officer"}, "already"),
        ({"name": "nora", "role": "emperor"}, "one of the roles"),
        ({"name": "../x <b>", "role": "officer"}, "The person was not added"),
        ({"name": "", "role": "officer"}, "The person was not added"),
        ({"name": "nora", "display_name": "x\u202eevil", "role": "officer"}, "The person was not added"),
    ],
)
def test_what_cannot_be_added_is_named_and_kept_as_typed(
    administrator: Browser, typed: dict[str, str], said: str
) -> None:
    response = administrator.post("/people/new", typed)
    assert response.status_code == 422 and said in text_of(response) and "<b>" not in response.text.partition("h1")[2]


def test_a_new_role_a_reset_and_disabling_end_the_sessions(post: Site, administrator: Browser) -> None:
    approved(post, administrator, "/people/new", {"name": "rami", "role": "officer"})
    one_time = one_time_of(approved(post, administrator, "/people/rami/reset", {}))
    post.accounts.change_password("rami", one_time, PASSWORD)
    token = post.accounts.sign_in("rami", PASSWORD).token
    approved(post, administrator, "/people/rami/role", {"role": "analyst"})
    assert post.accounts.session(token) is None
    for path in ("end-sessions", "disable"):
        token = post.accounts.sign_in("rami", PASSWORD).token
        assert administrator.post(f"/people/rami/{path}").status_code == 303
        assert post.accounts.session(token) is None
    assert "disabled" in text_of(administrator.get("/people/rami"))
    approved(post, administrator, "/people/rami/enable", {})
    assert post.accounts.sign_in("rami", PASSWORD).account.role == "analyst"
    assert administrator.post("/people/rami/role", {"role": "technician"}).location == "/people/rami?done=saved"


def test_an_administrator_cannot_lock_themselves_out(post: Site, administrator: Browser) -> None:
    for path, data in (("role", {"role": "officer"}), ("disable", {}), ("reset", {})):
        assert administrator.post(f"/people/administrator/{path}", data).status_code == 422
    account = post.accounts.get("administrator")
    assert account is not None and account.role == "administrator" and not account.disabled


def test_nobody_who_does_not_exist_is_changed(administrator: Browser) -> None:
    assert administrator.get("/people/nobody").status_code == 404
    assert administrator.post("/people/nobody/disable").status_code == 404
    assert administrator.post("/people/rami/role", {"role": "emperor"}).status_code in (404, 422)


def test_opening_a_case_with_personal_data_is_logged_with_who_and_when(post: Site) -> None:
    with post.console.writing() as register:
        values: dict[str, Any] = {**{name: SHORT[name] for name in ("date", "office", "direction")}}
        values |= {"type": "seizure", "country": "JO", "detection_method": "routine", "concealment_method": "none"}
        values |= {
            "status": "submitted",
            "narrative": "Salim drove it.",
            "goods": {"1": {"product_group": "tobacco", "quantity": "1", "unit": "KGM"}},
            "leg": {
                "1": {"role": "departure", "country": "SY", "mode": "3"},
                "2": {"role": "destination", "country": "JO"},
            },
        }
        record = register.save([Edit("case", values)], author="amal").records[0]
    before = post.console.reads.head()[0]
    assert post.browser("supervisor").get(f"/cases/{record}").status_code == 200
    (row,) = post.console.reads.page(record=record)
    assert (row.person, row.role, row.how) == ("supervisor", "supervisor", "page")
    assert row.no > before  # a browser of another test may have asked for something meanwhile
    page = text_of(post.browser("auditor").get("/log", record=record))
    assert "supervisor" in page and record in page


def test_the_auditor_sees_that_the_log_is_whole_and_when_it_is_not(centre: Site) -> None:
    administrator, auditor = centre.browser("administrator"), centre.browser("auditor")
    administrator.post("/people/officer/end-sessions")
    administrator.post("/people/officer/end-sessions")
    assert "unbroken" in text_of(auditor.get("/log", check="1"))
    assert "all sessions of officer were ended" in text_of(auditor.get("/log", person="administrator"))
    connection = sqlite3.connect(centre.folder / FILE, isolation_level=None)
    connection.execute("DROP TRIGGER read_fixed")
    (good,) = connection.execute("SELECT person FROM read WHERE no=1").fetchone()
    connection.execute("UPDATE read SET person='nobody' WHERE no=1")
    assert "The log was altered: row 1" in text_of(auditor.get("/log", check="1"))
    connection.execute("UPDATE read SET person=? WHERE no=1", (good,))
    connection.close()


def test_what_cannot_be_logged_is_not_shown(post: Site, reported: str) -> None:
    record = reported.rpartition("/")[2]
    with post.console.writing() as register:
        register.save([Edit("case", {"narrative": "Salim again."}, record=record)], author="amal")
    assert "Salim" in post.browser("officer").get(reported).text

    connection = sqlite3.connect(post.folder / FILE, isolation_level=None)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON read BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    try:
        response = post.browser("officer").get(reported)
        assert response.status_code == 503 and "Salim" not in response.text
    finally:
        connection.execute("DROP TRIGGER full")
        connection.close()
    assert "Salim" in post.browser("officer").get(reported).text


def test_an_account_that_opens_more_than_a_person_reads_is_told_to_wait() -> None:
    pace = Pace(burst=3, per_second=0.5)
    assert [pace.wait("a", 100.0) for _ in range(4)] == [0, 0, 0, 2]
    assert pace.wait("b", 100.0) == 0
    assert pace.wait("a", 102.0) == 0 and pace.wait("a", 102.0) > 0
    for number in range(2000):
        pace.wait(str(number), 103.0)


def test_too_many_pages_are_a_plain_page(post: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(post.app.extensions, "diwan_pace", Pace(burst=1, per_second=0.1))
    analyst = post.browser("analyst")
    assert analyst.get("/cases").status_code == 200
    response = analyst.get("/cases")
    assert response.status_code == 429 and int(response.headers["Retry-After"]) > 0


def test_the_auditor_narrows_the_log_to_a_person_and_a_day_and_takes_it_home(centre: Site) -> None:
    auditor = centre.browser("auditor")
    began, then = date.today().isoformat(), "2001-02-03"  # noqa: DTZ011  the day on the wall here
    centre.console.reads.note("=cmd", "analyst", [Look("search", "", "case: warehouse 17")])
    ended = date.today().isoformat()  # noqa: DTZ011  the day on the wall here
    assert "warehouse 17" in text_of(auditor.get("/log", **{"person": "=cmd", "from": began, "to": ended}))
    assert "No results." in text_of(auditor.get("/log", **{"person": "=cmd", "from": then, "to": then}))
    assert "warehouse 17" in text_of(auditor.get("/log", **{"from": "no day", "to": "0000-99-99", "person": "=cmd"}))
    answer = auditor.get("/log/export", person="=cmd")
    lines = list(csv.reader(answer.text.removeprefix("\ufeff").splitlines()))
    assert lines[0] == ["row", "time_utc", "person", "role", "how", "record", "what", "seal"]
    assert [line[2:7] for line in lines[1:]] == [["'=cmd", "analyst", "search", "", "case: warehouse 17"]]
    assert "this log (CSV): User name = =cmd" in text_of(auditor.get("/log")), "taking it home is a read too"


def test_a_log_whose_end_was_cut_off_is_not_called_whole(centre: Site) -> None:
    auditor = centre.browser("auditor")
    for _ in range(3):
        centre.console.reads.note("basim", "analyst", [Look("search", "", "case: kilo")])
    with centre.console.writing() as register:
        register.anchor(at_once=True)
    last = centre.console.reads.head()[0]
    assert f"confirms it up to row {last}" in text_of(auditor.get("/log", check="1"))
    connection = sqlite3.connect(centre.folder / FILE, isolation_level=None)
    connection.execute("DROP TRIGGER read_kept")
    kept = connection.execute("SELECT * FROM read WHERE no>=?", (last - 1,)).fetchall()
    connection.execute("DELETE FROM read WHERE no>=?", (last - 1,))
    assert f"The log was altered: row {last - 1}" in text_of(auditor.get("/log", check="1"))
    connection.executemany(f"INSERT INTO read VALUES ({', '.join('?' * len(kept[0]))})", kept)
    connection.close()
    assert "unbroken" in text_of(auditor.get("/log", check="1"))
