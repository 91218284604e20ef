"""A hostile broker as a fault of a plan: it hears everything, makes messages of its own, and sends old ones again.

What a broker may do is deliver whatever it likes to whomever it likes. So the messages are put into the carrier of the
process they are for, inside TLS (`exchange/carriers/chaos.py`, DIWAN_FORGED); what was said before is known from the
taps. No key of any node is used (see `forging`)."""

import base64
import random
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import DecodeError, msgpack

from diwan_lab import forging
from diwan_lab.forging import Message
from diwan_lab.opened import FRAME, MAGIC
from diwan_lab.weather import Weather

PAUSE_S: Final = 0.1
AT_ONCE: Final = 3
REMEMBERED: Final = 400
"""Messages of each process, the latest ones."""
READ: Final = 4_000_000
"""Bytes of a tap that are read at once at the most."""
UP: Final = {"ingest": "pbhl", "relay": "hs"}
"""Which of the centre's processes hears what of the nodes, by the leaves of topics."""


class Overheard:
    """What passed through the broker, from the taps as they grow."""

    def __init__(self, taps: Callable[[], Sequence[Path]]) -> None:
        self._taps = taps
        self._read: dict[Path, int] = {}
        self.messages: list[Message] = []

    def listen(self) -> None:
        """Take in what was said since the last call."""
        for tap in self._taps():
            if not tap.exists():
                continue
            at = self._read.get(tap, max(0, tap.stat().st_size - READ))
            with tap.open("rb") as file:
                file.seek(at)
                held = file.read(READ)
            at += self._taken(held)
            self._read[tap] = at
        del self.messages[: -REMEMBERED * max(1, len(self._read))]

    def _taken(self, held: bytes) -> int:
        """How many bytes of these are whole messages."""
        at = max(0, held.find(MAGIC))
        while at + FRAME.size <= len(held):
            magic, topic, payload = FRAME.unpack_from(held, at)
            start = at + FRAME.size
            if magic != MAGIC:  # a process was killed while it wrote one
                at = held.find(MAGIC, at + 1)
                if at < 0:
                    return len(held)
                continue
            if start + topic + payload > len(held):
                break
            self.messages.append((held[start : start + topic].decode(), held[start + topic : start + topic + payload]))
            at = start + topic + payload
        return at

    def of(self, leaf: str, way: str) -> list[Message]:
        """Those under a leaf, `up` to the centre or down to a `node`."""
        return [one for one in self.messages if one[0].endswith(f"/{leaf}") and f"/{way}/" in one[0]]


class HostileBroker:
    """The broker of a network whose processes read what is put before them."""

    def __init__(self, cluster: Weather, nodes: Callable[[], dict[str, str]]) -> None:
        """`nodes`: name of a post -> its id."""
        self._cluster = cluster
        self._nodes = nodes
        self._key = Ed25519PrivateKey.generate()
        self._overheard = Overheard(lambda: sorted((cluster.folder / "tap").glob("*")))
        self._lock = threading.Lock()
        self._count = 0
        self.made = 0
        """How many messages were made or sent again."""
        self.unfinished = 0
        """Faults that are under way, or ended by an error of ours."""

    def begin(self, kind: str, seconds: float, seed: str) -> threading.Thread:
        """Forge, or replay, for so long."""
        make = self._forged if kind == "forge" else self._replayed
        thread = threading.Thread(target=self._work, args=(make, seconds, random.Random(seed)), daemon=True)
        self.unfinished += 1
        thread.start()
        return thread

    def _work(self, make: Callable[[random.Random], Message | None], seconds: float, chance: random.Random) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self._lock:
                self._overheard.listen()
                for _ in range(AT_ONCE):
                    message = make(chance)
                    if message is not None:
                        self._deliver(message, chance)
            time.sleep(PAUSE_S)
        self.unfinished -= 1

    def _deliver(self, message: Message, chance: random.Random) -> None:
        """Put a message before the process whose topic it is; one for everybody before one post."""
        topic, payload = message
        parts, leaf = topic.split("/"), topic.rsplit("/", 1)[-1]
        names = {node: name for name, node in self._nodes().items()}
        if parts[2] == "up":
            receivers = [f"central.{role}" for role, leaves in UP.items() if leaf in leaves]
        elif parts[2] == "node":
            receivers = [f"{names[parts[3]]}.agent"] if parts[3] in names else []
        else:
            receivers = [f"{chance.choice(sorted(names.values()))}.agent"]
        for name in receivers:
            place = self._cluster.forged(name)
            self._count += 1
            scratch = place / f"{self._count:08d}.new"
            scratch.write_bytes(FRAME.pack(MAGIC, len(topic.encode()), len(payload)) + topic.encode() + payload)
            scratch.rename(scratch.with_suffix(".message"))
            self.made += 1

    def _replayed(self, chance: random.Random) -> Message | None:
        """Something true, again; sometimes to another node, or under another leaf."""
        if not self._overheard.messages:
            return None
        message = chance.choice(self._overheard.messages)
        return self._altered(message, chance) if chance.random() < 0.2 else message

    def _altered(self, message: Message, chance: random.Random) -> Message:
        nodes = dict.fromkeys(self._nodes().values(), b"")
        others = [made for _, made in forging.altered(message, nodes)]
        return chance.choice(others) if others else message

    def _forged(self, chance: random.Random) -> Message | None:
        """One of all that `forging` can make, in the form that nobody signed or signed by a stranger."""
        name, node = chance.choice(sorted(self._nodes().items()))
        key = chance.choice([None, self._key])
        hello = self._hello(node)
        nonce = bytes(hello[10]) if hello is not None and len(hello) > 10 else b""
        makers: list[Callable[[], Message]] = [
            lambda: forging.hello(node, chance.choice([0, 1, 10**6]), key),
            lambda: forging.heads(chance.choice([None, node]), chance.choice([0, 1, 10**9]), key, nonce),
            lambda: forging.wake(key),
            lambda: forging.question(node, nonce, key),
            lambda: forging.log_standing(node, 2**40, key, nonce),
        ]
        receipts = self._overheard.of("r", "node")
        if hello is not None and hello[3]:
            epoch = _text(chance.choice(hello[3])[0])
            makers.append(lambda: forging.rows_are_gone(node, epoch))
        if hello is not None and hello[7]:
            name_of_blob = chance.choice(hello[7])
            makers.append(lambda: forging.blob_receipt(node, name_of_blob, 1_000, key, nonce))
            makers.append(lambda: forging.blob_question(node, name_of_blob, key, nonce))
        if receipts:
            _, payload = chance.choice(receipts)
            makers.append(lambda: forging.rows_are_gone(node, name, payload))
            makers.append(lambda: forging.rows_are_numbered(node, payload, chance.randint(1, 10_000)))
        if self._overheard.messages:
            makers.append(lambda: self._altered(chance.choice(self._overheard.messages), chance))
        try:
            return chance.choice(makers)()
        except (DecodeError, IndexError, TypeError):
            return None  # what was overheard has another form

    def _hello(self, node: str) -> list[Any] | None:
        """What a node last said of itself: the names of its epochs and of pictures it has not sent yet are in clear."""
        for topic, payload in reversed(self._overheard.of("h", "up")):
            if f"/{node}/" in topic:
                found = msgpack.decode(payload)
                return found if isinstance(found, list) else None
        return None


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
