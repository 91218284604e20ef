"""A row has one spelling: in any other it would hide from those who look for a record's id in its bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.exchange.erasure import tidy
from diwan_core.exchange.wire import topics
from diwan_core.register import Bundle, Register, admit
from diwan_core.register.admission import quarantine
from diwan_core.register.erasure.erase import BOTH, Order, carry_out
from diwan_core.register.erasure.purge import is_due
from diwan_core.register.journal.row import BrokenLine, chain_start, encode, link
from diwan_core.register.journal.row_lines import decode_rows
from diwan_core.register.records.reasons import CLEANED
from diwan_core.trust import NodeKeys
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.erased_kit import order, traces
from tests.exchange.evil import EvilPost
from tests.exchange.network import Network, case, network

SECRET = b"Zephyrine"
RECORD = "019abcde-0000-7000-8000-00000000abcd"
NOW = 1_790_000_000_000 << 16
META: list[Any] = [RECORD, "case", NOW, 0, 0, "officer", 0, 1, None]
REST = {"narrative": "Zephyrine", "nonsense": "Zephyrine"}
OTHER_SPELLINGS = [
    (encode(META).replace(b'["', b'[ "', 1), encode(REST), b"null"),
    (encode(META).replace(b'"019a', b'"\\u003019a'), encode(REST), b"null"),
    (encode(META).replace(b",0,0,", b",-0,0,"), encode(REST), b"null"),
    (encode(META), b'{"narrative":"Zephyrine","narrative":"another"}', b"null"),
    (encode(META), encode(REST).replace(b":", b": "), b"null"),
    (encode(META), encode(REST), b'{"party":{"1":{"role":"declarant","name":"Zephyr\\u0069ne"}}}'),
    (encode(META), encode(REST), b"{ }"),
]


def test_a_row_in_another_spelling_is_not_admitted(tmp_path: Path) -> None:
    with network(tmp_path, posts=1) as net:
        net.settle()
        evil = EvilPost(net, net.posts[0])
        send(net, evil, evil.opening(NOW))
        for at, row in enumerate(OTHER_SPELLINGS):
            before = evil.seq, evil.hash
            send(net, evil, evil.written([row]))
            assert net.register.status()["refused"]["refused_broken"] == at + 1
            evil.seq, evil.hash = before
        for line, join in ((b"[%b, %b,%b]", b"\n"), (b"[%b,%b,%b] ", b"\n"), (b"[%b,%b,%b]", b"\n\n")):
            before = evil.seq, evil.hash
            row = (encode(META), encode({"narrative": "x"}), b"null")
            send(net, evil, evil.written([row, row], line, join))
            evil.seq, evil.hash = before
        assert net.register.status()["refused"]["refused_broken"] == len(OTHER_SPELLINGS) + 3
        assert net.register.store.one("SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.own=0") == 1
        send(net, evil, evil.rows([(META, REST, None)]))
        assert net.register.status()["received"]["quarantined"] == 1, "the same in its one spelling is judged"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
        lambda inner: st.dictionaries(st.text(max_size=9), inner, max_size=4),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, dict))
)
def test_what_our_encoder_writes_is_the_one_spelling(half: dict[str, Any]) -> None:
    try:
        lines = b"\n".join(b"[%b,%b,%b]" % (encode(META), encode(half), encode(half)) for _ in range(2))
    except (UnicodeEncodeError, OverflowError):
        return  # half of a surrogate pair: no text at all
    assert len(decode_rows(lines, 1, bytes(32), bytes(32), canonical=True)) == 2
    with pytest.raises(BrokenLine):
        decode_rows(lines.replace(b'"case"', b'"c\\u0061se"', 1), 1, bytes(32), bytes(32), canonical=True)


def test_elements_that_a_later_release_adds_to_the_header_are_let_pass() -> None:
    line = b"[%b,{},null]" % encode([*META, {"new": [1, 2]}, "of the next release"])
    assert decode_rows(line, 1, bytes(16), bytes(32), canonical=True)[0].meta.record == RECORD
    with pytest.raises(BrokenLine):
        decode_rows(line.replace(b"[1,2]", b"[1, 2]"), 1, bytes(16), bytes(32), canonical=True)


@pytest.mark.parametrize("between", [b"\r", b" ", b"\t", b"\n\n", b"\r\n", b""])
def test_rows_are_parted_by_one_line_feed_each(between: bytes) -> None:
    """And by nothing else of the same length, nor with a line feed in another place."""
    lines = [
        encode([[f"01900000-0000-7000-8000-{at:012}", "case", 1, 0, 0, "x", 0, 4, None], {}, None]) for at in (1, 2)
    ]
    assert len(decode_rows(b"\n".join(lines), 1, bytes(32), bytes(32), canonical=True)) == 2
    for body in (between.join(lines), lines[0].replace(b",{}", b",\n{}") + between + lines[1]):
        with pytest.raises(BrokenLine):
            decode_rows(body, 1, bytes(32), bytes(32), canonical=True)


def test_the_rows_of_a_long_body_are_all_looked_at() -> None:
    """They are decoded some at a time, and a wrong one in a later portion is found as in the first."""
    lines = [b"[%b,%b,null]" % (encode(META), encode({"narrative": f"{number:0999}"})) for number in range(100)]
    body, salts = b"\n".join(lines), bytes(16) * 100
    rows = decode_rows(body, 7, salts, bytes(32), canonical=True)
    assert [row.hash for row in rows] == [row.hash for row in decode_rows(body, 7, salts, bytes(32))]
    assert [row.seq for row in rows] == list(range(7, 107))
    other = b"\n".join([*lines[:89], lines[89].replace(b'"case"', b'"c\\u0061se"'), *lines[90:]])
    with pytest.raises(BrokenLine, match="row 96 "):
        decode_rows(other, 7, salts, bytes(32), canonical=True)
    for spaced in (body + b"\n", b"\n" + body, body.replace(b"\n", b"\n\n"), body.replace(lines[80], lines[80] + b" ")):
        with pytest.raises(BrokenLine):
            decode_rows(spaced, 7, salts, bytes(32), canonical=True)
    for other_salts in (salts[:-16], salts + bytes(16)):
        with pytest.raises(BrokenLine, match="100 lines"):
            decode_rows(body, 7, other_salts, bytes(32), canonical=True)


def hidden(register: Register, row: tuple[bytes, bytes, bytes]) -> None:
    """A row in another spelling that a release admitted which let every spelling pass, and quarantined."""
    origin, epoch = "aaaaaaaaaaaaa", "bbbbbbbbbbbbb"
    opening = encode({"origin": origin, "epoch": epoch, "parent": None, "boot": ""})
    rows = [(encode(["", "epoch", NOW, 0, 0, "system", 0, 1, None]), opening, b"null"), row]
    body = b"\n".join(b"[%b,%b,%b]" % parts for parts in rows)
    with register.store.write() as connection:
        admit(connection, Bundle(origin, "post", epoch, 1, 2, bytes(32), body, bytes(64)), None)
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, epoch) VALUES (1, ?, 'rule', ?, ?)",
            (origin, 'narrative: "Zephyrine" is wrong', epoch),
        )
    head = link(chain_start(origin, epoch), bytes(16), *rows[0][:2], None)
    head = link(head, bytes(16), row[0], row[1], None if row[2] == b"null" else row[2])
    assert register.store.one("SELECT hash FROM epoch WHERE id=?", (epoch,)) == head


def as_the_release_before_left_it(register: Register) -> None:
    with register.store.write() as connection:
        connection.execute("UPDATE journal SET record_id=NULL")
        connection.execute("PRAGMA user_version=1")


@pytest.mark.parametrize("row", OTHER_SPELLINGS)
def test_one_admitted_by_an_earlier_release_is_erased_all_the_same(
    tmp_path: Path, row: tuple[bytes, bytes, bytes]
) -> None:
    with network(tmp_path, posts=0) as net:
        hidden(net.register, row)
        as_the_release_before_left_it(net.register)
        net.restart_centre()
        assert net.register.store.rows("SELECT record_id FROM journal WHERE verdict=1") == [(RECORD,)]
        assert [item.reason for item in quarantine.set_aside(net.register.store)] == [CLEANED]
        named(net)
        order(net, RECORD)
        assert traces(net.register, (SECRET, b"Zephyr\\u0069ne")) == []


@pytest.mark.parametrize("row", OTHER_SPELLINGS)
def test_one_that_escaped_an_order_of_an_earlier_release_is_erased_by_the_update(
    tmp_path: Path, row: tuple[bytes, bytes, bytes]
) -> None:
    with network(tmp_path, posts=0) as net:
        with net.register.store.write() as connection:
            carry_out(connection, [Order(RECORD, BOTH, "order 1", (), 3)])
            connection.execute("DELETE FROM state WHERE key='purge'")
            connection.execute("UPDATE erasure SET record='-'")  # not known when the row came
        hidden(net.register, row)
        with net.register.store.write() as connection:
            connection.execute("UPDATE erasure SET record=?", (RECORD,))
        as_the_release_before_left_it(net.register)
        net.restart_centre()
        assert is_due(net.register.store)
        assert tidy(net.register, NodeKeys.load(net.register.folder))
        assert traces(net.register, (SECRET, b"Zephyr\\u0069ne")) == []


def test_a_row_that_waited_belongs_to_its_record_once_it_is_applied(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        net.settle()
        one, evil = net.posts[0], EvilPost(net, net.posts[1])
        (record,) = one.save(case())
        change = [record, "case", NOW, 0, 0, "officer", 0, 1, {"*": [[own_epoch(one.register), 2]]}]
        send(net, evil, evil.opening(NOW), evil.rows([(change, {"place": "Gate"}, None)]))
        assert net.register.store.rows("SELECT verdict, record_id FROM journal WHERE record_id IS NOT NULL") == [
            (2, record)
        ]
        net.settle()
        assert net.register.store.rows("SELECT 1 FROM journal WHERE record_id IS NOT NULL") == []
        held = net.register.get(record)
        assert held is not None
        assert held.values["place"] == "Gate"


def own_epoch(register: Register) -> str:
    return str(register.store.one("SELECT id FROM epoch WHERE own=1"))


def named(net: Network) -> None:
    """A record of the hidden row's id, so that an order can name it."""
    with net.register.store.write() as connection:
        connection.execute("INSERT INTO record (id, type) VALUES (?, 'case')", (RECORD,))
        number = connection.execute("SELECT no FROM record WHERE id=?", (RECORD,)).fetchone()[0]
        columns = "no, base_epoch, base_seq, created, updated, rest"
        connection.execute(f"INSERT INTO record_case ({columns}) VALUES (?, 'c', 1, 1, 1, '{{}}')", (number,))


def send(net: Network, evil: EvilPost, *parcels: bytes) -> None:
    for parcel in parcels:
        net.inbox.handle([(topics.up(evil.node, topics.PARCEL), parcel)])
