"""A flood of sign-ins starves neither those at other addresses nor browsers that people have used before."""

import pytest
from diwan_core.trust.people.accounts import SignInBusy
from diwan_core.web.kit.sign_in_budget import (
    AT_ONCE,
    EACH_BURST,
    STRANGERS_AT_ONCE,
    STRANGERS_BURST,
    SignInBudget,
)

from .conftest import PASSWORD, Site, text_of
from .test_events import sign_in


def use_up(budget: SignInBudget, address: str) -> int:
    """Tries from an address until it is refused; how many there were."""
    for number in range(1000):
        try:
            with budget.turn(address):
                pass
        except SignInBusy:
            return number
    return 1000


def test_one_address_is_bounded_and_others_are_not_touched() -> None:
    budget = SignInBudget()
    assert EACH_BURST <= use_up(budget, "10.0.0.66") <= EACH_BURST + 2
    with budget.turn("10.0.0.7"):
        pass


def test_a_flood_from_everywhere_leaves_known_browsers_their_turn() -> None:
    budget = SignInBudget()
    tried = sum(use_up(budget, f"10.0.0.{number}") for number in range(4))
    assert tried <= STRANGERS_BURST + 5
    with budget.turn("10.0.0.66", "a browser of hers"):
        pass


def test_strangers_never_hold_all_places() -> None:
    budget = SignInBudget()
    held = [budget.turn(f"10.0.0.{number}") for number in range(STRANGERS_AT_ONCE)]
    for turn in held:
        turn.__enter__()
    with pytest.raises(SignInBusy), budget.turn("10.0.0.99"):
        pass
    with budget.turn("10.0.0.99", "a browser of hers"):
        pass
    for turn in held:
        turn.__exit__(None, None, None)
    for _ in range(AT_ONCE):
        with budget.turn("10.0.0.99"):
            pass


def test_a_browser_is_remembered_by_a_cookie_of_its_own_that_outlives_the_session(post: Site) -> None:
    name = f"diwan_device_{post.console.node.id}"
    browser, status = sign_in(post, "supervisor", PASSWORD)
    first = browser.client.get_cookie(name)
    assert status == 303 and first is not None and first.http_only and (first.max_age or 0) > 86400
    assert post.accounts.knows_device("supervisor", first.value)
    for _ in range(6):
        sign_in(post, "supervisor", "wrong wrong wrong")
    assert sign_in(post, "supervisor", PASSWORD)[1] == 429, "a new browser at the same address has to wait"
    page = browser.client.get("/sign-in", query_string={"next": "/"})
    assert page.status_code in (200, 303)
    again = post.stranger()
    again.client.set_cookie(name, first.value)
    form = {"name": "supervisor", "password": PASSWORD, "csrf": _token(again.get("/sign-in").text)}
    answer = again.client.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": "10.1.2.3"})
    assert answer.status_code == 303
    second = again.client.get_cookie(name)
    assert second is not None and second.value != first.value


def _token(page: str) -> str:
    return page.partition('name="csrf" value="')[2].partition('"')[0]


def test_an_administrator_sees_and_lifts_the_waiting_and_the_auditor_sees_that(post: Site) -> None:
    for _ in range(6):
        sign_in(post, "analyst", "wrong wrong wrong")
    administrator = post.browser("administrator")
    assert "Wrong tries" in text_of(administrator.get("/people/analyst"))
    assert administrator.post("/people/analyst/lift").status_code == 303
    assert "Wrong tries" not in text_of(administrator.get("/people/analyst"))
    assert sign_in(post, "analyst", PASSWORD)[1] == 303
    page = text_of(post.browser("auditor").get("/log", record="analyst", how="people"))
    assert "wrong passwords for the account of analyst were forgotten" in page
