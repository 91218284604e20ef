"""A salvaged post that joins by another snapshot is disturbed between two of its parts."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.exchange.wire.parcel import read_header
from diwan_core.register.admission import snapshot, snapshot_place
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state.feed_places import place

from tests.exchange.network import Post, case, network, record_in

from .damage_kit import overwrite_pages
from .test_salvage import Story, check_all, salvaged, settle, stop

pytestmark = pytest.mark.slow


def parts_here(post: Post) -> int:
    """How many parts of the snapshot the post holds."""
    with post.register.store.read() as transaction:
        expected = snapshot_place.expected(transaction, NATIONAL)
        return 0 if expected is None else expected.part


@pytest.mark.parametrize("by", ["a power cut", "the first parcel of the feed"])
def test_all_of_the_snapshot_is_joined_and_nothing_changed_here_is_lost(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SLICE", 5)
    with network(tmp_path, posts=1, snapshot_behind=20) as net:
        first = net.posts[0]
        records = [record for number in range(40) for record in first.save(case(narrative=f"Before, {number}"))]
        net.settle()
        late = net.add_post()
        net.settle()
        told = Story(net, late.register.folder, receipted=records)
        late.carrier.up = False
        places = {record: f"Edited at the late post, {number}" for number, record in enumerate(records[:10])}
        for record, edited in places.items():
            late.edit(record, place=edited)
        folder = stop(told)
        overwrite_pages(folder / "register.db", 1, 0.02)
        back, done = salvaged(told)
        assert 25 < done.rebuilt.records < 40
        for _ in range(60):
            net.turn()
            if parts_here(back):
                break
        assert parts_here(back), "parts are on their way"
        if by == "a power cut":
            net.stop(back)
            back = net.start(folder)
        else:
            with net.register.store.read() as transaction:
                page = [*net.relay._feed.page(transaction, back.register.config.id, 0)]
            assert read_header(page[0][1])[0].number == 1
            back.exchange.handle(page[:1])
            with back.register.store.read() as transaction:
                assert place(transaction, NATIONAL)[0] == 0
        settle(net, back)
        check_all(told, back, lost=0)
        assert {record: record_in(back.register, record).values["place"] for record in places} == places
