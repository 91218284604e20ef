"""An enrolled post turned evil: what it signs is attributable, and what it can do to others has bounds."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange import topics
from diwan_core.register.clock import BUILD_FLOOR_MS, MAX_AHEAD_MS

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def send(net: Network, evil: EvilPost, *parcels: bytes) -> None:
    """As if the broker had taken them from it."""
    for parcel in parcels:
        for topic, payload in net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)]):
            net.ingest_carrier.publish(topic, payload)
    net.turn()


def report(hlc: int, **values: Any) -> tuple[list[Any], dict[str, Any], dict[str, Any]]:
    """A case in two halves, stamped as it pleases."""
    document = case(**values)
    nominal = {"narrative": document.pop("narrative")}
    record = str(uuid.uuid4())
    return [record, "case", hlc, 0, 0, "evil", 0, DICTIONARY.version, None], document, nominal


def test_stamps_of_an_evil_post_do_not_carry_the_country_s_clock_to_the_end_of_time(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    year = 366 * 86_400_000
    now = max(time.time_ns() // 1_000_000, BUILD_FLOOR_MS)
    send(net, evil, evil.opening(now << 16))
    for step in range(1, 245):  # each just within what the one before made believable
        send(net, evil, evil.rows([report(min(now + step * 9 * year << 16, 2**62))]))
    net.settle()
    (record,) = net.posts[0].save(case(place="Honest"))
    net.settle()
    assert net.register.get(record) is not None, "an honest post's save is admitted"
    for register in (net.register, net.posts[0].register):
        assert int(register.store.one("SELECT value FROM state WHERE key='hlc'")) >> 16 <= now + MAX_AHEAD_MS + year
