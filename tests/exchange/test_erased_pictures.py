"""A picture that was erased does not come back by another record, and keeps nobody from coming to rest."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_central.exchange.erase_command import erase
from diwan_core.exchange import erasure
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import SignedHello, decode
from diwan_core.register import Edit, Refused
from diwan_core.register.erasure.erase import BOTH

from tests.exchange.erased_kit import greet, traces
from tests.exchange.network import Network, Post, case, network, record_in

PICTURE = b"\x89PNG" + bytes(range(256)) * 1200
NAME = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def report(post: Post) -> str:
    """A case with the picture; its id."""
    (record,) = post.save(case())
    post.register.attach(io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer")
    post.exchange.woken()
    return record


def held(net: Network) -> list[str]:
    """Files of any node that hold the picture."""
    registers = net.registers()
    files = [path for register in registers for path in register.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if PICTURE[4:2000] in path.read_bytes()]


def test_it_cannot_be_added_again(net: Network) -> None:
    record = report(net.posts[0])
    net.settle()
    erasure.order(net.register, net.keys(), record, BOTH, "an order")
    greet(net)
    with pytest.raises(Refused, match="erased under the law"):
        report(net.posts[1])
    net.settle()
    assert held(net) == []


def test_what_belongs_to_a_picture_goes_with_its_case(net: Network) -> None:
    first, second = net.posts
    (record,) = first.save(case())
    subject = record
    for number in range(3):
        (subject,) = first.register.attach(
            io.BytesIO(PICTURE + bytes([number])), subject=subject, media_type="image/png", author="officer",
            file_name=f"Zephyrine {number}.png",
        ).records  # fmt: skip
    first.exchange.woken()
    net.settle()
    assert record_in(second.register, subject).values["file_name"] == "Zephyrine 2.png"
    erasure.order(net.register, net.keys(), record, BOTH, "an order")
    greet(net)
    assert held(net) == []
    assert [traces(register) for register in net.registers()] == [[], [], []]


def test_it_goes_where_somebody_had_added_it_meanwhile_and_all_come_to_rest(net: Network) -> None:
    first, second = net.posts
    record = report(first)
    net.settle()
    second.carrier.up = False
    beside = report(second)
    erasure.order(net.register, net.keys(), record, BOTH, "an order")
    second.carrier.up = True
    second.exchange.came_up()
    greet(net)
    net.settle(100)
    assert second.exchange.blobs.idle
    assert second.register.store.rows("SELECT sha256 FROM blob") == [], "it is not offered again at the next start"
    assert held(net) == []
    assert net.register.get(beside) is not None, "the case is there, without it"


def test_whoever_orders_an_erasure_is_told_of_pictures_that_stay(net: Network) -> None:
    """Anybody can name a picture in a record of their own, since everybody reads its name."""
    record, other = report(net.posts[0]), report(net.posts[1])
    net.settle()
    done = CliRunner().invoke(erase, [record, "--dir", str(net.register.folder), "--basis", "an order", "--json"])
    assert done.exit_code == 0, done.output
    assert f'"{NAME}": ["{other}"]' in done.output
    said = CliRunner().invoke(erase, [other, "--dir", str(net.register.folder), "--basis", "an order"])
    assert "stays" not in said.output
    greet(net)
    assert held(net) == []


def test_pictures_that_nobody_has_keep_no_others_from_coming_and_are_asked_for_more_and_more_seldom(
    net: Network,
) -> None:
    """An attachment may name what never comes; whoever opens its page asks for it."""
    first, second = net.posts
    (record,) = second.save(case())
    invented = [hashlib.sha256(bytes([number])).hexdigest() for number in range(60)]
    values = {"subject": record, "size": 5_000, "media_type": "image/png", "kind": "photo", "status": "submitted"}
    sets = [[Edit("attachment", {**values, "sha256": name})] for name in invented]
    assert second.register.save_many(sets, author="evil").refused == {}
    report(second)
    net.settle()
    for name in (*invented, NAME):
        assert first.register.want_blob(name)
    hellos = 0
    for _ in range(600):
        first.exchange.woken()
        for topic, payload in first.exchange.outgoing():
            if topics.leaf(topic) == topics.HELLO:
                hellos += 1
                assert len(decode(payload, SignedHello).wants) <= 50
            first.carrier.publish(topic, payload)
        net.turn()
    assert first.register.blob_path(NAME) is not None
    assert hellos < 40
