"""The MQTT topics of the protocol's version 1."""

from __future__ import annotations

from typing import Final

ROOT: Final = "diwan/1"
UP: Final = f"{ROOT}/up/+/"
EVERYONE: Final = f"{ROOT}/all/"

PARCEL: Final = "p"
PIECE: Final = "b"
HELLO: Final = "h"
ASK: Final = "s"
RECEIPT: Final = "r"
BLOB_RECEIPT: Final = "c"
FEED: Final = "f"
LEDGER: Final = "l"
KEY: Final = "k"
SNAPSHOT: Final = "s"
LOG: Final = "g"
"""Upwards rows of the sender's log of reads; downwards up to which row it is at the centre."""
WAKE: Final = "w"
HEAD: Final = "n"
"""Where scopes stand, in the form of releases that did not sign it."""
HEADS: Final = "a"
QUESTION: Final = "q"


def up(node: str, leaf: str) -> str:
    """The topic of what a node sends to the centre."""
    return f"{ROOT}/up/{node}/{leaf}"


def down(node: str, leaf: str) -> str:
    """The topic of what the centre sends to one node."""
    return f"{ROOT}/node/{node}/{leaf}"


def scope(name: str, origin: str) -> str:
    """The topic of what the centre sends to a scope's members, by the rows' origin: an origin does not read its own."""
    return f"{ROOT}/scope/{name}/{origin}"


def sender(topic: str) -> tuple[str, str] | None:
    """(node, leaf) of an upward topic; the broker's access list vouches for the node."""
    parts = topic.split("/")
    return (parts[3], parts[4]) if len(parts) == 5 and parts[:3] == ["diwan", "1", "up"] else None


def leaf(topic: str) -> str:
    """A topic's last level."""
    return topic.rsplit("/", 1)[-1]


def is_feed(topic: str) -> bool:
    """Whether a message is a parcel of a scope's feed: to all its members, or to one of them."""
    return topic.startswith(f"{ROOT}/scope/") or (topic.startswith(f"{ROOT}/node/") and leaf(topic) == FEED)
