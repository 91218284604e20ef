"""Records that are edited many times: merged in memory, written once, and within bounds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.audit import verify_node
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.register.records import open_records

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


class Editor(EvilPost):
    """An enrolled post that edits a record of its own as if it had never seen what it wrote."""

    def __init__(self, net: Network) -> None:
        super().__init__(net, net.posts[0])
        self.net = net
        self.now = time.time_ns() // 1_000_000 << 16
        document = case()
        nominal = {"narrative": document.pop("narrative")}
        self.record = str(uuid.uuid4())
        self.send(self.opening(self.now))
        meta = [self.record, "case", self.now, 0, 0, "evil", 0, DICTIONARY.version, None]
        self.send(self.rows([(meta, document, nominal)]))
        self.created = self.seq

    def send(self, parcel: bytes) -> None:
        self.net.inbox.handle([(topics.up(self.node, topics.PARCEL), parcel)])

    def edit(self, *values: dict[str, Any], seen: dict[str, Any] | None = None) -> None:
        """Changes that saw only the creation, or what is said."""
        rows: list[Any] = []
        for at, held in enumerate(values):
            heads = seen or {"*": [[self.epoch, self.created]]}
            rows.append(([self.record, "case", self.now + at, 0, 0, "evil", 0, DICTIONARY.version, heads], held, None))
        self.send(self.rows(rows))


def test_many_edits_of_a_record_in_one_parcel_leave_what_one_by_one_would(net: Network) -> None:
    editor = Editor(net)
    places = [{"place": f"Gate {number}"} for number in range(30)]
    editor.edit(*places[:20])
    for place in places[20:]:
        editor.edit(place)
    net.settle()
    for register in (net.register, net.posts[0].register):
        assert register.store.one("SELECT count(*) FROM alternative") == 30
        assert verify_node(register.folder).findings == []
    assert net.register.count("case", {}) == 1


def test_a_parcel_of_edits_that_saw_nothing_of_each_other_costs_little_time(net: Network) -> None:
    editor = Editor(net)
    began = time.thread_time()
    editor.edit(*[{"place": f"Gate {number}"} for number in range(900)])
    editor.edit(*[{"goods": {f"a{number}": {"product_group": "tobacco"}}} for number in range(900)])
    assert time.thread_time() - began < 6, "it was half a minute"
    assert net.register.store.one("SELECT count(*) FROM alternative") == 900


def test_values_beside_each_other_have_a_bound_and_a_person_can_still_choose(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_records, "MOST_BESIDE", 20)
    editor = Editor(net)
    editor.edit(*[{"place": f"Gate {number}"} for number in range(50)])
    received = net.register.status()["received"]
    assert received["quarantined"] == 30
    net.settle()
    assert net.posts[0].register.store.one("SELECT count(*) FROM alternative") == 20
    net.posts[0].edit(editor.record, place="The right one")
    net.settle()
    record = net.register.get(editor.record)
    assert record is not None and record.values["place"] == "The right one"
    assert net.register.store.one("SELECT count(*) FROM alternative") == 0
    assert net.register.status()["received"]["quarantined"] == 30
    assert verify_node(net.register.folder).findings == []


def test_changes_that_waited_have_the_same_bound(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_records, "MOST_BESIDE", 20)
    editor = Editor(net)
    awaited = {"*": [[editor.epoch, editor.created + 51]]}
    editor.edit(*[{"place": f"Gate {number}"} for number in range(50)], seen=awaited)
    assert net.register.status()["received"]["waiting"] == 50
    editor.edit({"place": "What they waited for"})
    net.settle()
    received = net.register.status()["received"]
    assert (received["waiting"], received["quarantined"]) == (0, 30)
    for register in (net.register, net.posts[0].register):
        assert register.store.one("SELECT count(*) FROM alternative") == 20


def test_a_record_grows_up_to_a_bound_and_can_be_made_smaller_again(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_records, "MOST_STATE", 5_000)
    editor = Editor(net)
    for number in range(100):
        editor.edit({"goods": {f"a{number}": {"product_group": "tobacco", "quantity": "1", "unit": "KGM"}}})
    quarantined = net.register.status()["received"]["quarantined"]
    assert 0 < quarantined < 100
    heads = net.register.store.rows("SELECT id, seq FROM epoch WHERE id=?", (editor.epoch,))
    seen = {"*": [[editor.epoch, seq] for seq in range(1, heads[0][1] + 1)]}
    editor.edit({"goods": {"a0": {"product_group": None, "quantity": None, "unit": None}}}, seen=seen)
    assert net.register.status()["received"]["quarantined"] == quarantined
