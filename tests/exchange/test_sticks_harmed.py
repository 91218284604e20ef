"""Sticks that were damaged, lost, tampered with, stolen or written by somebody else."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance.setup import rekey
from diwan_central.network.revocation import revoke
from diwan_core.exchange.carriers.folder import NoStick, Stick
from diwan_core.exchange.post import post_stick

from tests.exchange.network import Network, case, network
from tests.exchange.sticks import PICTURE, answer, arrive, come_back, keys, leave, round_trip

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    """Two posts without a line."""
    with network(tmp_path, posts=2) as made:
        for post in made.posts:
            post.carrier.up = False
        yield made


def test_a_damaged_file_is_named_and_the_others_are_taken(net: Network, tmp_path: Path) -> None:
    mount = tmp_path / "stick"
    net.posts[0].save(case())
    leave(net.posts[0], mount)
    (first,) = mount.rglob("p-*.dwn")
    content = first.read_bytes()
    first.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    net.posts[1].save(case())
    leave(net.posts[1], mount)
    moved = arrive(net, mount)
    assert [name for name, _ in moved.left] == [f"up/{net.posts[0].register.config.id}/{first.name}"]
    assert "damaged" in moved.left[0][1]
    assert net.register.count("case") == 1
    leave(net.posts[0], mount)
    assert arrive(net, mount).left == []
    assert net.register.count("case") == 2


def test_a_picture_whose_file_an_erasure_took_keeps_nothing_else_off_a_stick(net: Network, tmp_path: Path) -> None:
    """The database was put back to a copy from before the erasure; the file had gone by then."""
    post, mount = net.posts[0], tmp_path / "stick"
    (record,) = post.save(case())
    saved = post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    attachment = post.register.get(saved.records[0])
    assert attachment is not None
    post.register.blobs.path(attachment.values["sha256"]).unlink()
    leave(post, mount)
    assert list(mount.rglob("b-*.dwn")) == []
    assert arrive(net, mount).left == []
    assert net.register.count("case") == 1


def test_a_file_of_the_centre_s_that_was_damaged_on_its_way_is_written_anew_the_next_time(
    net: Network, tmp_path: Path
) -> None:
    mount, (one, other) = tmp_path / "stick", net.posts
    (record,) = one.save(case())
    for post in net.posts:
        leave(post, mount)
    arrive(net, mount)
    (page,) = mount.rglob(f"down/{other.register.config.id}/f-*.dwn")
    content = page.read_bytes()
    page.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert [reason for _, reason in come_back(other, mount).left] != []
    assert other.register.get(record) is None
    round_trip(net, mount)
    assert other.register.get(record) is not None


def test_a_lost_file_is_told_by_the_manifest_and_a_lost_manifest_by_nothing(net: Network, tmp_path: Path) -> None:
    mount = tmp_path / "stick"
    net.posts[0].save(case())
    leave(net.posts[0], mount)
    (path,) = mount.rglob("p-*.dwn")
    path.unlink()
    assert arrive(net, mount).missing == [str(path.relative_to(mount / "diwan"))]
    leave(net.posts[0], mount)
    (mount / "diwan" / "manifest.json").write_bytes(b"{]")
    assert arrive(net, mount).rows == 2
    assert (mount / "diwan" / "manifest.json").read_text().startswith('{\n  "written"')


def test_a_hostile_stick_reaches_nothing_outside_itself(net: Network, tmp_path: Path) -> None:
    mount, secret = tmp_path / "stick", tmp_path / "secret"
    secret.write_bytes(b"not for sticks")
    post = net.posts[0]
    post.save(case())
    leave(post, mount)
    place = mount / "diwan" / "up" / post.register.config.id
    (place / "p-link.dwn").symlink_to(secret)
    os.mkfifo(place / "p-pipe.dwn")
    (place / "b-folder.dwn").mkdir()
    with (place / "p-huge.dwn").open("wb") as file:
        file.truncate(1 << 40)
    (place / "..\\..\\p-x.dwn").write_bytes(b"x")
    (place / "p-\u202egpj.dwn").write_bytes(b"x")
    for number in range(300):
        (place / f"p-{number}.dwn").touch()
    (mount / "diwan" / "up" / "not-a-node").mkdir()
    (mount / "diwan" / "up" / "abcdefghijklm").symlink_to(tmp_path)
    moved = arrive(net, mount)
    assert net.register.count("case") == 1
    assert moved.rows == 2
    assert any("p-link" in name for name, _ in moved.left)
    assert all(name.isascii() for name, _ in moved.left)
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.rmtree(mount / "diwan" / "down")
    (mount / "diwan" / "down").symlink_to(outside)
    with pytest.raises(NoStick):
        answer(net, mount)
    assert list(outside.iterdir()) == []
    assert secret.read_bytes() == b"not for sticks"


def test_what_another_node_signed_or_wrote_for_another_is_left(net: Network, tmp_path: Path) -> None:
    mount = tmp_path / "stick"
    one, other = net.posts
    one.save(case())
    leave(one, mount)
    up = mount / "diwan" / "up"
    (up / other.register.config.id).mkdir()
    for path in (up / one.register.config.id).iterdir():
        shutil.copy(path, up / other.register.config.id / path.name)
    moved = arrive(net, mount)
    assert moved.rows == 2
    assert {reason.split()[0] for _, reason in moved.left} == {"it"}
    down = mount / "diwan" / "down"
    shutil.copytree(down / one.register.config.id, down / other.register.config.id, dirs_exist_ok=True)
    assert all(reason == "for another node" for _, reason in come_back(other, mount).left)
    assert other.register.count("case") == 0


@pytest.mark.parametrize("back", [False, True], ids=["revoked", "back with new keys"])
def test_what_revoked_keys_wrote_on_a_stick_is_quarantined_whenever_it_comes(
    net: Network, tmp_path: Path, back: bool
) -> None:
    post = net.posts[0]
    (record,) = post.save(case())
    blob = post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    leave(post, tmp_path / "stolen")
    revoke(net.register.folder, post.register.config.id, "stolen")
    if back:
        net.stop(post)
        rekey(post.register.folder)
        net.enrol(post.register.folder)
        post = net.start(post.register.folder)
    moved = arrive(net, tmp_path / "stolen")
    assert (moved.rows, net.register.count("case")) == (0, 0)
    codes = [code for (code,) in net.register.store.rows("SELECT code FROM quarantine")]
    assert codes == ["revoked"] * len(codes) != []
    assert sum("are revoked" in reason for _, reason in moved.left) >= 3, "a hello, rows, pieces of a picture"
    if back:
        round_trip(net, tmp_path / "own")
        assert net.register.get(record) is not None
        assert net.register.get(blob.records[0]) is not None


def test_a_stick_that_is_not_there_or_full_is_said_in_words(net: Network, tmp_path: Path) -> None:
    with pytest.raises(NoStick, match="not there"):
        post_stick.export_to_stick(net.posts[0].register, keys(net.posts[0]), Stick(tmp_path / "nowhere"))
    file = tmp_path / "stick"
    file.mkdir()
    (file / "diwan").write_bytes(b"")
    with pytest.raises(NoStick, match="not a folder"):
        leave(net.posts[0], file)
