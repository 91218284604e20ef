"""Who names whom is the same on every node, whatever the order of changes, and follows undo, snapshot and erasure."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.exchange import erasure
from diwan_core.register import Edit, Register
from diwan_core.register.erasure.erase import BOTH, NOMINAL
from diwan_core.register.index.references import pack, refill
from diwan_core.register.records.undo import undoing
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network

pytestmark = pytest.mark.slow

PERSON = {"name_as_written": "Nadia Haddad", "status": "submitted"}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def held(register: Register) -> set[tuple[Any, ...]]:
    return set(
        register.store.rows("SELECT lower(hex(m.target)), m.day, r.id FROM mention m JOIN record r ON r.no=m.record")
    )


def made(post: Post, kind: str, values: dict[str, Any]) -> str:
    saved = post.register.save([Edit(kind, values)], author="officer")
    post.exchange.woken()
    return saved.records[0]


def edited(post: Post, kind: str, record: str, **values: Any) -> None:
    post.register.save([Edit(kind, values, record=record)], author="officer")
    post.exchange.woken()


def names(register: Register, record: str) -> set[str]:
    return {row.id for row in register.named_in(record).rows}


def same_everywhere(net: Network) -> set[tuple[Any, ...]]:
    """The index of the centre, which is that of every post, and what making it anew gives."""
    found = held(net.register)
    for register in net.registers():
        assert held(register) == found
        with register.store.write() as connection:
            refill(connection)
        assert held(register) == found
    return found


def driver(person: str | None) -> dict[str, Any]:
    return {"1": {"role": "driver", "subject": person}}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_order_of_changes_every_node_lists_the_same(net: Network, seed: int) -> None:
    rng = random.Random(seed)
    one, other = net.posts
    people = [made(one, "person", PERSON) for _ in range(3)]
    lorry = made(other, "conveyance", {"plate": "12-34", "owner": people[0], "status": "submitted"})
    cases = [made(one, "case", case(party=driver(people[0]))), made(other, "case", case())]
    net.settle()
    for _ in range(25):
        post = rng.choice(net.posts)
        post.carrier.up = rng.random() < 0.7  # the others' changes come late, and in bundles
        target = rng.choice([*people, None])
        match rng.randrange(4):
            case 0:
                edited(post, "case", rng.choice(cases), party=driver(target))
            case 1:
                edited(post, "case", rng.choice(cases), date=f"2026-0{rng.randrange(1, 9)}-01")
            case 2:
                edited(post, "conveyance", lorry, owner=target)
            case _:
                edited(post, "case", rng.choice(cases), related_cases={"a": rng.choice([cases[0], None])})
        net.turn()
    for post in net.posts:
        post.carrier.up = True
        post.exchange.came_up()
    net.settle()
    same_everywhere(net)


def test_a_late_joiner_lists_the_same_by_snapshot(tmp_path: Path) -> None:
    with network(tmp_path, posts=1, snapshot_behind=3) as net:
        net.settle()
        (post,) = net.posts
        person = made(post, "person", PERSON)
        records = {made(post, "case", case(party=driver(person))) for _ in range(6)}
        net.settle()
        late = net.add_post("Late")
        net.settle()
        assert names(late.register, person) == records
        same_everywhere(net)


def test_what_an_intruder_linked_is_listed_no_longer_once_it_is_undone(net: Network) -> None:
    honest, intruder = net.posts
    person, other = (made(honest, "person", PERSON) for _ in range(2))
    record = made(honest, "case", case(party=driver(person)))
    net.settle()
    time.sleep(0.002)
    since = time.time_ns() // 1_000_000
    edited(intruder, "case", record, party=driver(other))
    net.settle()
    assert (names(net.register, person), names(net.register, other)) == (set(), {record})
    plan = undoing(net.register.store, intruder.register.config.id, since)
    net.register.save_many([[edit] for edit in plan.edits], author="undo")
    net.settle()
    assert (names(net.register, person), names(net.register, other)) == ({record}, set())
    same_everywhere(net)


def _order(net: Network, record: str, halves: int = BOTH) -> None:
    """The centre orders it; a post that is away hears of it later."""
    erasure.order(net.register, NodeKeys.load(net.register.folder), record, halves, "Order 12/2026")


def _hear(net: Network) -> None:
    """Every post says hello, hears the ledger and does what it says."""
    for post in net.posts:
        post.carrier.up = True
        post.exchange.came_up()
    for _ in range(6):
        net.turn()
    for post in net.posts:
        assert erasure.tidy(post.register, NodeKeys.load(post.register.folder))
    net.settle()


def test_erasure_takes_what_a_record_named_along_half_by_half(net: Network) -> None:
    one, _ = net.posts
    person = made(one, "person", PERSON)
    record = made(one, "case", case(party=driver(person)))
    lorry = made(one, "conveyance", {"plate": "12-34", "owner": person, "status": "submitted"})
    net.settle()
    assert names(net.register, person) == {record, lorry}
    _order(net, lorry, NOMINAL)
    _hear(net)
    assert same_everywhere(net) == {(pack(person).hex(), 20261120, record)}, "its owner was nominal"
    _order(net, record)
    _hear(net)
    assert same_everywhere(net) == set()


def test_a_record_erased_whole_is_named_nowhere_and_whatever_comes_later_does_not_bring_it_back(net: Network) -> None:
    one, other = net.posts
    person = made(one, "person", PERSON)
    made(one, "case", case(party=driver(person)))
    second = made(one, "case", case())
    net.settle()
    other.carrier.up = False
    edited(other, "case", second, party=driver(person))
    _order(net, person)
    _hear(net)
    assert same_everywhere(net) == set()
    late = net.add_post("Late")
    net.settle()
    _hear(net)
    assert held(late.register) == set()
    for post in net.posts:
        assert pack(person) not in (post.register.folder / "register.db").read_bytes()
