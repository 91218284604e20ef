"""A case that names a person, the order to erase it, and what of it is left in the files of a node."""

from __future__ import annotations

import hashlib
import io

from diwan_core.exchange import erasure
from diwan_core.register import Register
from diwan_core.register.erasure.erase import BOTH
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, case

PICTURE = b"\x89PNG" + bytes(range(256)) * 1200


SECRETS = (b"Zephyrine", b"zephyrine", b"ZEPHYRINE", b"Quagmire", b"quagmire", b"XK4711", b"Tramontane", b"tramontane")


PARTY = {"1": {"role": "declarant", "name": "Zephyrine Oldfield"}}


def report(net: Network) -> tuple[str, str]:
    """A case that names a person, edited at both posts at once, with a picture; and a case beside it."""
    one, other = net.posts
    record, beside = one.save(
        case(narrative="Quagmire behind the seat", party=PARTY, place="Gate"), case(narrative="Somebody else's")
    )
    net.settle()
    one.edit(record, narrative="Quagmire and Tramontane")
    other.edit(record, narrative="Tramontane only", author="supervisor")
    one.register.attach(
        io.BytesIO(PICTURE), subject=record, media_type="image/png", author="officer", caption="Zephyrine herself"
    )
    one.exchange.woken()
    net.settle()
    return record, beside


def order(net: Network, record: str, halves: int = BOTH, basis: str = "Data Protection Act, order 12/2026") -> None:
    erasure.order(net.register, NodeKeys.load(net.register.folder), record, halves, basis)


def greet(net: Network) -> None:
    """Every post says hello, hears the ledger and does what it says."""
    for post in net.posts:
        post.exchange.came_up()
    for _ in range(6):
        net.turn()
    for post in net.posts:
        assert erasure.tidy(post.register, NodeKeys.load(post.register.folder))


def traces(register: Register, words: tuple[bytes, ...] = SECRETS) -> list[str]:
    """Files of a node that hold one of the words, as they lie on the disk."""
    found = []
    for path in register.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found += [f"{path.name}: {word!r}" for word in words if word in content]
            if PICTURE[:5000] in content or hashlib.sha256(PICTURE).hexdigest().encode() in content:
                found.append(f"{path.name}: the picture")
    return found
