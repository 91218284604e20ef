"""What needs a second person: asked for on one page, approved on another, and shown to the auditor."""

import re

import pytest
from diwan_core.roles import Action, holders, takes_in
from diwan_core.trust.people.second_person import APPROVERS, GUARDED, needs_second

from .conftest import PASSWORD, Site, text_of


def number_of(site: Site, name: str) -> int:
    return next(held.number for held in site.accounts.requests() if held.account == name)


def ask(site: Site, name: str, role: str = "officer") -> int:
    answer = site.browser("administrator").post("/people/new", {"name": name, "role": role})
    assert answer.location == "/approvals?done=second-person"
    return number_of(site, name)


def test_the_roles_that_two_people_give_are_those_that_read_cases() -> None:
    reading = {"officer", "supervisor", "analyst", "investigator", "coordinator", "auditor"}
    assert reading | {"administrator"} == GUARDED
    assert {"administrator", "supervisor"} == APPROVERS and holders(Action.MANAGE_PEOPLE) == ["administrator"]
    assert takes_in("supervisor", "officer") and not takes_in("supervisor", "auditor")
    assert not needs_second("role", "supervisor", "officer") and needs_second("role", "officer", "supervisor")
    assert needs_second("role", "supervisor", "analyst"), "an analyst assigns and closes suspect files"


def test_an_administrator_alone_gets_no_sight_of_cases(post: Site) -> None:
    administrator = post.browser("administrator")
    administrator.post("/people/new", {"name": "my.other.self", "role": "analyst"})
    number = number_of(post, "my.other.self")
    page = text_of(administrator.get("/approvals"))
    assert "This is your own request. Somebody else has to decide." in page
    assert administrator.post(f"/approvals/{number}/approve", {"password": PASSWORD}).status_code == 409
    assert post.accounts.get("my.other.self") is None
    for path in ("reset", "role"):
        answer = administrator.post(f"/people/supervisor/{path}", {"role": "auditor"})
        assert answer.location == "/approvals?done=second-person"
    assert post.accounts.sign_in("supervisor", PASSWORD).account.role == "supervisor"
    for held in post.accounts.requests():
        administrator.post(f"/approvals/{held.number}/refuse")
    assert post.accounts.requests() == []


def test_the_second_person_types_their_password_and_hands_the_one_time_password_over(post: Site) -> None:
    number = ask(post, "huda")
    supervisor = post.browser("supervisor")
    wrong = supervisor.post(f"/approvals/{number}/approve", {"password": "not mine"})
    assert wrong.status_code == 422 and "The password is wrong" in text_of(wrong)
    assert post.accounts.get("huda") is None
    page = supervisor.post(f"/approvals/{number}/approve", {"password": PASSWORD})
    one_time = re.search(r'class="code"><bdi dir="ltr">([^<]+)', page.text)
    assert one_time and post.accounts.sign_in("huda", one_time[1]).account.role == "officer"
    assert supervisor.post(f"/approvals/{number}/approve", {"password": PASSWORD}).status_code == 409


def test_the_auditor_sees_who_asked_who_approved_and_what_was_never_approved(post: Site) -> None:
    number = ask(post, "lina")
    post.browser("supervisor").post(f"/approvals/{number}/approve", {"password": PASSWORD})
    auditor = post.browser("auditor")
    page = text_of(auditor.get("/approvals"))
    assert "How every account got its role" in page and "one of the first two accounts of this machine" in page
    assert re.search(r"lina a new account Officer administrator administrator .{26,27} approved supervisor", page)
    assert "The approver's account was" in page and "Both came from the same address." in page
    assert auditor.post(f"/approvals/{number}/approve", {"password": PASSWORD}).status_code == 403
    log = text_of(auditor.get("/log", record="lina"))
    assert "lina: a new account was requested, as Officer; a second person decides" in log
    assert "asked for by administrator, was approved by a second person, whose account was" in log


def test_what_is_refused_or_withdrawn_is_an_event(post: Site) -> None:
    first, second = ask(post, "never.one"), ask(post, "never.two")
    assert post.browser("supervisor").post(f"/approvals/{first}/refuse").status_code == 303
    assert post.browser("administrator").post(f"/approvals/{second}/refuse").status_code == 303
    assert post.browser("supervisor").post(f"/approvals/{second}/refuse").status_code == 409
    auditor = post.browser("auditor")
    assert "was refused" in text_of(auditor.get("/log", record="never.one"))
    assert "was withdrawn" in text_of(auditor.get("/log", record="never.two"))
    assert post.accounts.get("never.one") is None


def test_the_same_is_not_asked_for_twice(post: Site) -> None:
    number = ask(post, "twice")
    answer = post.browser("administrator").post("/people/new", {"name": "twice", "role": "officer"})
    assert answer.status_code == 409 and "requested already" in text_of(answer)
    post.browser("supervisor").post(f"/approvals/{number}/refuse")


@pytest.mark.parametrize("role", ["officer", "analyst", "technician"])
def test_others_see_no_approvals(post: Site, role: str) -> None:
    assert post.browser(role).get("/approvals").status_code == 403
