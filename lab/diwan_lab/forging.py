"""Messages that a hostile broker could make: unsigned, signed by somebody else, altered, without their signature,
addressed to another node, or repeated.

Written from docs/protocol.md, not with the product's code. Nothing here needs a node's key: a broker sees topics and
payloads, knows ids and public keys, and cannot open what is sealed."""

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import DecodeError, msgpack

Message = tuple[str, bytes]
"""(topic, payload)."""

ROOT: Final = "diwan/1"
SIGNATURE: Final = 64
FAR: Final = 2**50
"""A time in ms since 1970 that no clock says."""


def to_node(node: str, leaf: str, payload: bytes) -> Message:
    """From the centre to one node."""
    return f"{ROOT}/node/{node}/{leaf}", payload


def to_all(leaf: str, payload: bytes) -> Message:
    """From the centre to every node."""
    return f"{ROOT}/all/{leaf}", payload


def to_centre(node: str, leaf: str, payload: bytes) -> Message:
    """From a node to the centre."""
    return f"{ROOT}/up/{node}/{leaf}", payload


def raw(node: str) -> bytes:
    """The 8 bytes of a node's or epoch's id."""
    return base64.b32decode(node.upper() + "===")


# Each makes a message in the form that nobody signed; with a key, signed by it, in the form of today.


def blob_receipt(
    node: str, sha256: bytes, size: int, key: Ed25519PrivateKey | None = None, nonce: bytes = b""
) -> Message:
    """A picture has arrived at the centre whole: its post would never send it."""
    made: list[Any] = [1, sha256, size, True]
    return to_node(node, "c", _made(made, key, nonce))


def blob_question(node: str, sha256: bytes, key: Ed25519PrivateKey | None = None, nonce: bytes = b"") -> Message:
    """A picture is not at the centre: its post would send it again."""
    made: list[Any] = [1, sha256, 0, False]
    return to_node(node, "c", _made(made, key, nonce))


def hello(
    node: str, ledger: int, key: Ed25519PrivateKey | None = None, closing: bytes = b"", scope: str = "national"
) -> Message:
    """A node lives and holds so many facts: a centre that was put back would open."""
    made: list[Any] = [1, 1, "forged", [], {scope: 0}, ledger, [], [], False, {}]
    if key is not None:
        made += [os.urandom(8), FAR, closing, key.sign(os.urandom(48))]
    return to_centre(node, "h", msgpack.encode(made))


def heads(node: str | None, head: int, key: Ed25519PrivateKey | None = None, nonce: bytes = b"") -> Message:
    """A scope stands here: a node beyond it would follow the scope from its first number again."""
    if key is None:
        plain = msgpack.encode({"national": head})
        return to_all("n", plain) if node is None else to_node(node, "n", plain)
    signed = msgpack.encode([1, {"national": head}, FAR, nonce, key.sign(os.urandom(48))])
    return to_all("a", signed) if node is None else to_node(node, "a", signed)


def wake(key: Ed25519PrivateKey | None = None) -> Message:
    """A process of the centre came up: all nodes would doubt what they were told."""
    return to_all("w", b"" if key is None else msgpack.encode([1, FAR, key.sign(os.urandom(48))]))


def question(node: str, nonce: bytes = b"", key: Ed25519PrivateKey | None = None) -> Message:
    """The centre did not take a hello: its node would say another, and for ever."""
    signature = b"" if key is None else key.sign(os.urandom(48))
    return to_node(node, "q", msgpack.encode([1, nonce, FAR, os.urandom(16), signature]))


def log_standing(node: str, row: int, key: Ed25519PrivateKey | None = None, nonce: bytes = b"") -> Message:
    """A log of reads is at the centre up to this row: its post would send nothing before it."""
    made: list[Any] = [1, [[row, bytes(32)]], nonce or os.urandom(8)]
    return to_node(node, "g", msgpack.encode(made if key is None else [*made, key.sign(os.urandom(48))]))


def rows_are_gone(node: str, epoch: str, receipt: bytes | None = None) -> Message:
    """The centre holds no row of an epoch: its node would send all of it again. Of a true receipt all is kept but what
    asks for them."""
    made: list[Any] = msgpack.decode(receipt) if receipt else [1, raw(epoch), 0, 0, 0, FAR, True, [], bytes(SIGNATURE)]
    made[4], made[6] = 0, True
    return to_node(node, "r", msgpack.encode(made))


def rows_are_numbered(node: str, receipt: bytes, number: int) -> Message:
    """A true receipt, but its node's rows stand elsewhere in the scope: the node's place would move there."""
    made: list[Any] = msgpack.decode(receipt)
    made[7] = [["national", number, 1, 2]]
    return to_node(node, "r", msgpack.encode(made))


def _made(elements: list[Any], key: Ed25519PrivateKey | None, nonce: bytes) -> bytes:
    if key is not None:
        elements += [nonce or os.urandom(8), key.sign(os.urandom(48))]
    return msgpack.encode(elements)


def altered(message: Message, nodes: Mapping[str, bytes]) -> Iterator[tuple[str, Message]]:
    """(what was done, the message) for each thing that can be done to a true message without any key: its numbers
    changed, its signature taken off or cut, its nonce another one, addressed to each other node, or under another
    leaf."""
    topic, payload = message
    head, _, leaf = topic.rpartition("/")
    for node in nodes:
        if f"/{node}/" in topic:
            for reader in nodes:
                if reader != node:
                    yield "to another node", (topic.replace(node, reader), payload)
    for other_leaf in "pbhslrcfknawq":
        if other_leaf != leaf:
            yield f"as {other_leaf}", (f"{head}/{other_leaf}", payload)
    try:
        elements = msgpack.decode(payload)
    except (DecodeError, UnicodeDecodeError):
        return
    if not isinstance(elements, list):
        return
    while len(elements) > 2:
        elements.pop()
        yield f"cut after {len(elements)} elements", (topic, msgpack.encode(elements))
    elements = msgpack.decode(payload)
    for place, element in enumerate(elements):
        for other in _others(element):
            changed = [*elements[:place], other, *elements[place + 1 :]]
            yield f"element {place} is {other!r:.20}", (topic, msgpack.encode(changed))


def _others(element: object) -> list[object]:
    match element:
        case bool():
            return [not element]
        case int():
            return [0, element + 1, FAR]
        case bytes():
            return [b"", bytes(len(element)), os.urandom(len(element))]
        case str():
            return ["forged"]
        case list():
            return [[], element[:-1]]
        case dict():
            return [{}, dict.fromkeys(element, 0), dict.fromkeys(element, FAR)]
    return []


@dataclass
class Kept:
    """What passed through the broker, to be sent again later."""

    messages: list[Message] = field(default_factory=list)

    def of(self, leaf: str, node: str = "") -> list[Message]:
        """Those under a leaf, to or from a node."""
        return [(topic, payload) for topic, payload in self.messages if topic.endswith(f"{node}/{leaf}")]
