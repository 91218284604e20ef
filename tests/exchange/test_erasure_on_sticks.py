"""An order of erasure travels by stick, and no stick brings back or keeps what was erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_central.setup import scope_key
from diwan_core.audit import verify_node
from diwan_core.exchange import erasure, ledger
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.exchange.wire.parcel import ROWS, read_header, read_rows, unpack
from diwan_core.trust import NodeKeys

from tests.exchange.erased_kit import PARTY, PICTURE, SECRETS, greet, order, report, traces
from tests.exchange.network import Network, Post, case, network, record_in

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def test_it_travels_by_stick_and_an_older_stick_brings_nothing_back(net: Network, tmp_path: Path) -> None:
    one, other = net.posts
    for post in net.posts:
        post.carrier.up = False
    (record,) = one.save(case(narrative="Quagmire", party=PARTY))
    old, new = tmp_path / "old", tmp_path / "new"
    key, centre = scope_key(net.register.folder, ledger.load(net.register)), NodeKeys.load(net.register.folder)

    def to_centre(post: Post, mount: Path) -> None:
        mount.mkdir(exist_ok=True)
        post_stick.export_to_stick(post.register, NodeKeys.load(post.register.folder), Stick(mount))
        central_stick.import_from_stick(net.register, centre, Stick(mount))
        central_stick.export_to_stick(net.register, centre, key, Stick(mount))

    def back(post: Post, mount: Path) -> None:
        post_stick.import_from_stick(post.register, NodeKeys.load(post.register.folder), Stick(mount))

    to_centre(one, old)
    to_centre(other, old)
    order(net, record)
    to_centre(one, new)
    to_centre(other, new)
    back(other, new)
    back(other, old)
    central_stick.import_from_stick(net.register, centre, Stick(old))
    back(one, new)
    for register in net.registers():
        erasure.tidy(register, NodeKeys.load(register.folder))
        assert traces(register) == []
        assert record_in(register, record).values == {}
        assert verify_node(register.folder).findings == []


def test_a_mirror_that_stays_in_the_post_is_written_anew_even_where_it_is_sealed(net: Network, tmp_path: Path) -> None:
    post, mount = net.posts[0], tmp_path / "mirror"
    Stick(mount_of(mount)).make()
    mirror = post_stick.Mirror(post.register, NodeKeys.load(post.register.folder), str(mount), post.clock)
    record, _ = report(net)
    assert mirror.turn()
    assert any(word in content for content in as_the_centre_reads(net, mount) for word in SECRETS)
    order(net, record)
    greet(net)
    post.clock.now += 60
    assert mirror.turn()
    for content in as_the_centre_reads(net, mount):
        assert not any(word in content for word in SECRETS)
        assert PICTURE[:500] not in content
    assert not mirror.turn(), "once is enough"
    central_stick.import_from_stick(net.register, NodeKeys.load(net.register.folder), Stick(mount))
    assert verify_node(net.register.folder).findings == []


def mount_of(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    return path


def as_the_centre_reads(net: Network, mount: Path) -> list[bytes]:
    """What the centre reads in the files of a stick."""
    centre, found = NodeKeys.load(net.register.folder), []
    for path in sorted(mount.rglob("[pb]-*.dwn")):
        payload = path.read_bytes()[21:-64]
        head, start = read_header(payload)
        content = unpack(payload, start, centre)
        found.append(read_rows(content, head)[1] if head.kind == ROWS else content)
    return found
