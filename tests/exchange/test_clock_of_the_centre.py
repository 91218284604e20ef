"""The centre's clock jumps ahead and is put right again: its later receipts bear earlier times, and still count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.register import Register
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network

YEARS_MS = 10 * 366 * 86_400_000
Set = Callable[[int], None]


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as made:
        made.settle()
        yield made


@pytest.fixture
def centre_ahead_by(monkeypatch: pytest.MonkeyPatch) -> Set:
    """The centre's clock, so many milliseconds wrong from now on."""

    def ahead(by: int) -> None:
        for module in ("centre.receipts_due", "centre.central_stick"):
            monkeypatch.setattr(f"diwan_core.exchange.{module}.now_ms", lambda: now_ms() + by)

    return ahead


def test_what_is_saved_after_the_clock_was_put_right_is_receipted_after_a_silence(
    net: Network, centre_ahead_by: Set
) -> None:
    centre_ahead_by(YEARS_MS)
    net.posts[0].save(case(place="While it was ahead"))
    net.settle()
    centre_ahead_by(0)
    net.posts[0].save(case(place="Once it was right"))
    net.settle(60)
    assert net.register.count("case") == 2


def test_what_is_lost_after_the_clock_was_put_right_is_sent_again(net: Network, centre_ahead_by: Set) -> None:
    post = net.posts[0]
    centre_ahead_by(YEARS_MS)
    post.save(case(place="While it was ahead"))
    net.settle()
    centre_ahead_by(0)
    post.save(case(place="Lost on its way"))
    list(post.exchange.outgoing())  # the broker forgets all of it
    net.settle(60)
    assert net.register.count("case") == 2


def test_a_centre_put_back_whose_clock_had_been_ahead_is_sent_again_what_it_lost(
    net: Network, tmp_path: Path, centre_ahead_by: Set
) -> None:
    from tests.exchange.copies import put_back, save_copy

    post = net.posts[0]
    (before,) = post.save(case())
    net.settle()
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(net.register.folder, tmp_path / "backup")
    centre_ahead_by(YEARS_MS)
    (after,) = post.save(case(place="After the copy, while it was ahead"))
    net.settle()
    centre_ahead_by(0)
    net.register.close()
    put_back(net.register.folder, tmp_path / "backup", in_place=False)
    net.restart_centre()
    net.settle(100)
    assert net.register.get(before) is not None
    assert net.register.get(after) is not None


def carried(net: Network, post: Post, stick: Stick) -> None:
    """To the centre and back."""
    keys = NodeKeys.load(net.register.folder)
    post_stick.export_to_stick(post.register, NodeKeys.load(post.register.folder), stick)
    central_stick.import_from_stick(net.register, keys, stick)
    central_stick.export_to_stick(net.register, keys, net.relay._scope_key, stick)
    post_stick.import_from_stick(post.register, NodeKeys.load(post.register.folder), stick)


def unreceipted(register: Register) -> int:
    return int(register.store.one("SELECT sum(signed - stored) FROM epoch WHERE own=1"))


def test_receipts_on_a_stick_count_though_an_earlier_one_bore_a_later_time(
    net: Network, tmp_path: Path, centre_ahead_by: Set
) -> None:
    post, stick = net.posts[0], Stick(tmp_path)
    post.carrier.up = False
    for place, by in (("While it was ahead", YEARS_MS), ("Once it was right", 0)):
        centre_ahead_by(by)
        post.save(case(place=place))
        carried(net, post, stick)
        assert unreceipted(post.register) == 0, place


def test_a_stick_is_answered_though_an_earlier_one_came_from_a_post_whose_clock_was_ahead(
    net: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post, stick = net.posts[0], Stick(tmp_path)
    post.carrier.up = False
    folder_of = post.register.folder
    for at, by in enumerate((YEARS_MS, 0)):
        monkeypatch.setattr("diwan_core.exchange.post.post_stick.now_ms", lambda by=by: now_ms() + by)
        monkeypatch.setenv("DIWAN_BOOT_ID", f"boot {at}")
        net.stop(post)
        post = net.start(folder_of)  # a new boot writes a new epoch, which only the new hello names
        post.carrier.up = False
        post.save(case(place=f"Boot {at}"))
        carried(net, post, stick)
        assert unreceipted(post.register) == 0, f"boot {at}"
