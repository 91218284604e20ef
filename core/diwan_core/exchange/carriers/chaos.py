"""A disturbed carrier for `diwan scenario`: does to a real session what a hostile or faulty broker may do.

It stands between a process and its MqttCarrier only where the environment says so; read once, at start:

    DIWAN_CHAOS=FILE   a JSON object {"seed", "lose", "double", "hold", "cut", "flip"}: chances per message, in both
                       directions. The file may come, change and go while the process runs; without it nothing happens.
    DIWAN_FORGED=DIR   files `*.message` that come into this folder hold a message each, as in a tap: the process gets
                       it as if the broker had sent it
    DIWAN_TAP=FILE     every message as it was to go out: "TAP\n", length of the topic (2 bytes), of the payload (4),
                       topic, payload

TLS would refuse an altered byte; here they come through, as from a broker in hostile hands.
"""

from __future__ import annotations

import json
import os
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from diwan_core.exchange.carriers import Carrier, Message

_HELD_S: Final = 0.2
_TAPPED: Final = struct.Struct(">4sHI")


def disturb(carrier: Carrier, name: str) -> Carrier:
    """The carrier itself, unless the environment asks for a disturbed one."""
    orders, tap, forged = (os.environ.get(f"DIWAN_{what}") for what in ("CHAOS", "TAP", "FORGED"))
    return DisturbedCarrier(carrier, name, orders, tap, forged) if orders or tap or forged else carrier


class DisturbedCarrier:
    """Loses, doubles, holds back, cuts short and alters messages of another carrier."""

    def __init__(
        self, carrier: Carrier, name: str, orders: str | None, tap: str | None, forged: str | None = None
    ) -> None:
        self._carrier = carrier
        self._name = name
        self._orders = None if orders is None else Path(orders)
        self._tap = None if tap is None else Path(tap)
        self._forged = None if forged is None else Path(forged)
        self._moment = 0
        self._rates: dict[str, float] = {}
        self._chance = random.Random(name)
        self._held: dict[str, list[Message]] = {"out": [], "in": []}

    @property
    def up(self) -> bool:
        """See `Carrier`."""
        return self._carrier.up

    def publish(self, topic: str, payload: bytes) -> None:
        """See `Carrier`."""
        if self._tap is not None:
            with self._tap.open("ab") as file:
                file.write(_TAPPED.pack(b"TAP\n", len(topic.encode()), len(payload)) + topic.encode() + payload)
        for message in self._through("out", [(topic, payload)]):
            self._carrier.publish(*message)

    def poll(self, timeout: float, wake: Sequence[int] = ()) -> list[Message]:
        """See `Carrier`."""
        self._read_orders()
        for message in self._release("out"):
            self._carrier.publish(*message)
        waiting = self._held["in"] or self._held["out"] or self._forged is not None
        messages = self._carrier.poll(min(timeout, _HELD_S) if waiting else timeout, wake)
        made = self._made()
        return [*made, *(self._through("in", messages) if messages else self._release("in"))]

    def _made(self) -> list[Message]:
        """What was put there for this process."""
        found: list[Message] = []
        for path in sorted(self._forged.glob("*.message")) if self._forged is not None else ():
            held = path.read_bytes()
            path.unlink()
            _, topic, _ = _TAPPED.unpack_from(held)
            found.append((held[_TAPPED.size : _TAPPED.size + topic].decode(), held[_TAPPED.size + topic :]))
        return found

    def close(self) -> None:
        """See `Carrier`."""
        self._carrier.close()

    def _read_orders(self) -> None:
        if self._orders is None:
            return
        try:
            moment = self._orders.stat().st_mtime_ns
            if moment != self._moment:
                found = json.loads(self._orders.read_text())
                self._chance = random.Random(f"{found['seed']} {self._name}")
                self._rates, self._moment = found, moment
        except (OSError, ValueError, KeyError):
            self._rates, self._moment = {}, 0

    def _happens(self, what: str) -> bool:
        return self._chance.random() < self._rates.get(what, 0.0)

    def _release(self, way: str) -> list[Message]:
        held, self._held[way] = self._held[way], []
        return held

    def _through(self, way: str, messages: Sequence[Message]) -> list[Message]:
        if not self._rates:
            return [*self._release(way), *messages]
        passed: list[Message] = []
        for topic, payload in messages:
            if self._happens("lose"):
                continue
            message = (topic, self._harmed(payload))
            if self._happens("hold"):
                self._held[way].append(message)
                continue
            passed += [message] * (2 if self._happens("double") else 1)
        if passed:
            passed += self._release(way)  # what was held back comes after what followed it
        return passed

    def _harmed(self, payload: bytes) -> bytes:
        if payload and self._happens("cut"):
            return payload[: self._chance.randrange(len(payload))]
        if payload and self._happens("flip"):
            at = self._chance.randrange(len(payload))
            return payload[:at] + bytes([payload[at] ^ (1 << self._chance.randrange(8))]) + payload[at + 1 :]
        return payload
