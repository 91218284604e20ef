"""Ids of records and pictures: UUIDv7, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Callable

from diwan_core import world
from diwan_core.register.storage.wall_clock import wall_ms


def id_minter() -> Callable[[], str]:
    """A maker of UUIDv7 (RFC 9562 §5.7) that counts up from a random start, as its §6.2 method 2 allows: the ids
    of one transaction sort in order and compress to almost nothing."""
    stamp = wall_ms() & ((1 << 48) - 1)
    counter = world.random_bits(73)

    def mint() -> str:
        nonlocal counter
        counter += 1
        value = (stamp << 80) | (7 << 76) | ((counter >> 62 & 0xFFF) << 64) | (2 << 62) | (counter & ((1 << 62) - 1))
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    return mint
