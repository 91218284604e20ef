"""On one page of the centre it is said who reads what identifies people, by whom the table of roles lets say it."""

from __future__ import annotations

import re

import pytest
from diwan_central.console import scope_pages
from diwan_central.network import running, scopes

from .conftest import Site, text_of

PLAN = {"code": "HOUND", "name": "Testhound", "starts": "2020-01-01", "ends": "2020-03-01", "coordinator": "officer.a"}


def test_what_is_chosen_is_said_and_noted(centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[object] = []
    monkeypatch.setattr(scopes, "set_reach", lambda _, kinds, far: done.append((kinds, far)))
    monkeypatch.setattr(scopes, "add", lambda _, unit, posts: done.append((unit, posts)))
    monkeypatch.setattr(scopes, "remove", lambda _, unit, posts: done.append((unit, posts)))
    monkeypatch.setattr(scope_pages, "_posts", lambda: {"x": "Gate 3"})
    administrator = centre.browser("administrator")
    assert "There are no units yet" in text_of(administrator.get("/scopes"))
    assert administrator.post("/scopes/reach", {"type": "person", "far": "unit"}).status_code == 303
    assert administrator.post("/scopes/units/join", {"unit": "north", "post": "x"}).status_code == 303
    assert administrator.post("/scopes/units/leave", {"unit": "unit-north", "post": "x"}).status_code == 303
    assert done == [(["person"], "unit"), ("north", ["x"]), ("unit-north", ["x"])]
    for wrong in ({"type": "person", "far": "moon"}, {"type": "unit of measure", "far": "all"}):
        assert administrator.post("/scopes/reach", wrong).status_code == 422
    for unit, post in (("no unit!", "x"), ("north", "y")):
        assert administrator.post("/scopes/units/join", {"unit": unit, "post": post}).status_code == 422


def test_what_stands_in_the_way_is_said(centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise scopes.OlderPosts([("abcdefghijklm", "Gate 3")])

    monkeypatch.setattr(scopes, "set_reach", refuse)
    answer = centre.browser("administrator").post("/scopes/reach", {"type": "company", "far": "unit"})
    assert answer.status_code == 422
    assert "Gate 3" in text_of(answer)


def test_an_operation_is_planned_filled_and_ended(centre: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator = centre.browser("coordinator")
    assert coordinator.post("/scopes/operations/plan", {**PLAN, "ends": ""}).status_code == 422
    assert coordinator.post("/scopes/operations/plan", {**PLAN, "ends": "2019-01-01"}).status_code == 422
    assert coordinator.post("/scopes/operations/plan", PLAN).status_code == 303
    page = coordinator.get("/scopes")
    assert "Testhound" in text_of(page) and "not open" in text_of(page)
    (record,) = set(re.findall(r'name="operation" value="([^"]+)"', page.text))
    assert coordinator.post("/scopes/operations/join", {"operation": record, "member": "x"}).status_code == 422
    ended: list[object] = []
    monkeypatch.setattr(scope_pages, "_posts", lambda: {"x": "Gate 3"})
    for name in ("add", "remove"):
        monkeypatch.setattr(running, name, lambda *given, author: ended.append((*given[1:], author)))
    monkeypatch.setattr(running, "end", lambda *given, author: ended.append((*given[1:], author)))
    for deed in ("join", "leave"):
        answer = coordinator.post(f"/scopes/operations/{deed}", {"operation": record, "member": "x"})
        assert answer.status_code == 303
    assert coordinator.post("/scopes/operations/end", {"operation": record}).status_code == 303
    assert ended == [(record, ["x"], "coordinator"), (record, ["x"], "coordinator"), (record, "coordinator")]


@pytest.mark.parametrize(
    ("role", "sees", "sets", "runs"),
    [
        ("administrator", True, True, False), ("coordinator", True, False, True), ("auditor", True, False, False),
        ("analyst", False, False, False), ("technician", False, False, False), ("supervisor", False, False, False),
    ],
)  # fmt: skip
def test_roles(centre: Site, role: str, sees: bool, sets: bool, runs: bool) -> None:
    browser = centre.browser(role)
    page = browser.get("/scopes")
    assert page.status_code == (200 if sees else 403)
    assert ('action="/scopes/reach"' in page.text) is sets
    assert ('action="/scopes/operations/plan"' in page.text) is runs
    assert (browser.post("/scopes/reach", {"type": "x", "far": "x"}).status_code != 403) is sets
    assert (browser.post("/scopes/operations/plan", {}).status_code != 403) is runs
