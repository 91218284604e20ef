"""A post whose release does not know all types of records yet joins late: it reads the history, where rows of these
types wait for its update, and not a snapshot, whose lines of them it would pass over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY, as_of
from diwan_core.dictionary.sample import documents
from diwan_core.exchange.centre import snapshot_out
from diwan_core.exchange.post import post_exchange, post_stick
from diwan_core.register import Edit
from diwan_core.register.admission import snapshot, snapshot_join
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state.nodes import dictionary_of
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.state import set_state

from tests.exchange.copies import write_on
from tests.exchange.network import Network, Post, network
from tests.exchange.sticks import answer, arrive, come_back, leave

BEHIND = 10
OLDER = as_of(DICTIONARY, 3)


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """A post and a centre with more cases than a late post is sent one by one."""
    with network(tmp_path, posts=1, snapshot_behind=BEHIND) as made:
        made.settle()
        write_on(made.posts[0], range(8))
        made.settle()
        write_on(made.posts[0], range(8, 16))
        made.settle()
        yield made


def with_a_price(net: Network) -> str:
    """The id of a record of a type that the older dictionary does not have."""
    assert "price" not in OLDER.types
    (record,) = net.register.save([Edit("price", next(documents("price", 1)))], author="analyst").records
    net.settle()
    return str(record)


@pytest.fixture
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Posts say that they have the older dictionary."""
    for module in (post_exchange, post_stick):
        monkeypatch.setattr(module, "DICTIONARY", OLDER)


def joined(post: Post) -> bool:
    """Whether it was by a snapshot."""
    return bool(post.register.store.one("SELECT count(*) FROM joint"))


def test_who_knows_every_type_is_sent_the_present_state(net: Network) -> None:
    price = with_a_price(net)
    late = net.add_post("Late")
    net.settle(600)
    assert joined(late) and late.register.get(price) is not None


@pytest.mark.usefixtures("old")
def test_who_lacks_a_type_of_which_nothing_is_here_is_sent_the_present_state_too(net: Network) -> None:
    late = net.add_post("Late")
    net.settle(600)
    assert joined(late) and late.register.count("case") == 16


@pytest.mark.usefixtures("old")
def test_who_lacks_a_type_reads_the_history_on_the_line(net: Network) -> None:
    price = with_a_price(net)
    late = net.add_post("Late")
    net.settle(600)
    with net.register.store.read() as transaction:
        assert dictionary_of(transaction, late.register.config.id) == OLDER.version
    assert not joined(late) and late.register.count("case") == 16
    assert late.register.get(price) is not None, "as a row, which an older release lets wait"


@pytest.mark.usefixtures("old")
def test_who_lacks_a_type_reads_the_history_on_a_stick(net: Network, tmp_path: Path) -> None:
    price, mount = with_a_price(net), tmp_path / "stick"
    late = net.add_post("Late")
    late.carrier.up = False
    for _ in range(4):
        leave(late, mount)
        arrive(net, mount)
        answer(net, mount, BEHIND)
        come_back(late, mount)
    assert not joined(late) and late.register.count("case") == 16
    assert late.register.get(price) is not None


def test_who_holds_parts_of_a_snapshot_and_lacks_a_type_waits_for_its_update(
    net: Network, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    price, mount = with_a_price(net), tmp_path / "stick"
    late = net.add_post("Late")
    with late.register.store.write() as transaction:
        set_state(transaction, f"snapshot:{NATIONAL}", "7:1:a-mark-that-no-snapshot-has")
    with monkeypatch.context() as before_its_update:
        for module in (post_exchange, post_stick):
            before_its_update.setattr(module, "DICTIONARY", OLDER)
        for _ in range(60):
            net.turn()
        leave(late, mount)
        arrive(net, mount)
        answer(net, mount, BEHIND)
        come_back(late, mount)
        assert late.register.count("case") == 0
    late.exchange.came_up()
    net.settle(600)
    assert joined(late) and late.register.get(price) is not None


def test_a_centre_that_was_rolled_back_makes_no_snapshot_without_what_it_does_not_know(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed 70004 of the simulation: a post joined by one, and has never had the records of the later release."""
    price = with_a_price(net)
    late = net.add_post("Late")
    with monkeypatch.context() as rolled_back:
        known = {name: plan for name, plan in PLANS.items() if name != "price"}
        rolled_back.setattr(snapshot, "PLANS", known)
        rolled_back.setattr(snapshot_out, "DICTIONARY", OLDER)
        for _ in range(60):
            net.turn()
        assert not joined(late)
    net.settle(600)
    assert late.register.get(price) is not None


@pytest.mark.parametrize("begun", [False, True], ids=["the first part", "a later part"])
def test_a_snapshot_that_comes_after_the_roll_back_of_its_post_is_joined_after_its_update(
    net: Network, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    """Seed 73056 of the simulation: the centre had last heard the post with the newer release."""
    price = with_a_price(net)
    late = net.add_post("Late")
    if begun:
        monkeypatch.setattr(snapshot, "SLICE", 1)
        while not late.register.count("case"):
            net.turn()
        assert late.register.get(price) is None and not joined(late)
    with monkeypatch.context() as rolled_back:
        rolled_back.setattr(snapshot_join, "PLANS", {name: plan for name, plan in PLANS.items() if name != "price"})
        for _ in range(60):
            net.turn()
        assert not joined(late)
    late.exchange.came_up()
    net.settle(600)
    assert joined(late) and late.register.get(price) is not None
