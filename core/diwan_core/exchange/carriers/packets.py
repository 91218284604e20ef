"""Reads MQTT packets out of a stream of bytes; messages at QoS 0, which are nearly all packets, are read quickly
here.

The client library reads a packet with three calls and thirty microseconds. One client that floods the broker would keep
a reader busy, and the broker would drop what others send meanwhile; here a message costs two microseconds."""

from __future__ import annotations

from typing import Final

from diwan_core.exchange.carriers import Message

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a packet: twice what the broker passes on."""
MOST_SENT: Final = 4 * 1024 * 1024
"""Bytes of a message; the broker ends the session of whoever sends more."""
_PUBLISH: Final = 0x30
_KIND_AND_QOS: Final = 0xF6


class BrokenStream(Exception):
    """The bytes are not MQTT, or a packet is too large."""


class Packets:
    """The packets of one connection."""

    def __init__(self) -> None:
        self._left = bytearray()
        self._needed = 2

    def feed(self, data: bytes, messages: list[Message], others: bytearray) -> None:
        """Take what came: messages are added to `messages`, packets of all other kinds to `others` as they are. Raises
        BrokenStream."""
        self._left += data
        if len(self._left) < self._needed:
            return
        buffer, at = bytes(self._left), 0
        while (packet := self._packet(buffer, at)) is not None:
            body, end = packet
            if buffer[at] & _KIND_AND_QOS == _PUBLISH:
                _read(buffer, body, end, messages)
            else:
                others += buffer[at:end]
            at = end
        self._needed = max(2, self._needed - at)
        del self._left[:at]

    def _packet(self, buffer: bytes, at: int) -> tuple[int, int] | None:
        """The place where the body of a packet begins and ends; None where not all of it is here."""
        length, place = 0, at + 1
        for shift in (0, 7, 14, 21):
            if place >= len(buffer):
                self._needed = place + 1
                return None
            byte = buffer[place]
            place += 1
            length |= (byte & 127) << shift
            if byte < 128:
                break
        else:
            raise BrokenStream("a packet's length has more than four bytes")
        if length > LARGEST:
            raise BrokenStream(f"a packet of {length} bytes")
        if place + length > len(buffer):
            self._needed = place + length
            return None
        return place, place + length


def _read(buffer: bytes, at: int, end: int, messages: list[Message]) -> None:
    topic = at + 2
    payload = topic + int.from_bytes(buffer[at:topic], "big")
    if payload > end or topic > end:
        raise BrokenStream("a message whose topic is longer than itself")
    try:
        messages.append((buffer[topic:payload].decode(), buffer[payload:end]))
    except UnicodeDecodeError as error:
        raise BrokenStream("a topic that is not text") from error
