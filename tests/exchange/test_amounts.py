"""What goods lines come to is the same on every node, by whatever door and in whatever order its changes came."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.audit import verify_node
from diwan_core.dictionary import Amounts
from diwan_core.exchange import erasure
from diwan_core.register import Edit, Register
from diwan_core.register.erasure.erase import BOTH
from diwan_core.register.index import amounts
from diwan_core.register.records.undo import undoing
from diwan_core.trust import NodeKeys

from tests.dictionary.quantities import ROWS
from tests.exchange.network import Network, case, network

pytestmark = pytest.mark.slow

TOLA = {"code_list": "unit", "code": "tola", "factor": "11.6638038", "base_unit": "GRM", "status": "submitted"}
GROUP = {"product_group": "other"}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def held(register: Register) -> dict[tuple[str, str], Amounts]:
    rows = register.store.rows("SELECT r.id FROM amount a JOIN record r ON r.no=a.record")
    found = register.amounts_of({record for (record,) in rows})
    return {(record, line): one for record, lines in found.items() for line, one in lines.items()}


def same_everywhere(net: Network) -> dict[tuple[str, str], Amounts]:
    """The amounts of the centre, which are those of every post, and what working them out anew gives."""
    net.register.work_out_amounts()
    found = held(net.register)
    for register in net.registers():
        register.work_out_amounts()
        assert held(register) == found
        with register.store.write() as connection:
            connection.execute("DELETE FROM amount")
            amounts.note_all_left(connection)
        register.work_out_amounts()
        assert held(register) == found
        assert [one for one in verify_node(register.folder).findings if one.kind == "record"] == []
    return found


def given(found: Amounts | None) -> dict[str, str]:
    return {} if found is None else {name: value for name, value in found._asdict().items() if value is not None}


def test_each_row_of_the_table_comes_to_the_same_at_its_post_the_centre_and_another_post(net: Network) -> None:
    net.register.save([Edit("code_entry", TOLA)], author="administrator")
    net.settle()
    documents = [case(goods={"1": {**GROUP, **line}}, status="draft") for line, _ in ROWS]
    saved = net.posts[0].register.save_many([[Edit("case", document)] for document in documents], author="officer")
    assert saved.refused == {}
    net.posts[0].exchange.woken()
    net.settle()
    for (_, expected), (record,) in zip(ROWS, saved.records, strict=True):
        for register in net.registers():
            assert given(register.amounts(record).get("1")) == expected
    same_everywhere(net)


LINES: list[dict[str, Any]] = [
    {"quantity": "5", "unit": "KGM"},
    {"quantity": "50", "unit": "CT"},
    {"per_package": "200", "per_package_unit": "STK"},
    {"mass_kg": "4.8", "mass_basis": "net"},
    {"mass_kg": None, "mass_basis": None},
    {"quantity": "3", "unit": "ZZ", "national_unit": "tola"},
    {"sub_group": "fuel", "quantity": "2", "unit": "MTQ"},
    {"value": "70", "currency": "USD"},
]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_the_order_of_changes_every_node_comes_to_the_same(net: Network, seed: int) -> None:
    rng = random.Random(seed)
    unit = net.register.save([Edit("code_entry", TOLA)], author="administrator").records[0]
    cases = [post.save(case(status="draft"))[0] for post in net.posts]
    net.settle()
    for _ in range(25):
        post = rng.choice(net.posts)
        post.carrier.up = rng.random() < 0.7  # the others' changes come late, and in bundles
        match rng.randrange(5):
            case 0:
                net.register.save([Edit("code_entry", {"factor": str(rng.randrange(1, 20))}, unit)], author="admin")
            case 1:
                post.edit(rng.choice(cases), goods={rng.choice("12"): None})
            case _:
                post.edit(rng.choice(cases), goods={rng.choice("12"): rng.choice(LINES)})
        net.turn()
    for post in net.posts:
        post.carrier.up = True
        post.exchange.came_up()
    net.settle()
    same_everywhere(net)


def test_a_late_joiner_has_the_same_by_snapshot(tmp_path: Path) -> None:
    with network(tmp_path, posts=1, snapshot_behind=3) as net:
        net.settle()
        (post,) = net.posts
        records = post.save(*(case(goods={"1": {**GROUP, **line}}) for line in LINES if "quantity" in line))
        post.edit(records[0], goods={"1": {"mass_kg": "4.8", "mass_basis": "net"}})
        net.settle()
        net.add_post("Late")
        net.settle()
        assert len(same_everywhere(net)) >= 3


def test_a_national_unit_changed_at_the_centre_changes_amounts_at_the_posts(net: Network) -> None:
    (record,) = net.posts[0].save(case(goods={"1": {**GROUP, "quantity": "10", "unit": "ZZ", "national_unit": "TOLA"}}))
    net.settle()
    assert given(net.posts[1].register.amounts(record)["1"]) == {"national": "tola"}
    unit = net.register.save([Edit("code_entry", TOLA)], author="administrator").records[0]
    net.settle()
    same_everywhere(net)
    assert net.posts[1].register.amounts(record)["1"].kilograms == "0.116638038"
    net.register.save([Edit("code_entry", {"factor": "12"}, unit)], author="administrator")
    net.settle()
    same_everywhere(net)
    assert net.posts[1].register.amounts(record)["1"].kilograms == "0.12"
    later = {**TOLA, "factor": "10", "valid_from": "2026-12-01"}
    net.register.save([Edit("code_entry", later)], author="administrator")
    net.settle()
    same_everywhere(net)
    assert net.posts[1].register.amounts(record)["1"].kilograms == "0.12", "the case is of a day before"
    net.register.save([Edit("code_entry", {"status": "withdrawn"}, unit)], author="administrator")
    net.settle()
    same_everywhere(net)
    assert given(net.posts[1].register.amounts(record)["1"]) == {"national": "tola"}


def test_what_an_intruder_changed_counts_no_longer_once_it_is_undone(net: Network) -> None:
    honest, intruder = net.posts
    (record,) = honest.save(case())
    net.settle()
    time.sleep(0.002)
    since = time.time_ns() // 1_000_000
    intruder.edit(record, goods={"1": {"quantity": "900", "unit": "TNE"}})
    net.settle()
    assert net.register.amounts(record)["1"].kilograms == "900000"
    plan = undoing(net.register.store, intruder.register.config.id, since)
    net.register.save_many([[edit] for edit in plan.edits], author="undo")
    net.settle()
    assert honest.register.amounts(record)["1"].kilograms == "12.5"
    same_everywhere(net)


def test_nothing_stays_of_what_was_erased(net: Network) -> None:
    (record,) = net.posts[0].save(case())
    net.settle()
    erasure.order(net.register, NodeKeys.load(net.register.folder), record, BOTH, "Order 12/2026")
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(6):
        net.turn()
    for post in net.posts:
        assert erasure.tidy(post.register, NodeKeys.load(post.register.folder))
    net.settle()
    assert same_everywhere(net) == {}
