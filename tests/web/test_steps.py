"""Steps of a state on the pages: what is offered to whom, what is asked, and the door's own words."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from diwan_core.register import Edit, Refused
from diwan_core.web.app import create_app
from diwan_core.web.drafts.edit_record import editing_pages
from diwan_core.web.features import common_pages
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import KEY
from diwan_core.web.record_pages.record_blueprint import record_pages
from flask import Flask

from tests.states.kit import NEW, STEPS, step

from .conftest import Browser, Site, text_of
from .forms import form_of, place

OPERATION = {"name": "Operation Testhound", "state": "planned", "starts": "2026-12-01", "ends": "2026-12-09"}


def made(site: Site, kind: str, values: dict[str, Any]) -> str:
    with site.console.writing() as register:
        return register.save([Edit(kind, values)], author="somebody").records[0]


def values_of(site: Site, record: str) -> dict[str, Any]:
    with site.console.writing() as register:
        found = register.get(record)
    assert found is not None
    return found.values


@pytest.fixture(scope="module")
def with_files(centre: Site) -> Iterator[Flask]:
    """The centre's console with pages for suspect files."""
    kind = replace(kind_of("suspect"), path="more/suspects")
    app = create_app(
        centre.folder, role="central", blueprints=[*common_pages(), record_pages(kind), editing_pages(kind)]
    )
    app.testing = False
    yield app
    app.extensions[KEY].close()


def at(app: Flask, site: Site, role: str) -> Browser:
    signed = site.browser(role)
    return Browser(app, signed.cookie, signed.token)


def test_a_page_offers_the_next_steps_to_those_who_may_take_them(centre: Site) -> None:
    record = made(centre, "operation", OPERATION)
    for role, offered in (("coordinator", True), ("analyst", False), ("supervisor", False), ("auditor", False)):
        page = text_of(centre.browser(role).get(f"/operations/{record}"))
        assert ("Start the operation" in page) is offered, role
        assert "End the operation" not in page
    refused = centre.browser("analyst").get(f"/records/{record}/steps/state/running")
    assert refused.status_code == 403 and "This step is not yours to take: Start the operation." in text_of(refused)
    taken = centre.browser("analyst").post(f"/records/{record}/steps/state/running", {})
    assert taken.status_code == 403 and values_of(centre, record)["state"] == "planned"


def test_what_a_step_needs_is_asked_and_kept_in_the_history(centre: Site) -> None:
    record, browser = made(centre, "operation", OPERATION), centre.browser("coordinator")
    shown = browser.get(f"/records/{record}/steps/state/running").text
    form = form_of(shown, 'name="seen"')
    assert form["starts"] == "2026-12-01"
    missing = browser.post(f"/records/{record}/steps/state/running", {**form, "coordinator": ""})
    words = "Coordinator is needed to bring state to running (Running). Fill it in."
    assert missing.status_code == 422 and words in text_of(missing)
    with centre.console.writing() as register, pytest.raises(Refused, match=r"Coordinator is needed to bring state to"):
        register.save([Edit("operation", {"state": "running"}, record=record)], author="x", role="coordinator")
    place(browser.post(f"/records/{record}/steps/state/running", {**form, "coordinator": "huda"}))
    page = text_of(browser.get(f"/operations/{record}"))
    assert "End the operation" in page and "Start the operation" not in page
    history = page[page.index("History") :]
    assert "Planned" in history and "Running" in history and "huda" in history
    again = browser.post(f"/records/{record}/steps/state/running", {**form, "coordinator": "huda"})
    assert again.status_code == 303, "pressed twice"


def test_a_step_that_ends_something_is_asked_about_once_more(centre: Site) -> None:
    record, browser = made(centre, "operation", {**OPERATION, "state": "running"}), centre.browser("coordinator")
    page = browser.get(f"/operations/{record}").text
    assert f'href="/records/{record}/steps/state/ended"' in page
    asked = browser.get(f"/records/{record}/steps/state/ended")
    assert "Are you sure?" in text_of(asked)
    form = form_of(asked.text, 'name="seen"')
    changed = browser.post(f"/records/{record}/steps/state/ended", {**form, "seen": "{}"})
    assert changed.status_code == 409 and "Somebody changed the record in the meantime" in text_of(changed)
    place(browser.post(f"/records/{record}/steps/state/ended", form))
    assert values_of(centre, record)["state"] == "ended"
    gone = browser.post(f"/records/{record}/steps/state/running", form)
    assert gone.status_code == 409


def test_a_file_goes_from_hand_to_hand(centre: Site, with_files: Flask) -> None:
    task = {"1": {"title": "Look", "state": "open"}}
    record = made(centre, "suspect", {**NEW, "task": task})
    given = {"assigned": "coordinator", "in_work": "investigator", "result": "investigator", "closed": "analyst"}
    for state, role in given.items():
        browser = at(with_files, centre, role)
        page = browser.get(f"/more/suspects/{record}")
        assert page.status_code == 200
        if state in ("in_work",):  # nothing is asked: one press
            form = form_of(page.text, f"/steps/state/{state}")
            place(browser.post(f"/records/{record}/steps/state/{state}", form))
            continue
        form = form_of(browser.get(f"/records/{record}/steps/state/{state}").text, 'name="seen"')
        place(browser.post(f"/records/{record}/steps/state/{state}", {**form, **STEPS[state]}))
    assert values_of(centre, record)["state"] == "closed"
    investigator = at(with_files, centre, "investigator")
    assert "Tasks 1: Begin the task" in text_of(investigator.get(f"/more/suspects/{record}"))
    form = form_of(investigator.get(f"/more/suspects/{record}").text, "/steps/task.1.state/in_work")
    place(investigator.post(f"/records/{record}/steps/task.1.state/in_work", form))
    assert values_of(centre, record)["task"]["1"]["state"] == "in_work"
    reasoned = form_of(at(with_files, centre, "analyst").get(f"/records/{record}/steps/state/new").text, "seen")
    assert reasoned["state_reason"] == ""


def test_no_form_asks_for_a_state(centre: Site, with_files: Flask) -> None:
    record = made(centre, "suspect", {**NEW, "task": {"1": {"title": "Look", "state": "open"}}})
    browser = at(with_files, centre, "supervisor")
    for form in ("more", "task/1"):
        shown = browser.get(f"/more/suspects/{record}/edit/{form}")
        assert shown.status_code == 200
        assert 'name="state"' not in shown.text and 'name="task.1.state"' not in shown.text


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Of two states the earlier one counts"), ("ar", "تُعتمد الأسبق")]
)
def test_two_states_are_shown_as_a_conflict_and_settled_by_whoever_may(
    centre: Site, with_files: Flask, language: str, words: str
) -> None:
    record = made(centre, "suspect", NEW)
    with centre.console.writing() as register:
        before = register.get(record)
        assert before is not None
        for state in ("assigned", "refused"):
            values = {"state": state, **STEPS["assigned"], "state_reason": "Nothing in it"}
            register.save([Edit("suspect", values, record=record, seen=before.heads)], author=state)
    coordinator = at(with_files, centre, "coordinator")
    coordinator.get(f"/language/{language}")
    page = coordinator.get(f"/more/suspects/{record}")
    assert words in text_of(page)
    assert values_of(centre, record)["state"] == "assigned"
    coordinator.get("/language/en")
    page = coordinator.get(f"/more/suspects/{record}")
    assert "Choose: Refused" in text_of(page) and "Choose: Assigned" in text_of(page)
    form = form_of(coordinator.get(f"/records/{record}/steps/state/refused").text, 'name="seen"')
    place(coordinator.post(f"/records/{record}/steps/state/refused", form))
    assert values_of(centre, record)["state"] == "refused"


def test_a_post_offers_and_takes_none_of_the_centre_s_steps(post: Site) -> None:
    record = made(post, "suspect", NEW)
    with post.console.writing() as register, pytest.raises(Refused, match="a post may not bring it to assigned"):
        step(register, record, "assigned", role="analyst")
    answer = post.browser("analyst").get(f"/records/{record}/steps/state/assigned")
    assert answer.status_code == 403
