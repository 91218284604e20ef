"""Brackets within each other, just as many as can be read somewhere, cost the post that sends them its parcel, and
nobody else anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.register.journal.row import BrokenLine, encode
from diwan_core.register.journal.row_lines import DEEPEST, decode_rows
from diwan_core.register.storage.damage import is_marked

from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network
from tests.exchange.test_hostile_parcels import refused, send

FIRST = 1 << 20
"""The time of the first row."""


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


@pytest.fixture
def deep_reader() -> Iterator[None]:
    """A Python that reads ten thousand brackets within each other, as those after 3.11 do."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def meta(at: int, seen: object = None, more: bytes = b"") -> bytes:
    whole = encode([f"00000000-0000-7000-8000-{at:012}", "case", FIRST + at, 0, 0, "x", 0, 4, seen])
    return whole[:-1] + more + b"]"


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize("seen", [None, {"*": []}], ids=["a new record", "one that would wait"])
def test_values_at_the_edge_of_what_can_be_read_do_not_end_the_ingest(net: Network, seen: object) -> None:
    evil = EvilPost(net, net.posts[0])
    send(net, evil.node, evil.opening(FIRST))
    kept = evil.seq, evil.hash
    depths = range(sys.getrecursionlimit() - 110, sys.getrecursionlimit() - 30)
    for depth in depths:
        evil.seq, evil.hash = kept
        send(net, evil.node, evil.written([(meta(depth, seen), b'{"x":' + nested(depth) + b"}", b"null")]))
    assert refused(net) == {"refused_broken": len(depths)}
    assert not net.register.store.one("SELECT count(*) FROM journal WHERE verdict<>0")


@pytest.mark.usefixtures("deep_reader")
def test_what_sqlite_cannot_read_does_not_mark_the_register_of_the_centre_as_damaged(net: Network) -> None:
    evil = EvilPost(net, net.posts[0])
    send(net, evil.node, evil.opening(FIRST))
    kept = evil.seq, evil.hash
    rest, nominal = map(encode, DICTIONARY.types["case"].split(case(country="JO", narrative="x" * 9000)))
    deep = b"," + nested(2100)  # a member that a later release may have, beyond the depth that SQLite reads
    rows = [(meta(at, more=deep if at == 60 else b""), rest, nominal) for at in range(120)]
    send(net, evil.node, evil.written(rows))  # more than RUN_BYTES: it is divided by what SQLite reads of each row
    assert not is_marked(net.register.folder)
    assert refused(net) == {"refused_broken": 1}
    evil.seq, evil.hash = kept
    send(net, evil.node, evil.written([(meta(at), rest, nominal) for at in range(120)]))
    assert net.register.count("case") == 120


def test_brackets_in_a_text_are_none_and_as_many_as_may_be_are_read() -> None:
    rest = encode({"x": '[{"\\' * 200})
    line = b"[" + meta(1) + b"," + rest + b",null]"
    assert len(decode_rows(line, 1, bytes(16), bytes(32), canonical=True)) == 1
    for depth, good in ((DEEPEST - 2, True), (DEEPEST + 1, False)):
        line = b"[" + meta(1) + b',{"x":' + nested(depth) + b"},null]"
        if good:
            assert len(decode_rows(line, 1, bytes(16), bytes(32), canonical=True)) == 1
        else:
            with pytest.raises(BrokenLine, match="brackets"):
                decode_rows(line, 1, bytes(16), bytes(32), canonical=True)
