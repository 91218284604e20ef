"""A stick keeps every promise the line keeps: any order, twice, one lost, one damaged, one hostile."""

from __future__ import annotations

import io
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.exchange.reopening import close, is_closed
from diwan_core.exchange.wire import topics
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, network, only_first, record_in, sound
from tests.exchange.sticks import (
    PICTURE,
    answer,
    arrive,
    come_back,
    keys,
    leave,
    level,
    mirror,
    round_trip,
    unreceipted,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """Two posts without a line."""
    with network(tmp_path, posts=2) as made:
        for post in made.posts:
            post.carrier.up = False
        yield made


def test_a_stick_carries_cases_pictures_and_receipts_both_ways(net: Network, tmp_path: Path) -> None:
    (record,) = net.posts[0].save(case(place="Far away"))
    saved = net.posts[0].register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    net.posts[1].save(case(), case(time="11:00"))
    round_trip(net, tmp_path / "stick")
    assert level(net)
    assert [unreceipted(post) for post in net.posts] == [0, 0]
    assert record_in(net.posts[0].register, record).standing == "stored"
    attachment = net.register.get(saved.records[0])
    assert attachment is not None
    path = net.register.blob_path(attachment.values["sha256"])
    assert path is not None
    assert path.read_bytes() == PICTURE
    round_trip(net, tmp_path / "stick")
    assert net.posts[0].register.store.one("SELECT stored FROM blob") == 1
    other = net.posts[1]
    assert other.register.want_blob(attachment.values["sha256"])
    round_trip(net, tmp_path / "stick")
    fetched = other.register.blob_path(attachment.values["sha256"])
    assert fetched is not None
    assert fetched.read_bytes() == PICTURE
    left = leave(net.posts[0], tmp_path / "stick")
    assert left.written == 1, "nothing new but the hello: all is receipted"
    sound(net)


@pytest.mark.parametrize("seed", range(8))
def test_sticks_in_any_order_repeated_lost_and_damaged_with_the_line_now_and_then(  # noqa: C901  one branch a step
    net: Network, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    sticks = [tmp_path / f"stick{number}" for number in range(4)]
    records: list[str] = []
    for step in range(30):
        post, mount = chance.choice(net.posts), chance.choice(sticks)
        what = chance.randrange(9)
        if what < 2:
            records += post.save(*[case(time=f"{step % 24:02d}:{n:02d}") for n in range(chance.randrange(1, 5))])
        elif what == 2 and records:
            known = [name for name in records if post.register.get(name) is not None]
            if known:
                post.edit(chance.choice(known), place=f"Gate {step}", author=f"author{step}")
        elif what == 3:
            leave(post, mount)
        elif what == 4 and mount.exists():
            arrive(net, mount)
        elif what == 5 and mount.exists():
            come_back(post, mount)
        elif what == 6 and mount.exists():
            if chance.random() < 0.5:
                shutil.rmtree(mount)
            else:
                damage(mount, chance)
        elif what == 7 and mount.exists():
            copy = chance.choice(sticks)
            if copy != mount:
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(mount, copy)
        elif what == 8:
            for _ in range(4):
                post.carrier.up = True
                post.exchange.came_up()
                net.turn()
            post.carrier.up = False
    for number in range(6):
        round_trip(net, tmp_path / f"last{number % 2}")
        for mount in sticks:  # old sticks turn up again
            if mount.exists():
                central_stick.import_from_stick(net.register, NodeKeys.load(net.register.folder), Stick(mount))
                for post in net.posts:
                    come_back(post, mount)
    round_trip(net, tmp_path / "last")
    assert level(net)
    assert all(net.register.get(record) is not None for record in records)
    assert [unreceipted(post) for post in net.posts] == [0, 0]
    rows = sum(post.register.store.one("SELECT sum(seq) FROM epoch WHERE own=1") or 0 for post in net.posts)
    assert (net.register.store.one("SELECT sum(applied) FROM epoch WHERE own=0") or 0) == rows
    assert net.register.store.one("SELECT count(*) FROM quarantine") == 0
    sound(net)


def damage(mount: Path, chance: random.Random) -> None:
    """Flip, cut or remove some files, the manifest too."""
    for path in sorted(mount.rglob("*")):
        if not path.is_file() or chance.random() < 0.6:
            continue
        content = bytearray(path.read_bytes())
        way = chance.randrange(3)
        if way == 0:
            path.unlink()
        elif way == 1:
            path.write_bytes(content[: len(content) // 2])
        elif content:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)


def test_a_name_in_capitals_is_the_same_file_to_a_stick_that_knows_no_capitals(net: Network, tmp_path: Path) -> None:
    mount, post = tmp_path / "stick", net.posts[0]
    post.save(case())
    leave(post, mount)
    (file,) = mount.rglob("p-*.dwn")
    file.rename(file.with_name(file.name.upper()))
    leave(post, mount)
    names = {path.name for path in mount.rglob("*.*") if path.name.lower() == file.name}
    assert {file.name, file.name.upper()} == names, "the one was not removed in the other's name"
    assert arrive(net, mount).left == []
    assert net.register.count("case") == 1


def test_a_post_that_joins_by_stick_gets_the_present_state(net: Network, tmp_path: Path) -> None:
    mount = tmp_path / "stick"
    net.posts[0].save(*[case(time=f"11:{minute:02d}") for minute in range(40)])
    round_trip(net, mount)
    late = net.add_post("Late")
    late.carrier.up = False
    leave(late, mount)
    central_stick.import_from_stick(net.register, NodeKeys.load(net.register.folder), Stick(mount))
    answer(net, mount, behind=10)
    come_back(late, mount)
    assert late.register.count("case") == 40
    assert late.register.store.one("SELECT count(*) FROM journal") < 10
    (new,) = net.posts[0].save(case(place="After"))
    round_trip(net, mount)
    assert late.register.get(new) is not None
    assert level(net)


def test_an_old_stick_does_not_make_a_centre_look_put_back(net: Network, tmp_path: Path) -> None:
    post, old, new = net.posts[0], tmp_path / "old", tmp_path / "new"
    post.save(case())
    leave(post, old)
    arrive(net, old)
    post.save(case(time="12:00"))
    leave(post, new)
    arrive(net, new)
    come_back(post, new)
    assert unreceipted(post) == 0
    come_back(post, old)
    assert unreceipted(post) == 0


def test_a_centre_that_waits_for_its_posts_says_what_it_left_on_a_stick_and_takes_it_once_it_is_open(
    net: Network, tmp_path: Path
) -> None:
    (first, second), one, other = net.posts, tmp_path / "one", tmp_path / "other"
    first.save(case())
    leave(first, one)
    leave(second, other)
    close(net.register.store)
    moved = arrive(net, one)
    assert moved.rows == 0 and [name.rpartition("/")[2][0] for name, _ in moved.left] == ["p"]
    assert "import it again" in moved.said()
    arrive(net, other)
    assert is_closed(net.register.store.connection), "what was written before it closed says nothing of what it lost"
    for post, mount in ((first, one), (second, other)):
        come_back(post, mount)
        leave(post, mount)
        arrive(net, mount)
    assert not is_closed(net.register.store.connection), "now more than half have shown their ledgers"
    assert arrive(net, one).left == []
    assert net.register.count("case") == 1
    later = arrive(net, other)
    assert later.rows == 0 and level_after(net, first, one)


def level_after(net: Network, post: Post, mount: Path) -> bool:
    """Whether a post that takes the stick is told that all of its rows are stored."""
    come_back(post, mount)
    return unreceipted(post) == 0


def test_a_mirror_follows_the_post_and_gives_everything_back_after_the_card_died(net: Network, tmp_path: Path) -> None:
    post, mount = net.posts[0], tmp_path / "stick"
    mount.mkdir()
    mirror = post_stick.Mirror(post.register, keys(post), str(mount), post.clock)
    assert not mirror.turn(), "an empty mount point is not a stick"
    Stick(mount).make()
    records = post.save(case(), case(time="12:00"))
    assert mirror.turn()
    post.clock.now += 60
    assert not mirror.turn(), "nothing new, nothing written"
    records += post.save(case(time="13:00"))
    post.register.attach(io.BytesIO(PICTURE), subject=records[0], media_type="image/png", author="officer")
    post.clock.now += 60
    assert mirror.turn()
    assert len(list(mount.rglob("p-*.dwn"))) == 2
    assert post.register.status()["stick_ms"]["mirrored_ms"] > 0
    arrive(net, mount)
    assert all(net.register.get(record) is not None for record in records)
    assert net.register.store.one("SELECT count(*) FROM blob WHERE have=size") == 1
    assert b"Cartons" not in b"".join(path.read_bytes() for path in mount.rglob("*") if path.is_file())


@pytest.mark.parametrize("by_line", [1, 7, 12, 15], ids="{} pieces by the line".format)
@pytest.mark.parametrize("write", [leave, mirror], ids=["stick", "mirror"])
def test_a_stick_brings_the_rest_of_a_picture_whose_post_died_while_it_was_sent(
    net: Network, tmp_path: Path, write: Callable[[Post, Path], object], by_line: int
) -> None:
    """Its pieces are larger than those of the line, and begin before the bytes that the line had brought."""
    post = net.posts[0]
    (record,) = post.save(case())
    saved = post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    name = record_in(post.register, saved.records[0]).values["sha256"]
    write(post, tmp_path / "stick")
    post.carrier.up = True
    with only_first(net, topics.PIECE, by_line):
        while net.register.blobs.arrived(name, post.register.config.id) < by_line * 65_536:
            net.turn()
    post.carrier.up = False
    arrive(net, tmp_path / "stick")
    path = net.register.blob_path(name)
    assert path is not None
    assert path.read_bytes() == PICTURE
