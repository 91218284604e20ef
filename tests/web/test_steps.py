"""Steps of a state on the pages: what is offered to whom, what is asked, and the door's own words."""

from typing import Any

import pytest
from diwan_core.register import Edit, Refused

from tests.states.kit import NEW, STEPS, step

from .conftest import Site, text_of
from .forms import form_of, place

DUE = "2026-01-31"
OPERATION = {"name": "Operation Testhound", "state": "planned", "starts": "2026-12-01", "ends": "2026-12-09"}


def made(site: Site, kind: str, values: dict[str, Any]) -> str:
    with site.console.writing() as register:
        return register.save([Edit(kind, values)], author="somebody").records[0]


def values_of(site: Site, record: str) -> dict[str, Any]:
    with site.console.writing() as register:
        found = register.get(record)
    assert found is not None
    return found.values


def test_a_page_offers_the_next_steps_to_those_who_may_take_them(centre: Site) -> None:
    record = made(centre, "operation", OPERATION)
    for role, offered in (("coordinator", True), ("analyst", False), ("supervisor", False), ("auditor", False)):
        answer = centre.browser(role).get(f"/operations/{record}")
        page = text_of(answer)
        assert (f'href="/records/{record}/steps/state/running"' in answer.text) is offered, role
        assert "End the operation" not in page
        assert ("Start the operation (Coordinator)" in page) is not offered, role
    refused = centre.browser("analyst").get(f"/records/{record}/steps/state/running")
    assert refused.status_code == 403 and "You may not take this step: Start the operation." in text_of(refused)
    taken = centre.browser("analyst").post(f"/records/{record}/steps/state/running", {})
    assert taken.status_code == 403 and values_of(centre, record)["state"] == "planned"


def test_what_a_step_needs_is_asked_and_kept_in_the_history(centre: Site) -> None:
    record, browser = made(centre, "operation", OPERATION), centre.browser("coordinator")
    shown = browser.get(f"/records/{record}/steps/state/running").text
    form = form_of(shown, 'name="seen"')
    assert form["starts"] == "1 Dec 2026"
    missing = browser.post(f"/records/{record}/steps/state/running", {**form, "coordinator": ""})
    words = "Coordinator is needed for the step “Start the operation”. Fill it in."
    assert missing.status_code == 422 and words in text_of(missing)
    with centre.console.writing() as register, pytest.raises(Refused, match=r"Coordinator is needed for the step"):
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


def test_a_file_goes_from_hand_to_hand(centre: Site) -> None:
    task = {"1": {"title": "Look", "state": "open"}}
    record = made(centre, "suspect", {**NEW, "task": task})
    given = {"assigned": "coordinator", "in_work": "investigator", "result": "investigator", "closed": "analyst"}
    for state, role in given.items():
        browser = centre.browser(role)
        page = browser.get(f"/suspects/{record}")
        assert page.status_code == 200
        if state in ("in_work",):  # nothing is asked: one press
            form = form_of(page.text, f"/steps/state/{state}")
            place(browser.post(f"/records/{record}/steps/state/{state}", form))
            continue
        form = form_of(browser.get(f"/records/{record}/steps/state/{state}").text, 'name="seen"')
        place(browser.post(f"/records/{record}/steps/state/{state}", {**form, **STEPS[state]}))
    assert values_of(centre, record)["state"] == "closed"
    investigator = centre.browser("investigator")
    assert "Tasks 1: Begin the task" in text_of(investigator.get(f"/suspects/{record}"))
    form = form_of(investigator.get(f"/suspects/{record}").text, "/steps/task.1.state/in_work")
    place(investigator.post(f"/records/{record}/steps/task.1.state/in_work", form))
    assert values_of(centre, record)["task"]["1"]["state"] == "in_work"
    reasoned = form_of(centre.browser("analyst").get(f"/records/{record}/steps/state/new").text, "seen")
    assert reasoned["state_reason"] == ""


def test_no_form_asks_for_a_state(centre: Site) -> None:
    record = made(centre, "suspect", {**NEW, "task": {"1": {"title": "Look", "state": "open"}}})
    browser = centre.browser("supervisor")
    for form in ("file", "task/1"):
        shown = browser.get(f"/suspects/{record}/edit/{form}")
        assert shown.status_code == 200
        assert 'name="state"' not in shown.text and 'name="task.1.state"' not in shown.text


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Of two states the earlier one counts"), ("ar", "تُعتمد الأسبق")]
)
def test_two_states_are_shown_as_a_conflict_and_settled_by_whoever_may(centre: Site, language: str, words: str) -> None:
    record = made(centre, "suspect", NEW)
    with centre.console.writing() as register:
        before = register.get(record)
        assert before is not None
        for state in ("assigned", "in_work"):
            values = {"state": state, **STEPS["assigned"], "state_reason": "Nothing in it"}
            register.save([Edit("suspect", values, record=record, seen=before.heads)], author=state)
    investigator = centre.browser("investigator")
    investigator.get(f"/language/{language}")
    page = investigator.get(f"/suspects/{record}")
    assert words in text_of(page)
    assert values_of(centre, record)["state"] == "assigned"
    investigator.get("/language/en")
    page = investigator.get(f"/suspects/{record}")
    assert "Choose: In work" in text_of(page)
    assert "Choose: Assigned" in text_of(centre.browser("coordinator").get(f"/suspects/{record}"))
    form = form_of(page.text, f"/records/{record}/steps/state/in_work")
    place(investigator.post(f"/records/{record}/steps/state/in_work", form))
    assert values_of(centre, record)["state"] == "in_work"


def test_a_post_offers_and_takes_none_of_the_centre_s_steps(post: Site) -> None:
    record = made(post, "suspect", NEW)
    with post.console.writing() as register, pytest.raises(Refused, match="a post may not set it to assigned"):
        step(register, record, "assigned", role="analyst")
    answer = post.browser("analyst").get(f"/records/{record}/steps/state/assigned")
    assert answer.status_code == 403


def test_where_a_step_needs_next_to_nothing_the_other_fields_are_not_folded_away(post: Site) -> None:
    officer = post.browser("officer")
    for path, is_open in (
        ("/arrivals/begin/expected", True),
        ("/messages/begin/open", True),
        ("/suspects/begin/new", False),
    ):
        assert ('<details class="sheet" open>' in officer.get(path).text) is is_open, path


def test_a_message_for_one_post_says_who_reads_it(post: Site) -> None:
    """As things stand here: nobody writes to one post in the belief that the others do not read it."""
    officer = post.browser("officer")
    for far, words in (
        ("all", "At present all posts read it"),
        ("addressed", "that post alone reads it"),
        ("unit", "that post alone reads it"),
        ("centre", "At present only the centre reads it"),
    ):
        with post.console.writing() as register, register.store.write() as transaction:
            transaction.execute("INSERT INTO reach (type, nominal, entry) VALUES ('message', ?, 1)", (far,))
        try:
            assert words in text_of(officer.get("/messages/begin/open"))
            assert "At present all posts read it" in text_of(officer.get("/requests/begin/draft"))
        finally:
            with post.console.writing() as register, register.store.write() as transaction:
                transaction.execute("DELETE FROM reach")


def test_the_one_post_is_chosen_by_its_name(post: Site) -> None:
    other, officer = "abcdefghijklm", post.browser("officer")
    row = (other, "Gate of the desert")
    with post.console.writing() as register, register.store.write() as transaction:
        columns = "id, role, label, office, signing_key, sealing_key, confirmed"
        transaction.execute(f"INSERT INTO node ({columns}) VALUES (?, 'post', ?, '', x'', x'', 1)", row)
    try:
        asked = officer.get("/messages/begin/open")
        assert f'<option value="{other}" label="Gate of the desert">' in asked.text
        fields = {**form_of(asked.text, 'name="_fresh"'), "kind": "mail", "subject": "Boots"}
        unknown = officer.post("/messages/begin/open", {**fields, "for_post": "Gate of the sea"})
        assert unknown.status_code == 422 and "There is no post “Gate of the sea” here" in text_of(unknown)
        opened = place(officer.post("/messages/begin/open", {**fields, "for_post": "gate of the Desert"}))
        assert "Gate of the desert" in text_of(officer.get(place(officer.get(opened))))
    finally:
        with post.console.writing() as register, register.store.write() as transaction:
            transaction.execute("DELETE FROM node WHERE id=?", (other,))


def test_a_file_is_opened_at_a_post_with_all_that_it_needs(post: Site) -> None:
    officer = post.browser("officer")
    assert all("Open a suspect file" in text_of(officer.get(page)) for page in ("/suspects", "/follow-up"))
    asked = officer.get("/suspects/begin/new")
    assert "<h1>Open a suspect file</h1>" in asked.text
    assert 'name="subject.new.name"' in asked.text and 'name="assigned_officer"' not in asked.text
    bare = {"title": "Courier", "requested_action": "check", "reason": "Seen twice.", "source_grade": "B2"}
    without = officer.post("/suspects/begin/new", bare)
    assert without.status_code == 422 and "Name as written, or another field that says the same, is" in text_of(without)
    whole = {**bare, "subject.new.kind": "person", "subject.new.name": "Karim Testman"}
    whole["_fresh"] = form_of(asked.text, 'name="_fresh"')["_fresh"]
    opened = place(officer.post("/suspects/begin/new", whole)).partition("?")[0]
    assert place(officer.post("/suspects/begin/new", whole)).partition("?")[0] == opened, "pressed twice"
    page = officer.get(place(officer.get(opened)))
    assert "Courier" in text_of(page) and "Assign (at the centre: Analyst, Coordinator)" in text_of(page)
    assert post.browser("auditor").get("/suspects/begin/new").status_code == 403
    assert "Open a suspect file" not in text_of(post.browser("auditor").get("/suspects"))
    assert officer.get("/suspects/begin/closed").status_code == 404


def test_a_task_is_given_by_a_step(centre: Site) -> None:
    record, browser = made(centre, "suspect", NEW), centre.browser("analyst")
    address = f"/records/{record}/steps/task.new.state/open"
    assert address in browser.get(f"/suspects/{record}").text
    form = form_of(browser.get(address).text, 'name="seen"')
    assert "is needed" in text_of(browser.post(address, {**form, "task.new.assigned": "huda"}))
    place(browser.post(address, {**form, "task.new.title": "Ask the carrier", "task.new.due": "2027-01-10"}))
    (task,) = values_of(centre, record)["task"].values()
    assert task == {"title": "Ask the carrier", "due": "2027-01-10", "state": "open"}
    assert browser.post(address, {**form, "task.new.title": "Ask the carrier"}).status_code == 409, "pressed twice"


def test_a_request_goes_out_and_is_answered_and_one_without_an_answer_is_shown_as_expired(centre: Site) -> None:
    values = {"subject": "Papers of a lorry", "kind": "check", "addressed_to": "Customs of Examplia", "answer_by": DUE}
    sent = {**values, "legal_basis": "Agreement 7", "state": "sent"}
    record, browser = made(centre, "request", sent), centre.browser("coordinator")
    for address in (f"/requests/{record}", "/requests", "/follow-up"):
        assert "Expired" in text_of(browser.get(address)), address
    assert "Customs of Examplia" in text_of(browser.get("/requests", state="expired"))
    assert "Customs of Examplia" not in text_of(browser.get("/requests", state="sent"))
    answer = f"/records/{record}/steps/state/answered"
    form = form_of(browser.get(answer).text, 'name="seen"')
    assert "Answer is needed" in text_of(browser.post(answer, form))
    place(browser.post(answer, {**form, "answer": "They are forged."}))
    assert values_of(centre, record)["state"] == "answered"
    assert "Expired" not in text_of(browser.get(f"/requests/{record}"))
