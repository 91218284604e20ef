"""Three posts, two of one unit, and words that only some of them may hold."""

from __future__ import annotations

from collections.abc import Iterable

from diwan_central.network import scopes
from diwan_central.setup import scope_key
from diwan_core.exchange import erasure, ledger
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from tests.exchange.network import Network, Post, case, record_in

CANARY = "Zephyrine"
WORDS = (b"Zephyrine", b"zephyrine", b"ZEPHYRINE")
PARTY = {"1": {"role": "declarant", "name": "Zephyrine Oldfield"}}


def named_case() -> dict[str, object]:
    """A case that names a person in its nominal half."""
    return case(party=PARTY)


def settle(net: Network, turns: int = 40) -> None:
    """Let the relay follow the ledger, and every post hear of it and of what its scopes hold."""
    if net.relay.ledger_grew():
        for topic, payload in net.relay.renew(scope_key(net.register.folder, ledger.load(net.register))):
            net.relay_carrier.publish(topic, payload)
    net.settle()
    for _ in range(turns):
        net.turn()
    for post in net.posts:
        erasure.tidy(post.register, NodeKeys.load(post.register.folder))


def say(net: Network, kinds: Iterable[str], nominal: str) -> None:
    """The centre says how far what names people travels."""
    scopes.set_reach(net.register.folder, list(kinds), nominal)
    settle(net)


def join(net: Network, unit: str, *posts: Post) -> None:
    """Posts become members of a unit."""
    scopes.add(net.register.folder, unit, [post.register.config.id for post in posts])
    settle(net)


def leave(net: Network, unit: str, *posts: Post) -> None:
    """Posts leave a unit."""
    scopes.remove(net.register.folder, unit, [post.register.config.id for post in posts])
    settle(net)


def traces(register: Register, words: Iterable[bytes] = WORDS) -> list[str]:
    """The files of a node that hold one of the words, as they lie on the disk."""
    register.store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    return [
        f"{path.name}: {word!r}"
        for path in sorted(register.folder.rglob("*"))
        if path.is_file()
        for content in [path.read_bytes()]
        for word in words
        if word in content
    ]


def name_in(register: Register, record: str) -> object:
    """The name of the case's first party, as a register shows it."""
    return record_in(register, record).values.get("party", {}).get("1", {}).get("name")
