"""What the server reads, piece by piece: heads within limits, bodies in memory or in a nameless file."""

from itertools import pairwise
from pathlib import Path

import pytest
from diwan_core.web.serve import settings as gunicorn_settings
from diwan_core.web.server.answer import Output
from diwan_core.web.server.body import Memory, SmallBody
from diwan_core.web.server.head import HeadReader
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.request import BadHead, Origin, Request
from gunicorn.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

SMALL = Limits(line=60, fields=120, skipped=400)
ORIGIN = Origin("192.0.2.7", ("192.0.2.1", 8443), False)


def read(pieces: list[bytes], limits: Limits = SMALL) -> HeadReader:
    reader = HeadReader(limits)
    for number, piece in enumerate(pieces):
        reader.feed(piece)
        if reader.done:
            reader.rest += b"".join(pieces[number + 1 :])
            break
    return reader


def config() -> Config:
    made = Config()
    for name, value in gunicorn_settings("127.0.0.1", 0).items():
        made.set(name, value)
    return made


HEADS = st.lists(
    st.sampled_from(
        [b"GET /", b" HTTP/1.1", b"\r\n", b"\r", b"\n", b"Host: x", b"Cookie: a=b", b"y" * 70, b":", b"\0", b"\xff"]
    ),
    max_size=14,
).map(b"".join)


@given(sent=HEADS, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_a_head_is_read_alike_however_it_is_cut_into_pieces(sent: bytes, cuts: list[int]) -> None:
    marks = sorted({0, len(sent), *(cut % (len(sent) + 1) for cut in cuts)})
    pieces = [sent[start:end] for start, end in pairwise(marks)]
    whole, cut = read([sent]), read(pieces)
    assert (whole.done, bool(whole.refused)) == (cut.done, bool(cut.refused))
    if whole.done and not whole.refused:
        assert (whole.head, whole.rest) == (cut.head, cut.rest)
        assert len(whole.head) <= SMALL.line + SMALL.fields + 4


@settings(max_examples=400)
@given(sent=HEADS | st.binary(max_size=300))
def test_every_complete_head_is_a_request_or_refused_with_a_status(sent: bytes) -> None:
    reader = read([b"GET / HTTP/1.1\r\n" + sent + b"\r\n\r\n"], Limits())
    if not reader.done or reader.refused:
        return
    try:
        request = Request(config(), reader.head, ORIGIN)
    except BadHead as error:
        assert 400 <= error.status < 600  # noqa: PT017  either way is right, and this one says why
    else:
        assert request.length >= 0 and request.target


def test_of_a_head_that_is_too_long_only_language_and_cookies_are_kept() -> None:
    reader = read(
        [b"GET /" + b"y" * 100, b" HTTP/1.1\r\nHost: x\r\nAccept-Language: ar\r\nX: 1\r\nCookie: a=b\r\n\r\nrest"]
    )
    assert reader.done and reader.refused == 414
    assert reader.head == b"Accept-Language: ar\r\nCookie: a=b\r\n"
    assert reader.rest == b"rest"


def test_a_head_that_never_ends_is_given_up() -> None:
    reader = read([b"z" * 5000] * 3)
    assert reader.done and reader.refused == 414


@pytest.mark.parametrize(("size", "in_memory"), [(10, True), (600, True), (900, False), (2000, False)])
def test_a_body_waits_in_memory_while_there_is_room_and_in_a_nameless_file_otherwise(
    tmp_path: Path, size: int, in_memory: bool
) -> None:
    limits = Limits(body_in_memory=1000, bodies_in_memory=1400)
    memory = Memory(limits)
    first = SmallBody(600, memory, tmp_path / "incoming")
    body = SmallBody(size, memory, tmp_path / "incoming")
    body.add(b"x" * size)
    assert body.left == 0
    body.file.seek(0)
    assert body.file.read() == b"x" * size
    assert (tmp_path / "incoming").exists() is not in_memory
    if not in_memory:
        assert list((tmp_path / "incoming").iterdir()) == []
    body.close()
    body.close()
    first.close()
    again = SmallBody(1000, memory, tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
    again.close()


@given(pieces=st.lists(st.binary(max_size=100_000), max_size=8), takes=st.lists(st.integers(1, 20_000), min_size=1))
def test_what_is_sent_is_what_was_added_in_order(pieces: list[bytes], takes: list[int]) -> None:
    output, sent = Output(), b""
    for number, piece in enumerate(pieces):
        output.add(piece)
        if output:
            with output.first() as view:
                taken = bytes(view[: takes[number % len(takes)]])
            output.sent(len(taken))
            sent += taken
    while output:
        with output.first() as view:
            taken = bytes(view)
        output.sent(len(taken))
        sent += taken
    assert sent == b"".join(pieces)


def test_a_line_of_256_kbit_shared_by_twenty_is_fast_enough_for_every_one_of_them() -> None:
    limits = Limits()
    share = 256_000 / 8 / 20
    assert limits.window_bytes < share * limits.window_s
