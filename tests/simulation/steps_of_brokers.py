"""A broker in hostile hands: it makes messages of its own, alters true ones, and sends old ones again to anybody."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_lab import forging

from tests.simulation.run import Run

MOST: Final = 6


def forge(run: Run, chance: Random) -> bool:
    """It delivers some messages that nobody said so, or not now, or not to these."""
    heard = list(run.country.broker.heard)
    way = chance.choice((_altered, _replayed, _made_up))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.urandom", chance.randbytes)  # the forger's chance
        for topic, payload in way(run, heard, chance) if heard else []:
            run.country.broker.put_in(topic, payload)
    return bool(heard)


def _altered(run: Run, heard: list[Message], chance: Random) -> list[Message]:
    """What can be done to a true message without any key."""
    nodes = {post.id: post.identity for post in run.country.posts}
    found = [message for _, message in forging.altered(chance.choice(heard), nodes)]
    return chance.sample(found, min(MOST, len(found)))


def _replayed(run: Run, heard: list[Message], chance: Random) -> list[Message]:
    """Messages of another day, to whom they were for."""
    return chance.sample(heard, min(MOST, len(heard)))


def _made_up(run: Run, heard: list[Message], chance: Random) -> list[Message]:
    """Messages of its own, unsigned or signed by a stranger; numbers, names and nonces are true ones."""
    node = chance.choice(run.country.posts).id
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32)) if chance.random() < 0.5 else None
    receipts = [payload for topic, payload in heard if topics.leaf(topic) == topics.RECEIPT and f"/{node}/" in topic]
    pictures = [one.sha256 for one in run.people.told if one.sha256]
    epochs = _epochs(run, node)
    made = [
        forging.hello(node, chance.randrange(50), key), forging.heads(None, chance.randrange(10**6), key),
        forging.heads(node, chance.randrange(10**6), key), forging.wake(key), forging.question(node, b"", key),
    ]  # fmt: skip
    if pictures:
        picture = bytes.fromhex(chance.choice(pictures))
        made += [forging.blob_receipt(node, picture, 300, key), forging.blob_question(node, picture, key)]
    if epochs:
        made.append(forging.rows_are_gone(node, chance.choice(epochs)))
    if receipts:
        made.append(forging.rows_are_numbered(node, chance.choice(receipts), chance.randrange(1000)))
        if epochs:
            made.append(forging.rows_are_gone(node, chance.choice(epochs), chance.choice(receipts)))
    return chance.sample(made, min(MOST, len(made)))


def _epochs(run: Run, node: str) -> list[str]:
    """Epochs of a post, as the headers of its parcels name them."""
    centre = run.country.centre
    if not centre.runs:
        return []
    with run.dying(centre), run.country.world.at(centre.machine):
        return [name for (name,) in centre.needed()[0].store.rows("SELECT id FROM epoch WHERE origin=?", (node,))]
    return []
