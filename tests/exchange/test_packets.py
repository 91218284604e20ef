"""MQTT packets out of a stream of bytes, however it is cut."""

from __future__ import annotations

import time

import pytest
from diwan_core.exchange.carriers import packets
from diwan_core.exchange.carriers.packets import BrokenStream, Packets
from hypothesis import given
from hypothesis import strategies as st


def publish(topic: str, payload: bytes, first: int = 0x30) -> bytes:
    name = topic.encode()
    return packet(first, len(name).to_bytes(2, "big") + name + payload)


def packet(first: int, body: bytes) -> bytes:
    length, size = bytearray(), len(body)
    while True:
        size, digit = size >> 7, size & 127
        length.append(digit | (128 if size else 0))
        if not size:
            return bytes([first]) + bytes(length) + body


pieces = st.one_of(
    st.tuples(st.just("message"), st.text(max_size=40), st.binary(max_size=400)),
    st.tuples(st.just("other"), st.sampled_from([0x20, 0x32, 0x34, 0x90, 0xD0]), st.binary(max_size=200)),
)


@given(st.lists(pieces, max_size=20), st.lists(st.integers(1, 300), max_size=40))
def test_messages_and_other_packets_come_out_whole_wherever_the_stream_is_cut(
    sent: list[tuple[str, str | int, bytes]], cuts: list[int]
) -> None:
    stream, expected, others = b"", [], b""
    for kind, name, body in sent:
        if kind == "message":
            stream += publish(str(name), body)
            expected.append((str(name), body))
        else:
            stream += packet(int(name), body)
            others += packet(int(name), body)
    reader, found, passed = Packets(), list[tuple[str, bytes]](), bytearray()
    for cut in cuts:
        reader.feed(stream[:cut], found, passed)
        stream = stream[cut:]
    reader.feed(stream, found, passed)
    assert found == expected
    assert passed == others


@pytest.mark.parametrize("first", [0x30, 0x31, 0x38])
def test_a_message_at_qos_0_is_one_whether_retained_or_marked_as_sent_again(first: int) -> None:
    found = list[tuple[str, bytes]]()
    Packets().feed(publish("a/b", b"x", first), found, bytearray())
    assert found == [("a/b", b"x")]


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\xff\xff\xff\xff\x01",
        b"\x30" + b"\xff\xff\xff\x7f",
        b"\x30\x03\x00\x09a",
        b"\x30\x01\x00",
        b"\x30\x04\x00\x02\xff\xfe",
    ],
)
def test_what_is_no_mqtt_ends_the_session(stream: bytes) -> None:
    with pytest.raises(BrokenStream):
        Packets().feed(stream, [], bytearray())


def test_a_flood_of_small_messages_is_read_in_little_time() -> None:
    stream = publish("diwan/1/up/aaaaaaaaaaaaa/p", b"x") * 100_000
    found = list[tuple[str, bytes]]()
    reader = Packets()
    began = time.thread_time()
    for at in range(0, len(stream), 16_384):
        reader.feed(stream[at : at + 16_384], found, bytearray())
    assert len(found) == 100_000
    assert time.thread_time() - began < 2, "with three calls of the library for each it takes more"


def test_a_large_message_that_comes_in_small_pieces_is_not_copied_for_each_of_them() -> None:
    body = bytes(packets.LARGEST // 2)
    stream = publish("a", body)
    found = list[tuple[str, bytes]]()
    reader = Packets()
    began = time.thread_time()
    for at in range(0, len(stream), 1_024):
        reader.feed(stream[at : at + 1_024], found, bytearray())
    assert found == [("a", body)]
    assert time.thread_time() - began < 2
