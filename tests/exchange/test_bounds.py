"""What a parcel decompresses to has bounds that no form and no import reaches."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.register.journal import row_lines
from diwan_core.register.journal.row import BrokenLine, encode
from diwan_core.register.journal.row_lines import decode_rows, refuse_too_much

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network

RECORD = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def handled(net: Network, evil: EvilPost, rows: list[Any]) -> tuple[float, int]:
    """Seconds of the processor and MB of memory that a parcel of these rows took."""
    parcel = evil.rows(rows)
    assert len(parcel) < 200_000
    before, held = time.thread_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)])
    return time.thread_time() - before, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) // 1024


def test_a_small_parcel_of_millions_of_values_is_refused_before_they_are_made(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    net.inbox.handle([(topics.up(evil.node, topics.PARCEL), evil.opening(1 << 40))])
    meta = [RECORD, "case", 1, 0, 0, "e", 0, DICTIONARY.version + 1, None]
    bombs: list[dict[str, Any]] = [{"x": [[]] * 5_000_000}, {"x": [0] * 9_000_000}]
    for rest in bombs:
        seq, digest = evil.seq, evil.hash
        seconds, megabytes = handled(net, evil, [(meta, rest, None)])
        assert seconds < 2 and megabytes < 150
        evil.seq, evil.hash = seq, digest
    refs = [[evil.epoch, 1]] * 500_000
    seconds, _ = handled(net, evil, [([RECORD, "case", 1, 0, 0, "e", 0, 1, {"*": refs}], {"place": "x"}, None)])
    assert seconds < 2
    assert net.register.status()["refused"] == {"refused_broken": 3}


def test_a_row_and_a_parcel_have_their_own_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_lines, "MAX_LINE_MARKS", 1_000)
    monkeypatch.setattr(row_lines, "MAX_MARKS", 3_000)
    monkeypatch.setattr(row_lines, "LONG_LINE", 100)
    monkeypatch.setattr(row_lines, "MAX_LINE", 10_000)
    line = b"[" + b",".join([b"1"] * 900) + b"]"
    refuse_too_much(b"\n".join([line] * 3))
    with pytest.raises(BrokenLine, match="a parcel of more than 3000 values"):
        refuse_too_much(b"\n".join([line] * 4))
    with pytest.raises(BrokenLine, match="a row of more than 1000 values"):
        refuse_too_much(b"\n".join([line, b"[" + b",".join([b"1"] * 1_001) + b"]"]))
    with pytest.raises(BrokenLine, match="a row of more than 10000 bytes"):
        refuse_too_much(b'["' + b"x" * 10_000 + b'"]')


def test_the_fullest_case_there_can_be_is_far_within_the_bounds() -> None:
    goods = {f"{n}": {"product_group": "tobacco", "quantity": "1", "unit": "KGM"} for n in range(500)}
    meta = [RECORD, "case", 1, 0, 0, "e", 0, DICTIONARY.version, None]
    document = case(goods=goods, narrative="x" * 20_000)
    line = b"[%b,%b,null]" % (encode(meta), encode(document))
    refuse_too_much(b"\n".join([line] * 350))
    assert len(decode_rows(line, 1, bytes(16), bytes(32))) == 1
