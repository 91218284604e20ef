"""What an enrolled post turned evil leaves out under an erasure is no way around the rules for what it leaves in."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import ROWS, header, pack, rows_content
from diwan_core.register.erasure.erase import NOMINAL
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import commitments, encode, half_salts, link

from tests.exchange.erased_kit import greet, order, report
from tests.exchange.evil import EvilKeys, EvilPost
from tests.exchange.network import Network, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def without_nominal(evil: EvilKeys, meta: list[Any], rest: dict[str, Any]) -> bytes:
    """A parcel of one row that names people, it says, in a half that was erased."""
    salt, written, plain, nominal = secrets.token_bytes(16), encode(meta), encode(rest), encode({"narrative": "x"})
    evil.seq += 1
    evil.hash = link(evil.hash, salt, written, plain, nominal)
    signature = evil.keys.sign(CHECKPOINT_DOMAIN, checkpoint_message(evil.node, evil.epoch, evil.seq, evil.hash))
    about = header(ROWS, evil.node, epoch=evil.epoch, first=evil.seq, last=evil.seq)
    kept = b"".join(commitments(salt, plain, nominal))
    line = b"[%b,%b,null]" % (written, plain)
    return pack(about, rows_content(signature, half_salts(salt)[0], line, [(0, kept)]), evil.centre)


@pytest.mark.parametrize(
    "rest", [{"status": "no such status"}, {"goods": 7}, {"place": ["a", "list"]}, {"date": {"no": "date"}}]
)
def test_the_half_that_is_left_of_an_erased_row_obeys_the_dictionary(net: Network, rest: dict[str, Any]) -> None:
    record, _ = report(net)
    order(net, record, NOMINAL)
    greet(net)
    evil = EvilPost(net, net.posts[0])
    heads = net.register.store.rows("SELECT base_epoch, base_seq FROM record_case WHERE base_seq=2 LIMIT 1")
    now = time.time_ns() // 1_000_000 << 16
    meta = [record, "case", now, 0, 0, "evil", 0, DICTIONARY.version, {"*": heads}]
    before = net.register.get(record)
    for parcel in (evil.opening(now), without_nominal(evil, meta, rest)):
        for topic, payload in net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)]):
            net.ingest_carrier.publish(topic, payload)
    found = net.register.get(record)
    assert found is not None and before is not None
    assert found.rest == before.rest
    assert net.register.status()["received"]["quarantined"] == 1
