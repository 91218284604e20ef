"""What holds for an unconfirmed post on the line holds on a stick, and at a centre that was put back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.network.confirmation import confirm
from diwan_core.exchange import ledger
from diwan_core.exchange.reopening import Closed, close, is_closed
from diwan_core.register.standing import standing_of_post

from tests.exchange.copies import follow_ledger, put_back, save_copy
from tests.exchange.network import Network, Post, case, network
from tests.exchange.sticks import answer, arrive, come_back, leave


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=1) as made:
        yield made


def confirmed(net: Network, post: Post) -> None:
    confirm(net.register.folder, post.register.config.id, standing_of_post(post.register).words, "analyst")


def kinds_for(mount: Path, post: Post) -> set[str]:
    """The kinds of messages that a stick carries to a post."""
    return {file.name[0] for file in (mount / "diwan" / "down" / post.register.config.id).glob("*.dwn")}


@pytest.mark.parametrize("behind", [5000, 0], ids=["feed", "snapshot"])
def test_a_stick_carries_the_ledger_and_receipts_to_it_and_the_rest_once_it_is_confirmed(
    net: Network, tmp_path: Path, behind: int
) -> None:
    mount = tmp_path / "stick"
    (record,) = net.posts[0].save(case(place="Elsewhere"))
    net.settle()
    new = net.add_post("Gate 9", confirmed=False)
    new.carrier.up = False
    (own,) = new.save(case())
    leave(new, mount)
    arrive(net, mount)
    answer(net, mount, behind)
    assert kinds_for(mount, new) == {"l", "r"}
    come_back(new, mount)
    assert net.register.get(own) is not None
    assert new.register.get(record) is None
    confirmed(net, new)
    leave(new, mount)
    arrive(net, mount)
    answer(net, mount, behind)
    assert kinds_for(mount, new) == {"l", "r", "k", "f" if behind else "s"}
    come_back(new, mount)
    assert new.register.get(record) is not None


def test_a_stick_written_before_the_confirmation_is_brought_up_to_date_by_the_next_export(
    net: Network, tmp_path: Path
) -> None:
    """Nothing new has to come from the post: its last hello is answered anew."""
    mount = tmp_path / "stick"
    (record,) = net.posts[0].save(case(place="Elsewhere"))
    net.settle()
    new = net.add_post("Gate 9", confirmed=False)
    new.carrier.up = False
    leave(new, mount)
    arrive(net, mount)
    confirmed(net, new)
    answer(net, mount)
    come_back(new, mount)
    assert new.register.get(record) is not None


def test_a_confirmation_that_a_centre_put_back_has_lost_comes_back_from_its_posts(net: Network, tmp_path: Path) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    follow_ledger(net)
    net.settle()
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    confirmed(net, new)
    follow_ledger(net)
    for _ in range(6):
        net.turn()
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    net.restart_centre()
    close(net.register.store)
    assert not ledger.load(net.register).is_confirmed(new.register.config.id)
    with pytest.raises(Closed):
        confirmed(net, new)
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(10):
        net.turn()
    assert ledger.load(net.register).is_confirmed(new.register.config.id)
    assert not is_closed(net.register.store.connection)


def test_a_confirmation_that_nobody_has_any_more_must_be_given_again(net: Network, tmp_path: Path) -> None:
    folder, new = net.register.folder, net.add_post("Gate 9", confirmed=False)
    net.settle()
    net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    save_copy(folder, tmp_path / "backup")
    confirmed(net, new)
    net.register.close()
    put_back(folder, tmp_path / "backup", in_place=False)
    net.restart_centre()
    assert not ledger.load(net.register).is_confirmed(new.register.config.id)
    (record,) = net.posts[0].save(case(place="After"))
    new.exchange.came_up()
    net.settle()
    assert new.register.get(record) is None
    confirmed(net, new)
    follow_ledger(net)
    net.settle()
    assert new.register.get(record) is not None


def test_strangers_with_codes_do_not_open_a_centre_that_was_put_back(tmp_path: Path) -> None:
    """Each says hello with the short ledger of the copy; the two posts that know of a revocation have not spoken."""
    with network(tmp_path / "network", posts=2) as net:
        strangers = [net.add_post(f"Gate {number}", confirmed=False) for number in range(5)]
        net.settle()
        for post in net.posts[:2]:
            post.carrier.up = False
        close(net.register.store)
        for stranger in strangers:
            stranger.exchange.came_up()
        for _ in range(5):
            net.turn()
        assert is_closed(net.register.store.connection)
        for post in net.posts[:2]:
            post.carrier.up = True
            post.exchange.came_up()
        for _ in range(5):
            net.turn()
        assert not is_closed(net.register.store.connection)


def test_new_keys_on_a_stick_are_not_confirmed_by_the_old_ones(net: Network, tmp_path: Path) -> None:
    from diwan_appliance.setup import rekey
    from diwan_central.network.revocation import revoke

    post, mount = net.posts[0], tmp_path / "stick"
    other = net.add_post("Post 2")
    net.settle()
    revoke(net.register.folder, post.register.config.id, "the card was out of sight")
    folder = post.register.folder
    net.stop(post)
    rekey(folder)
    net.enrol(folder, confirmed=False)
    follow_ledger(net)
    (record,) = other.save(case(place="Elsewhere"))
    net.settle()
    back = net.start(folder)
    back.carrier.up = False
    leave(back, mount)
    arrive(net, mount)
    assert kinds_for(mount, back) <= {"l", "r", "c"}
    shutil.rmtree(mount)
    confirmed(net, back)
    leave(back, mount)
    arrive(net, mount)
    come_back(back, mount)
    assert back.register.get(record) is not None
