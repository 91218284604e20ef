"""Steps that are taken at a node: what is refused and why, what goes with a step, and which of two states counts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core import node
from diwan_core.dictionary import DICTIONARY, as_of
from diwan_core.register import Edit, Refused, Register
from diwan_core.register.records.dictionary_upgrade import catch_up
from diwan_core.register.storage.state import set_state
from diwan_core.trust import NodeKeys

from .kit import NEW, STEPS, closed_file, state_of, step


def opened(folder: Path, role: str) -> Register:
    node.create(folder, node.NodeConfig(role, node.mint_id(), "Here", "JOAQJ"))  # type: ignore[arg-type]
    NodeKeys.create(folder)
    return Register.open(folder, role="writer")


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Register]:
    with opened(tmp_path / "centre", "central") as register:
        yield register


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Register]:
    with opened(tmp_path / "post", "post") as register:
        yield register


def refused(register: Register, values: dict[str, Any], record: str | None = None, role: str = "") -> list[str]:
    with pytest.raises(Refused) as error:
        register.save([Edit("suspect", values, record=record)], author="x", role=role)
    return [f"{problem.path}: {problem.message}" for problem in error.value.problems]


def test_a_post_proposes_and_the_centre_decides(post: Register) -> None:
    (record,) = post.save([Edit("suspect", NEW)], author="officer", role="officer").records
    assert refused(post, {"state": "assigned", **STEPS["assigned"]}, record) == [
        "state: State: a post may not set it to assigned (Assigned); ask the centre."
    ]
    assert refused(post, {"state": "closed"}, record) == [
        "state: State: no step leads from new (New) to closed (Closed), only to assigned (Assigned) or "
        "refused (Refused)."
    ]
    assert refused(post, {"state": None}, record) == [
        "state: State: a state cannot be removed. Take a step to another one."
    ]
    assert state_of(post, record) == "new"


def test_a_file_is_opened_with_all_that_it_needs(post: Register) -> None:
    bare = {"title": "T", "requested_action": "check", "state": "new"}
    assert refused(post, bare) == [
        "reason: Reason is needed for the step “Open the file”. Fill it in.",
        "source_grade: Grade of the source is needed for the step “Open the file”. Fill it in.",
        "subject.new.name: Name as written, or another field that says the same, is needed for the step "
        "“Open the file”. Fill one in.",
    ]
    assert "no step leads" in refused(post, {**NEW, "state": "in_work"})[0]
    del bare["state"]
    (record,) = post.save([Edit("suspect", bare)], author="x").records
    assert state_of(post, record) is None, "a file without a state is as before"


def test_whoever_opens_a_file_does_not_validate_it(post: Register) -> None:
    assert "No role sets this status" in refused(post, {**NEW, "status": "validated"}, None, "officer")[0]
    (record,) = post.save([Edit("suspect", {**NEW, "status": "submitted"})], author="o", role="officer").records
    assert "No role sets this status" in refused(post, {"status": "validated", "state": "new"}, record, "officer")[0]
    assert "the role technician may not set it to new" in refused(post, NEW, None, "technician")[0]


def test_people_take_their_own_steps_only(centre: Register) -> None:
    (record,) = centre.save([Edit("suspect", NEW)], author="a", role="analyst").records
    assert refused(centre, {"state": "assigned", **STEPS["assigned"]}, record, "investigator") == [
        "state: State: the role investigator may not set it to assigned (Assigned). Ask: analyst, coordinator."
    ]
    step(centre, record, "assigned", role="coordinator")
    step(centre, record, "in_work", role="investigator")
    assert "may not write" in refused(centre, {"state": "result", "result": "x", "hits": 3}, record, "investigator")[0]
    step(centre, record, "result", role="investigator", author="huda")
    assert "whoever took the step before cannot" in refused_closing(centre, record, "huda")
    step(centre, record, "closed", role="analyst", author="amal")
    assert state_of(centre, record) == "closed"


def refused_closing(centre: Register, record: str, author: str) -> str:
    with pytest.raises(Refused) as error:
        step(centre, record, "closed", author=author, role="analyst")
    return error.value.problems[0].message


def test_what_a_step_needs_and_the_file_says_already_goes_with_it_but_each_reason_is_its_own(centre: Register) -> None:
    record = closed_file(centre)
    assert refused(centre, {"state": "new"}, record, "analyst") == [
        "state_reason: Reason of the last step is needed for the step “Open the file again”. Fill it in."
    ]
    step(centre, record, "new", state_reason="Seen again.", role="analyst")
    before = centre.get(record)
    assert before is not None and before.values["assigned_officer"] == "huda"
    centre.save([Edit("suspect", {"state": "assigned"}, record=record)], author="a", role="analyst")
    after = centre.get(record)
    assert after is not None and "state_reason" not in after.values, "it was the reason of the step before"
    last = centre.history(record)[-1].changes
    assert last["state"] == ("new", "assigned") and last["state_reason"] == ("Seen again.", None)
    for state in ("in_work", "result", "closed"):
        step(centre, record, state)
    assert "state_reason" in refused(centre, {"state": "new"}, record, "analyst")[0]


def test_other_fields_are_saved_beside_a_state_that_stays(post: Register) -> None:
    (record,) = post.save([Edit("suspect", NEW)], author="o").records
    post.save([Edit("suspect", {"state": "new", "priority": "high"}, record=record)], author="o")
    assert post.history(record)[-1].changes == {"priority": (None, "high")}


def test_a_task_is_cancelled_and_not_removed(post: Register) -> None:
    task = {"title": "Look at the lorry", "state": "open"}
    (record,) = post.save([Edit("suspect", {**NEW, "task": {"1": task}})], author="o").records
    assert "task.1.state: State: a state cannot be removed" in refused(post, {"task": {"1": None}}, record)[0]
    assert "task.1.state" in refused(post, {"task": {"1": {"state": "done"}}}, record)[0]
    for fields in ({"state": "in_work"}, {"state": "done", "result": "Empty."}):
        values = {"task": {"1": fields}}
        post.save([Edit("suspect", values, record=record)], author="h", role="investigator")
    found = post.get(record)
    assert found is not None and found.values["task"]["1"]["state"] == "done"


def test_of_two_states_written_at_once_the_earlier_counts_whatever_was_written_last(centre: Register) -> None:
    for states in (("assigned", "in_work"), ("in_work", "assigned")):
        (record,) = centre.save([Edit("suspect", NEW)], author="a").records
        before = centre.get(record)
        assert before is not None
        for state in states:
            values = {"state": state, **STEPS["assigned"], "state_reason": "x"}
            centre.save([Edit("suspect", values, record=record, seen=before.heads)], author=state)
        found = centre.get(record)
        assert found is not None and found.values["state"] == "assigned"
        shown = {alternative.value: alternative.shown for alternative in found.conflicts["state"]}
        assert shown == {"assigned": True, "in_work": False}
        assert centre.store.one("SELECT state FROM record_suspect ORDER BY no DESC LIMIT 1") == "assigned"
        centre.save([Edit("suspect", {"state": "in_work"}, record=record)], author="a", role="investigator")
        assert state_of(centre, record) == "in_work", "one of them is chosen"


def test_an_update_lets_records_show_the_state_that_counts(centre: Register) -> None:
    (record,) = centre.save([Edit("suspect", NEW)], author="a").records
    before = centre.get(record)
    assert before is not None
    for state in ("assigned", "in_work"):
        centre.save([Edit("suspect", {"state": state}, record=record, seen=before.heads)], author=state)
    with centre.store.write() as connection:  # as the release before had shown it
        connection.execute("UPDATE record_suspect SET rest=json_set(rest, '$.state', 'in_work'), state='in_work'")
        set_state(connection, "dictionary", 3)
        catch_up(connection)
    assert state_of(centre, record) == "assigned"
    assert centre.store.one("SELECT state FROM record_suspect") == "assigned"
    assert as_of(DICTIONARY, 3).type("suspect").machine("state") is None
