"""What a post validates against the rule of the country does not count at the centre, however it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.dictionary import Problem
from diwan_core.register import Refused
from diwan_core.register.national_settings import set_nationally
from diwan_core.register.records.four_eyes import REASON

from tests.exchange.network import Network, case, network, record_in

pytestmark = pytest.mark.slow


def nothing(*_: object) -> list[Problem]:
    return []


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release whose door does not know the rule."""
    monkeypatch.setattr("diwan_core.register.records.edits.own_case_problems", nothing)
    monkeypatch.setattr("diwan_core.register.records.edits.new_case_problems", nothing)


def status_at_the_centre(net: Network, record: str) -> object:
    return record_in(net.register, record).values["status"]


def test_the_door_refuses_whoever_reported_the_case_and_nobody_else(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        (record,) = post.save(case(), author="amal")
        with pytest.raises(Refused) as refused:
            post.edit(record, author="amal", status="validated")
        assert [problem.path for problem in refused.value.problems] == ["status"]
        post.edit(record, author="badr", status="validated")
        net.settle()
        assert status_at_the_centre(net, record) == "validated"


@pytest.mark.usefixtures("careless")
def test_a_case_validated_by_who_reported_it_is_quarantined_at_the_centre(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        (own, made) = (*post.save(case(), author="amal"), *post.save(case(status="validated"), author="amal"))
        post.edit(own, author="amal", status="validated")
        (imported,) = post.save(case(status="validated", source_key="7", source_system="cases.csv"), author="amal")
        net.settle()
        assert status_at_the_centre(net, own) == "submitted"
        assert net.register.get(made) is None
        assert status_at_the_centre(net, imported) == "validated"
        reasons = [reason.partition(" ")[2] for (reason,) in net.register.store.rows("SELECT reason FROM quarantine")]
        assert reasons == [REASON, REASON]


@pytest.mark.usefixtures("careless")
def test_where_the_country_says_so_it_counts_from_then_on(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        (post,) = net.posts
        before, after = post.save(case(), author="amal") + post.save(case(time="08:00"), author="amal")
        post.edit(before, author="amal", status="validated")
        set_nationally(net.register, "four_eyes", "no", author="analyst")
        net.settle()
        post.edit(after, author="amal", status="validated")
        net.settle()
        assert (status_at_the_centre(net, before), status_at_the_centre(net, after)) == ("submitted", "validated")


def test_a_post_cannot_say_what_the_country_wants(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net, pytest.raises(Refused):
        set_nationally(net.posts[0].register, "four_eyes", "no", author="amal")


def test_a_case_withdrawn_at_one_node_and_validated_at_another_is_withdrawn(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        first, second = net.posts
        (record,) = first.save(case(), author="amal")
        net.settle()
        first.edit(record, author="badr", status="withdrawn")
        second.edit(record, author="chadia", status="validated")
        net.settle()
        for register in net.registers():
            held = record_in(register, record)
            assert held.values["status"] == "withdrawn" and "status" in held.conflicts
