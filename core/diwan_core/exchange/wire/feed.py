"""What the centre signs of a scope's feed: each parcel whole, and in the form of the first releases its place."""

from __future__ import annotations

from diwan_core.exchange.wire.signed import elements, text


def feed_message(scope: str, number: int, feed_hash: bytes) -> bytes:
    """What the centre signs of a feed: its scope, last number and hash there."""
    return f"{scope} {number} ".encode("ascii") + feed_hash


def parcel_text(centre: str, clear: bytes, content: bytes, reader: str | None) -> bytes:
    """What the centre signs of a whole FEED parcel: its header, its content but the two signatures, and whom it is for.
    Raises BadMessage."""
    return text(centre, reader, (clear, *elements(content)[1:8]))
