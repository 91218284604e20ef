"""Taking back what one origin wrote: by new changes, everywhere, and without touching what others set since."""

from __future__ import annotations

import time
from pathlib import Path

from diwan_core.register.records.undo import undoing

from tests.exchange.network import case, network, record_in


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_an_intruder_s_records_are_withdrawn_and_its_edits_set_back_at_every_node(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        honest, intruder = net.posts
        goods = {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}}
        (first,) = honest.save(case(place="Gate 1", goods=goods))
        (second,) = honest.save(case(place="Gate 1"))
        net.settle()
        time.sleep(0.002)
        since = now_ms()
        (invented,) = intruder.save(case(narrative="Never happened"))
        intruder.edit(first, place="Nowhere", outcome="released", narrative="Nothing was found")
        intruder.edit(first, goods={"1": {"quantity": "1", "unit": "NAR"}})
        intruder.edit(second, place="Nowhere")
        net.settle()
        honest.edit(second, place="Gate 2")
        net.settle()

        plan = undoing(net.register.store, intruder.register.config.id, since)
        assert plan.left == [(second, "place")]
        net.register.save_many([[edit] for edit in plan.edits], author="undo")
        net.settle()
        for register in (net.register, honest.register, intruder.register):
            back = register.get(first)
            assert back is not None
            number = {"case_number": back.values["case_number"]}
            assert back.values == {**case(place="Gate 1", goods=goods), **number}
            assert back.conflicts == {}
            assert record_in(register, second).values["place"] == "Gate 2"
            assert record_in(register, invented).values["status"] == "withdrawn"
            assert [entry.author for entry in register.history(first)][-1] == "undo"
        again = undoing(net.register.store, intruder.register.config.id, since)
        assert again.edits == [], "once is enough"
