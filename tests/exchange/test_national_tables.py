"""Tables of the country come from the centre alone: what a post says of doses reaches nobody."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.national_equivalents import NationalEquivalent
from diwan_core.register import Refused, Register
from diwan_core.register.national_equivalents import (
    TYPE,
    declare_equivalent,
    national_equivalents,
    withdraw_equivalent,
)

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, network
from tests.exchange.test_evil_post import send

SIZES = "100", "50", "200", "MGM"
HEROIN = NationalEquivalent("", "drugs", "heroin", "", "E27", *SIZES, "2026-01-01", "", "Decree 4")


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def sizes(register: Register) -> list[str]:
    return [entry.typical for entry in national_equivalents(register.store)]


def test_the_table_of_the_centre_is_every_posts_and_what_it_withdraws_goes(net: Network) -> None:
    assert declare_equivalent(net.register, HEROIN, author="analyst")
    net.settle()
    assert [sizes(post.register) for post in net.posts] == [["100"], ["100"]]
    (held,) = national_equivalents(net.register.store)
    withdraw_equivalent(net.register, held.record, author="analyst")
    net.settle()
    assert [sizes(post.register) for post in net.posts] == [[], []]


def test_a_post_can_neither_enter_nor_withdraw_and_what_an_evil_one_sends_is_quarantined(net: Network) -> None:
    declare_equivalent(net.register, HEROIN, author="analyst")
    net.settle()
    honest, other = net.posts[1], net.posts[0]
    later = HEROIN._replace(typical="1", lowest="1", highest="1", valid_from="2026-02-01")
    (held,) = national_equivalents(honest.register.store)
    with pytest.raises(Refused):
        declare_equivalent(honest.register, later, author="amal")
    with pytest.raises(Refused):
        withdraw_equivalent(honest.register, held.record, author="amal")
    evil, now = EvilPost(net, other), time.time_ns() // 1_000_000 << 16
    heads = net.register.store.rows("SELECT base_epoch, base_seq FROM record_equivalent")
    entered = {name: value for name, value in later._asdict().items() if value} | {"status": "published"}
    ends = now, 0, 0, "evil", 0, DICTIONARY.version
    send(net, evil, evil.opening(now))
    for head, values in (
        ([str(uuid.uuid4()), TYPE, *ends, None], entered),
        ([held.record, TYPE, *ends, {"*": heads}], {"status": "withdrawn"}),
        ([held.record, TYPE, *ends, {"*": heads}], {"typical": "1", "lowest": "1"}),
    ):
        send(net, evil, evil.rows([(head, values, None)]))
    net.settle()
    assert sizes(net.register) == sizes(honest.register) == ["100"]
    assert net.register.store.one("SELECT count(*) FROM quarantine WHERE sender=?", (evil.node,)) == 3
