"""A case that was sent back is validated only once it was submitted again, whichever nodes do which, with or without a
line between them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import Problem
from diwan_core.register import Refused
from diwan_core.register.records.sent_back import REASON, is_sent_back

from tests.exchange.network import Network, case, network, record_in


def said(decision: str, by: str) -> dict[str, Any]:
    """The values by which a person says something of the check of a case."""
    status = "validated" if decision == "validated" else "submitted"
    entry = f"{by}{decision[:4]}"
    return {"status": status, "review_state": decision, "review": {entry: {"decision": decision, "by": by}}}


def shown(net: Network, record: str) -> set[tuple[object, object]]:
    """The status and the state of the check at every node."""
    held = [record_in(register, record).values for register in net.registers()]
    return {(values["status"], values["review_state"]) for values in held}


def reasons(net: Network) -> list[str]:
    return [reason.partition(" ")[2] for (reason,) in net.register.store.rows("SELECT reason FROM quarantine")]


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose door does not know the rule."""

    def nothing(*_: object) -> list[Problem]:
        return []

    monkeypatch.setattr("diwan_core.register.records.edits.uncorrected_problems", nothing)


def test_the_door_refuses_until_the_case_is_submitted_again(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        (record,) = post.save(case(), author="amal")
        post.edit(record, author="badr", **said("sent_back", "badr"))
        for values in (said("validated", "badr"), {"status": "validated"}):
            with pytest.raises(Refused) as refused:
                post.edit(record, author="badr", **values)
            assert [problem.path for problem in refused.value.problems] == ["status"]
        post.edit(record, author="amal", **said("resubmitted", "amal"))
        post.edit(record, author="badr", **said("validated", "badr"))
        net.settle()
        assert shown(net, record) == {("validated", "validated")} and not reasons(net)


@pytest.mark.usefixtures("careless")
@pytest.mark.parametrize("values", [said("validated", "badr"), {"status": "validated"}])
def test_what_a_post_validates_uncorrected_is_quarantined_at_the_centre(tmp_path: Path, values: dict[str, Any]) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        (record,) = post.save(case(), author="amal")
        post.edit(record, author="badr", **said("sent_back", "badr"))
        post.edit(record, author="badr", **values)
        net.settle()
        assert is_sent_back(record_in(net.register, record).values)
        assert reasons(net) == [REASON]


def test_sent_back_at_one_node_and_validated_at_another_is_sent_back_until_a_person_looks(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        (record,) = first.save(case(), author="amal")
        net.settle()
        first.edit(record, author="badr", **said("sent_back", "badr"))
        second.edit(record, author="chadia", **said("validated", "chadia"))
        net.settle()
        assert shown(net, record) == {("submitted", "sent_back")} and not reasons(net)
        assert {"status", "review_state"} <= record_in(net.register, record).conflicts.keys()
        first.edit(record, author="amal", **said("resubmitted", "amal"))
        net.settle()
        assert shown(net, record) == {("submitted", "resubmitted")}
        assert not record_in(net.register, record).conflicts


def test_who_answers_one_of_two_comments_written_at_once_leaves_the_other_open(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        (record,) = first.save(case(), author="amal")
        net.settle()
        second.edit(record, author="badr", **said("sent_back", "badr"))
        first.edit(record, author="chadia", **said("sent_back", "chadia"))
        first.edit(record, author="amal", **said("resubmitted", "amal"))
        net.settle()
        assert shown(net, record) == {("submitted", "sent_back")}
        with pytest.raises(Refused):
            first.edit(record, author="chadia", **said("validated", "chadia"))


def test_corrected_without_a_line_while_somebody_validates_is_to_be_checked(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        (record,) = first.save(case(), author="amal")
        net.settle()
        second.edit(record, author="badr", **said("validated", "badr"))  # has not heard of the comment
        first.edit(record, author="chadia", **said("sent_back", "chadia"))
        first.edit(record, author="amal", place="Gate 3", **said("resubmitted", "amal"))
        net.settle()
        assert shown(net, record) == {("submitted", "resubmitted")}
        assert record_in(net.register, record).values["place"] == "Gate 3"
