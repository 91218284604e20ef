"""What is sealed in quarantine keeps nothing that was erased, and all else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import (
    ROWS,
    Header,
    RowsContent,
    read_header,
    read_rows,
    rows_content,
    text_id,
    unpack,
)
from diwan_core.register.journal.row import chain_start
from diwan_core.register.journal.row_lines import decode_rows
from diwan_core.trust import NodeKeys

from tests.exchange.erased_kit import PICTURE, SECRETS, greet, order, report
from tests.exchange.network import Network, Post, network

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=2) as made:
        made.settle()
        yield made


def test_sealed_parcels_in_quarantine_are_emptied_too(net: Network) -> None:
    record, _ = report(net)
    one = net.posts[0]
    parcel = parcel_of(one)
    with net.register.store.write() as connection:
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, payload) VALUES (1, ?, 'fork', 'a fork', ?)",
            (one.register.config.id, parcel),
        )
    order(net, record)
    ((kept, reason),) = net.register.store.rows("SELECT payload, reason FROM quarantine")
    assert reason == "a fork (erased)"
    assert held_in(net, kept, SECRETS) == []
    assert held_in(net, kept, (b"Somebody else's",))


def test_a_sealed_parcel_quarantined_after_the_order_keeps_all_but_what_was_erased(net: Network) -> None:
    record, beside = report(net)
    one = net.posts[0]
    late = parcel_of(one)
    order(net, record)
    greet(net)
    net.register.store.connection.execute("UPDATE node SET revoked=1 WHERE id=?", (one.register.config.id,))
    net.inbox.handle([(topics.up(one.register.config.id, topics.PARCEL), late)])
    ((code, kept, reason),) = net.register.store.rows("SELECT code, payload, reason FROM quarantine")
    assert (code, reason.endswith("(erased)")) == ("revoked", True)
    assert kept != late
    assert held_in(net, kept, SECRETS) == []
    assert held_in(net, kept, (b"Somebody else's", record.encode(), beside.encode()))
    assert chain_of(net, kept) == chain_of(net, late), "what is left proves itself by the same signature"


def test_a_piece_of_an_erased_picture_is_not_kept_in_quarantine(net: Network) -> None:
    from diwan_core.exchange.erased_parcels import keepable
    from diwan_core.exchange.wire.messages import Piece, encode
    from diwan_core.exchange.wire.parcel import PIECE, header, pack

    record, _ = report(net)
    order(net, record)
    keys = NodeKeys.load(net.register.folder)
    for content, left in ((PICTURE, False), (b"another", True)):
        piece = Piece(hashlib.sha256(content).digest(), len(content), 0, "image/png", content[:900])
        parcel = pack(header(PIECE, net.posts[0].register.config.id), encode(piece), keys.sealing_public)
        kept = keepable(net.register.store.connection, parcel, keys)
        assert kept == (parcel if left else None)


def test_what_nobody_here_can_read_is_kept_only_as_long_as_nothing_is_erased(net: Network) -> None:
    from diwan_core.exchange.erased_parcels import keepable
    from diwan_core.exchange.wire.parcel import SNAPSHOT, header, pack

    record, _ = report(net)
    one, keys = net.posts[0], NodeKeys.load(net.register.folder)
    head, rows, lines = opened(net, parcel_of(one))
    # Its id written in another way, which a search of the bytes does not find; and a line that is none.
    hidden = rows_content(rows.signature, rows.salts, lines.replace(b'["0', b'["\\u0030') + b"\n]")
    plain = b"Zephyrine Oldfield, in the clear"
    unreadable = [
        b"DWN?",
        plain,
        parcel_of(one)[:-1],
        pack(head, hidden, keys.sealing_public),
        pack(head, hidden, NodeKeys.load(one.register.folder).sealing_public),
        pack(header(SNAPSHOT, one.register.config.id), b'"\\u0030' + record[1:].encode(), keys.sealing_public),
    ]
    for payload in unreadable:
        assert keepable(net.register.store.connection, payload, keys) == payload
    order(net, record)
    for payload in unreadable:
        assert keepable(net.register.store.connection, payload, keys) is None


def opened(net: Network, parcel: bytes) -> tuple[Header, RowsContent, bytes]:
    head, start = read_header(parcel)
    return head, *read_rows(unpack(parcel, start, NodeKeys.load(net.register.folder)), head)


def held_in(net: Network, parcel: bytes, words: tuple[bytes, ...]) -> list[bytes]:
    """Which of the words the rows of a sealed parcel hold."""
    return [word for word in words if word in opened(net, parcel)[2]]


def chain_of(net: Network, parcel: bytes) -> tuple[bytes, bytes]:
    """The hash of a parcel's last row, and its origin's signature."""
    head, rows, lines = opened(net, parcel)
    start = chain_start(text_id(head.sender), text_id(head.epoch))
    marks = {head.first + at: kept for at, kept in rows.erased}
    return decode_rows(lines, head.first, rows.salts, start, marks)[-1].hash, rows.signature


def parcel_of(post: Post) -> bytes:
    """All rows of a post in one sealed parcel."""
    from diwan_core.exchange.wire.parcel import header, pack, rows_content
    from diwan_core.register.journal.stretches import signed_stretch

    connection = post.register.store.connection
    number, epoch, head = connection.execute("SELECT no, id, signed FROM epoch WHERE own=1").fetchone()
    rows = signed_stretch(connection, number, 0, head)
    assert rows is not None
    assert rows.signature is not None
    reader = connection.execute("SELECT sealing_key FROM node WHERE role='central'").fetchone()[0]
    about = header(ROWS, post.register.config.id, epoch=epoch, first=rows.first, last=rows.last)
    return pack(about, rows_content(rows.signature, rows.salts, rows.lines), reader)
