"""The centre's ingest: admits what posts send, in as few transactions as the load allows, and receipts it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.inbox import Inbox
from diwan_core.exchange.loop import Stop
from diwan_core.register import Register
from diwan_core.trust.tls import client_context

SERVICE: Final = "central-ingest"
BATCH_BYTES: Final = 400_000
"""Parcels up to this size together share a transaction: a live save does not wait for a whole backlog."""


def run(folder: Path) -> None:
    """Admit until asked to stop."""
    config = node.load(folder, role="central")
    register = Register.open(folder, role="writer")
    if register.keys is None:
        raise TypeError("a writer has keys")
    inbox = Inbox(register, register.keys)

    def came_up() -> None:
        carrier.publish(topics.EVERYONE + topics.WAKE, b"")  # whoever has something on its way says hello again

    carrier = MqttCarrier(
        SERVICE, config.broker_host, config.broker_port, lambda: client_context(folder, SERVICE),
        [topics.UP + topics.PARCEL, topics.UP + topics.PIECE, topics.UP + topics.HELLO], came_up,
    )  # fmt: skip
    stop = Stop()
    try:
        while not stop.asked:
            messages = carrier.poll(30.0, (stop.fileno(),))
            for batch in batches(messages):
                for topic, payload in inbox.handle(batch):
                    carrier.publish(topic, payload)
    finally:
        carrier.close()
        register.close()


def batches(messages: list[Message]) -> list[list[Message]]:
    """Messages in the order they came, cut where a transaction would grow too large."""
    cut: list[list[Message]] = []
    size = BATCH_BYTES
    for message in messages:
        if size + len(message[1]) > BATCH_BYTES:
            cut.append([])
            size = 0
        cut[-1].append(message)
        size += len(message[1])
    return cut
