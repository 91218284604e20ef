"""Steps that arrive from other nodes: a hostile one is quarantined at the centre and reaches no other post, rows of the
older dictionary stay, and a post that joined late refuses nothing that the centre took in."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit, Register
from diwan_core.register.admission.quarantine import set_aside
from diwan_core.register.erasure.erase import Order, carry_out
from diwan_core.register.exchange_state import nodes
from diwan_core.register.records.undo import undoing
from diwan_core.register.storage.state import set_state

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, network
from tests.exchange.test_evil_post import send

from .kit import NEW, closed_file, state_of, step

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=3) as made:
        made.settle()
        yield made


def heads_of(register: Register, record: str) -> dict[str, Any]:
    found = register.get(record)
    assert found is not None
    heads: dict[str, Any] = json.loads(found.heads)
    return heads


def reopening(record: str, seen: dict[str, Any], dictionary: int = DICTIONARY.version, **rest: Any) -> Any:
    """closed → new, which only the centre takes."""
    now = time.time_ns() // 1_000_000 << 16
    values = {"state": "new", "source_grade": "B2", **rest}
    nominal = {"reason": "x"} if dictionary < 4 else {"reason": "x", "state_reason": "Zephyrine"}
    return [record, "suspect", now, 0, 0, "evil", 0, dictionary, seen], values, nominal


def test_a_hostile_post_does_not_open_a_closed_file_again(net: Network) -> None:
    record = closed_file(net.register)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    send(net, evil, evil.rows([reopening(record, heads_of(net.register, record))]))
    send(net, evil, evil.rows([reopening(record, {"*": [[evil.epoch, 2]], "state": [[evil.epoch, 2]]})]))
    send(net, evil, evil.rows([reopening(record, {"*": [[evil.epoch, 0]]}), reopening(record, {"*": []})]))
    both = [reopening(record, heads_of(net.register, record)), reopening(record, {"state": [[evil.epoch, 6]]})]
    both[0][0][6] = 1  # one change set, whose second row builds on the first
    send(net, evil, evil.rows(both))
    net.settle()
    assert net.register.status()["received"]["quarantined"] == 6
    reasons = {one.reason.partition(" ")[2] for one in set_aside(net.register.store) if one.sender == evil.node}
    assert reasons == {
        "state: from closed to new: a post may not take this step",
        "state: it builds on no version of it",
    }
    for register in net.registers():
        assert state_of(register, record) == "closed"
    for register in (post.register for post in net.posts):
        held = "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq>1"
        assert register.store.one(held, (evil.epoch,)) == 0
        assert register.store.one("SELECT count(*) FROM journal WHERE coalesce(nominal, '') LIKE '%Zephyrine%'") == 0


def test_a_row_of_the_older_dictionary_is_judged_by_that_and_stays(net: Network) -> None:
    record = closed_file(net.register)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    never_heard_newer(net, evil.node)
    send(net, evil, evil.rows([reopening(record, heads_of(net.register, record), dictionary=3)]))
    net.settle()
    assert net.register.status()["received"]["quarantined"] == 0
    assert [state_of(post.register, record) for post in net.posts] == ["new", "new"]
    step(net.register, record, "assigned", role="analyst")
    net.settle()
    assert [state_of(post.register, record) for post in net.posts] == ["assigned", "assigned"]


@pytest.mark.parametrize("says", [3, DICTIONARY.version])
def test_a_post_that_was_updated_takes_no_step_by_calling_itself_old(net: Network, says: int) -> None:
    """Whatever its later hellos say: the centre remembers the newest dictionary that it was heard with."""
    record = closed_file(net.register)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    with net.register.store.write() as transaction:
        nodes.note_dictionary(transaction, evil.node, says)
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    send(net, evil, evil.rows([reopening(record, heads_of(net.register, record), dictionary=3)]))
    net.settle()
    assert net.register.status()["received"]["quarantined"] == 1
    for register in net.registers():
        assert state_of(register, record) == "closed"


def test_a_post_that_names_an_older_version_does_not_show_a_closed_file_as_open(net: Network) -> None:
    (record,) = net.register.save([Edit("suspect", NEW)], author="analyst").records
    step(net.register, record, "assigned")
    older = heads_of(net.register, record)
    for state in ("in_work", "result", "closed"):
        step(net.register, record, state)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    meta, _, _ = reopening(record, older)
    send(net, evil, evil.rows([(meta, {"state": "in_work"}, {})]))
    net.settle()
    assert net.register.status()["received"]["quarantined"] == 0, "it is a step that a post may take"
    for register in net.registers():
        assert state_of(register, record) == "closed"
        found = register.get(record)
        assert found is not None and "state" in found.conflicts, "and everybody sees that it was taken"


def never_heard_newer(net: Network, node: str) -> None:
    """The centre has never heard this post with another dictionary than that of release 0.1.0."""
    with net.register.store.write() as transaction:
        set_state(transaction, f"newest dictionary of:{node}", 3)


def test_a_step_of_a_newer_dictionary_waits_for_the_release_that_knows_it(net: Network) -> None:
    record = closed_file(net.register)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    send(net, evil, evil.rows([reopening(record, heads_of(net.register, record), dictionary=DICTIONARY.version + 1)]))
    assert net.register.status()["received"]["waiting"] == 1
    assert state_of(net.register, record) == "closed"


def test_steps_cross_the_country_and_a_post_that_joins_late_refuses_none(tmp_path: Path) -> None:
    with network(tmp_path, posts=2, snapshot_behind=1) as net:
        net.settle()
        first, late = net.posts
        (record,) = first.register.save([Edit("suspect", NEW)], author="o", role="officer").records
        first.exchange.woken()
        net.settle()
        step(net.register, record, "assigned")
        before = heads_of(net.register, record)
        step(net.register, record, "in_work")
        net.settle()
        joined = net.add_post("late")
        net.settle()
        assert state_of(joined.register, record) == "in_work"
        first.register.save(
            [Edit("suspect", {"state": "in_work", "priority": "high"}, record=record, seen=json.dumps(before))],
            author="h", role="",
        )  # fmt: skip
        first.exchange.woken()
        net.settle()
        for register in (net.register, joined.register, late.register):
            assert state_of(register, record) == "in_work"
            assert register.store.one("SELECT count(*) FROM journal WHERE verdict<>0") == 0
        found = joined.register.get(record)
        assert found is not None and found.values["priority"] == "high"


def test_the_centre_takes_back_what_a_post_did_to_a_state(net: Network) -> None:
    record = closed_file(net.register)
    net.settle()
    evil = EvilPost(net, net.posts[0])
    before = time.time_ns() // 1_000_000 - 1
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    never_heard_newer(net, evil.node)
    send(net, evil, evil.rows([reopening(record, heads_of(net.register, record), dictionary=3)]))
    assert state_of(net.register, record) == "new"
    net.register.save(undoing(net.register.store, evil.node, before).edits, author="administrator")
    net.settle()
    assert [state_of(post.register, record) for post in net.posts] == ["closed", "closed"]


@pytest.mark.parametrize("comes_first", [False, True])
def test_a_row_does_not_build_on_itself_whenever_it_comes(net: Network, comes_first: bool) -> None:
    post = net.posts[0]
    if comes_first:
        (record,) = post.register.save([Edit("suspect", NEW)], author="officer").records
    else:
        record = closed_file(net.register)
    evil = EvilPost(net, net.posts[1])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    seen = {"*": [[evil.epoch, 1]], "state": [[evil.epoch, 2]], "state_reason": [[evil.epoch, 2]]}
    send(net, evil, evil.rows([reopening(record, seen)]))
    assert net.register.status()["received"]["waiting"] == int(comes_first)
    post.exchange.woken()
    net.settle()
    received = net.register.status()["received"]
    assert (received["waiting"], received["quarantined"]) == (0, 1)
    assert state_of(net.register, record) == ("new" if comes_first else "closed")


def test_a_row_that_names_more_versions_than_a_record_can_hold_costs_no_look_at_them(net: Network) -> None:
    record = closed_file(net.register)
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    many = {"*": [[evil.epoch, 1]], "state": [[evil.epoch, 1] for _ in range(3_000)]}
    several = {"*": [[evil.epoch, 1]], "state": [[f"{number:013d}", 0] for number in range(3_000)]}
    send(net, evil, evil.rows([reopening(record, many)]), evil.rows([reopening(record, several)]))
    assert net.register.status()["received"]["quarantined"] == 2
    assert state_of(net.register, record) == "closed"


@pytest.mark.parametrize(("halves", "quarantined"), [(3, 0), (2, 1)])
def test_of_an_erased_file_nothing_is_judged_that_is_gone_and_all_that_is_left(
    net: Network, halves: int, quarantined: int
) -> None:
    record = closed_file(net.register)
    before = heads_of(net.register, record)
    with net.register.store.write() as connection:
        carry_out(connection, [Order(record, halves, "Order 12/2026", (), 1)])
    evil = EvilPost(net, net.posts[0])
    send(net, evil, evil.opening(time.time_ns() // 1_000_000 << 16))
    send(net, evil, evil.rows([reopening(record, before)]))
    assert net.register.status()["received"]["quarantined"] == quarantined
    assert state_of(net.register, record) == (None if halves == 3 else "closed")
    assert net.register.store.one("SELECT count(*) FROM journal WHERE nominal LIKE '%Zephyrine%'") == 0
