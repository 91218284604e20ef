"""Nobody sees a page because somebody forgot a check."""

import pytest
from diwan_core.roles import ROLES, reads_cases
from diwan_core.web.kit.access import (
    Decision,
    May,
    Public,
    SignedIn,
    Token,
    UndeclaredRoute,
    decisions,
    refuse_undeclared,
)
from diwan_core.web.kit.permissions import Action, allowed, allowed_own
from flask import Flask
from werkzeug.routing import IntegerConverter

from .conftest import Browser, Site

FILL = {
    "number": "999999",
    "trainee": "999999",
    "record_id": "0198f0a0-0000-7000-8000-000000000000",
    "record": "0198f0a0-0000-7000-8000-000000000000",
}


@pytest.fixture(params=["post", "centre"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


def paths(site: Site) -> list[tuple[str, str, Decision | None]]:
    """(method, path with something in every place, decision) of every route."""
    found = []
    with site.app.test_request_context():
        for rule in site.app.url_map.iter_rules():
            whole = {name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)}
            values = {name: FILL.get(name, "1" if name in whole else "x") for name in rule.arguments}
            path = site.app.url_map.bind("localhost").build(rule.endpoint, values)
            decision = next(d for _, endpoint, d in decisions(site.app) if endpoint == rule.endpoint)
            for method in (rule.methods or set()) & {"GET", "POST"}:
                found.append((method, path, decision))
    return found


def test_every_route_has_an_access_decision(site: Site) -> None:
    assert [path for path, _, decision in decisions(site.app) if decision is None] == []


def test_an_app_with_an_undeclared_route_is_never_made() -> None:
    app = Flask("undeclared", static_folder=None)
    app.add_url_rule("/forgotten", view_func=lambda: "")
    with pytest.raises(UndeclaredRoute, match="/forgotten"):
        refuse_undeclared(app)


def test_a_stranger_gets_only_what_is_public(site: Site) -> None:
    stranger = site.stranger()
    for method, path, decision in paths(site):
        response = stranger.client.open(path, method=method)
        if isinstance(decision, Public | Token):
            assert response.status_code < 500, path
        elif method == "GET":
            assert (response.status_code, "/sign-in" in response.location) == (303, True), path
        else:
            assert response.status_code == 401, path


@pytest.mark.parametrize("role", list(ROLES))
def test_a_role_gets_only_what_it_was_granted(site: Site, role: str) -> None:
    browser = site.browser(role)
    for method, path, decision in paths(site):
        if isinstance(decision, May) and not granted(role, decision):
            response = browser.post(path) if method == "POST" else browser.get(path)
            assert response.status_code == 403, f"{role} {method} {path}"


def granted(role: str, decision: May) -> bool:
    """Whether a role reaches a route, be it only for what the account made itself."""
    own = decision.own and allowed_own(role, decision.action, decision.of)
    return own or allowed(role, decision.action, decision.of)


def test_an_account_with_a_one_time_password_may_only_choose_its_own(site: Site) -> None:
    signed = site.accounts.sign_in("newly", site.let_in("newly", "officer"))
    browser = Browser(site.app, f"diwan_session_{site.console.node.id}", signed.token)
    for method, path, decision in paths(site):
        if method == "GET" and isinstance(decision, May | SignedIn):
            before = isinstance(decision, SignedIn) and decision.before_new_password
            response = browser.get(path)
            assert before or response.location == "/password", path


def test_whoever_tends_machines_holds_no_action_on_case_data() -> None:
    for role in ("technician", "administrator"):
        assert not reads_cases(role)


def test_an_unknown_role_may_do_nothing() -> None:
    assert not any(allowed("emperor", action) for action in Action)


def test_every_post_without_a_form_token_is_refused_and_does_nothing(site: Site) -> None:
    for role in ("officer", "supervisor", "administrator"):
        browser = site.browser(role)
        for method, path, decision in paths(site):
            if method == "POST" and not isinstance(decision, Token):
                response = browser.client.post(path)
                assert response.status_code in (400, 403, 404), f"{path} answered {response.status_code}"
