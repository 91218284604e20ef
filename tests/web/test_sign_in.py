"""Signing in and out, the first password, and what the cookies say about themselves."""

import pytest
from diwan_core.web import serve
from diwan_core.web.kit import csrf, sign_in_budget
from werkzeug.test import TestResponse

from .conftest import PASSWORD, Browser, Site, text_of


def cookie(browser: Browser, name: str) -> str:
    found = browser.client.get_cookie(name)
    assert found is not None
    return found.value


def sign_in(site: Site, name: str, password: str, after: str = "") -> tuple[Browser, TestResponse]:
    """A fresh browser that fills in the sign-in form."""
    browser = site.stranger()
    page = browser.get("/sign-in", next=after)
    assert page.status_code == 200
    data = {
        csrf.FIELD: csrf.token(cookie(browser, f"diwan_visit_{site.console.node.id}")),
        "name": name,
        "password": password,
        "next": after,
    }
    return browser, browser.client.post("/sign-in", data=data)


def test_a_new_account_signs_in_and_must_choose_its_own_password(post: Site) -> None:
    one_time = post.let_in("newcomer", "officer")
    browser, response = sign_in(post, "newcomer", one_time)
    assert response.status_code == 303 and response.location == "/password"
    assert browser.get("/cases").location == "/password"
    browser.token = cookie(browser, f"diwan_session_{post.console.node.id}")
    assert 'name="current"' not in browser.get("/password").text, "who has just typed it is not asked again"
    fields = {"new": "winter olives in the rain", "again": "winter olives in the rain"}
    assert browser.post("/password", fields).status_code == 303
    assert browser.get("/cases").status_code == 200


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [("winter olives", "winter olive", "differ"), ("short", "short", "10"), ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "")],
)
def test_a_password_that_will_not_do_is_refused_with_the_reason(post: Site, new: str, again: str, says: str) -> None:
    browser = post.browser("officer")
    response = browser.post("/password", {"current": PASSWORD, "new": new, "again": again})
    assert response.status_code == 422
    assert says in text_of(response)


@pytest.mark.parametrize(
    ("current", "new", "says"),
    [
        (PASSWORD, "short", "كلمة المرور الجديدة لا تقل عن 10 أحرف"),
        (PASSWORD, PASSWORD, "ينبغي أن تختلف كلمة المرور الجديدة عن الحالية"),
        ("not this one at all", "winter olives in the rain", "كلمة المرور الحالية خاطئة"),
    ],
    ids=["rule", "same", "current"],
)
def test_why_a_password_will_not_do_is_said_in_the_readers_language(
    post: Site, current: str, new: str, says: str
) -> None:
    browser = post.browser("supervisor")
    browser.client.set_cookie("diwan_language", "ar")
    refused = text_of(browser.post("/password", {"current": current, "new": new, "again": new}))
    assert says in refused and "password" not in refused


def test_who_signs_in_never_takes_the_console_from_those_at_work(post: Site) -> None:
    officer = post.browser("officer")
    turns = post.console.sign_ins.turns
    for _ in range(sign_in_budget.AT_ONCE):
        assert turns.acquire(blocking=False)
    try:
        _, refused = sign_in(post, "analyst", PASSWORD)
        assert refused.status_code == 429 and refused.headers["Retry-After"] == "60"
        assert "at once" in text_of(refused)
        assert officer.get("/cases").status_code == 200
        new = {"current": PASSWORD, "new": "winter olives in the rain", "again": "winter olives in the rain"}
        assert officer.post("/password", new).status_code == 429
    finally:
        for _ in range(sign_in_budget.AT_ONCE):
            turns.release()
    assert sign_in(post, "analyst", PASSWORD)[1].status_code == 303
    assert serve.CONSOLE_LIMITS.threads > sign_in_budget.AT_ONCE


def test_a_wrong_password_never_says_which_was_wrong(post: Site) -> None:
    _, known = sign_in(post, "analyst", "wrong wrong wrong")
    _, unknown = sign_in(post, "nobody", "wrong wrong wrong")
    assert known.status_code == unknown.status_code == 403
    assert "user name or the password" in text_of(known)
    assert text_of(known).replace("analyst", "") == text_of(unknown).replace("nobody", "")


def test_guessing_is_slowed_down(post: Site) -> None:
    answers = [sign_in(post, "guessed", f"guess number {number}")[1] for number in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_after_signing_in_a_person_is_where_they_wanted_to_be(post: Site) -> None:
    _, response = sign_in(post, "supervisor", PASSWORD, after="/cases?q=abc")
    assert response.location == "/cases?q=abc"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/x"]
)
def test_signing_in_never_leads_to_another_site(post: Site, elsewhere: str) -> None:
    _, response = sign_in(post, "supervisor", PASSWORD, after=elsewhere)
    assert response.location == "/"


def test_signing_out_ends_the_session_at_the_node_not_only_in_the_browser(post: Site) -> None:
    browser = post.browser("supervisor")
    assert browser.get("/cases").status_code == 200
    assert browser.post("/sign-out").status_code == 303
    browser.client.set_cookie(browser.cookie, browser.token)
    assert browser.get("/cases").location.startswith("/sign-in")


def test_a_revoked_account_is_out_at_its_next_click(post: Site) -> None:
    browser = post.browser("auditor")
    post.accounts.end_sessions("auditor")
    assert browser.get("/cases").location.startswith("/sign-in")


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(post: Site) -> None:
    _, response = sign_in(post, "supervisor", PASSWORD)
    (cookie,) = [line for line in response.headers.getlist("Set-Cookie") if "session" in line and "Expires" not in line]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie


def test_over_tls_cookies_never_travel_in_the_clear(post: Site) -> None:
    response = post.app.test_client().get("/sign-in", base_url="https://localhost")
    assert all("Secure" in line for line in response.headers.getlist("Set-Cookie"))


def test_the_sign_in_form_of_another_browser_is_worth_nothing(post: Site) -> None:
    mine, theirs = post.stranger(), post.stranger()
    mine.get("/sign-in"), theirs.get("/sign-in")
    name = f"diwan_visit_{post.console.node.id}"
    token = csrf.token(cookie(theirs, name))
    response = mine.client.post("/sign-in", data={csrf.FIELD: token, "name": "x", "password": "y"})
    assert response.status_code == 400


def test_a_form_sent_after_the_session_ended_can_be_sent_again_with_everything_typed(post: Site) -> None:
    response = post.stranger().client.post("/cases/new", data={"goods.1.quantity": "<12,5>", "office": "JOAQJ"})
    assert response.status_code == 401
    assert 'name="goods.1.quantity" value="&lt;12,5&gt;"' in response.text


def test_signing_in_again_ends_the_session_this_browser_had(post: Site) -> None:
    browser, _ = sign_in(post, "supervisor", PASSWORD)
    name = f"diwan_session_{post.console.node.id}"
    before = cookie(browser, name)
    data = {csrf.FIELD: csrf.token(before), "name": "supervisor", "password": PASSWORD}
    assert browser.client.post("/sign-in", data=data).status_code == 303
    assert cookie(browser, name) != before and post.accounts.session(before) is None
